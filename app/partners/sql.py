"""Every statement of the partners slice."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    DateTime,
    Integer,
    LargeBinary,
    Text,
    Uuid,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement
from app.partners.tables import api_key_secrets, api_keys, partners

_id: Final = bindparam("key_id", type_=Uuid)
_now: Final = bindparam("now", type_=DateTime(timezone=True))

_PARTNER: Final = select(partners.c.id, partners.c.code, partners.c.name, partners.c.kind, partners.c.is_sandbox)
PARTNERS_BY_ID: Final = Statement(_PARTNER.where(partners.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid)))))
PARTNERS: Final = Statement(
    _PARTNER.where(partners.c.code > bindparam("after", type_=Text))
    .order_by(partners.c.code)
    .limit(bindparam("limit", type_=Integer))
)
_PARTNER_IDS: Final = Statement(
    select(partners.c.code, partners.c.id).where(partners.c.code == func.any(bindparam("codes", type_=ARRAY(Text))))
)
_PARTNER_EXISTS: Final = Statement(select(partners.c.id).where(partners.c.id == bindparam("id", type_=Uuid)))
_INSERT_PARTNER: Final = Statement(
    upsert(partners)
    .values(
        {name: bindparam(name, type_=partners.c[name].type) for name in ("id", "code", "name", "kind", "is_sandbox")}
    )
    .values(created_at=_now)
    .on_conflict_do_nothing()
)
_NEW_KEY: Final = ("id", "name", "kind", "scopes", "partner_id", "location_ids", "expires_at")
_INSERT_KEY: Final = Statement(
    upsert(api_keys)
    .values({name: bindparam(name, type_=api_keys.c[name].type) for name in _NEW_KEY})
    .values(created_at=_now)
    .on_conflict_do_nothing()
)
_INSERT_SECRET: Final = Statement(
    insert(api_key_secrets)
    .values({name: bindparam(name, type_=api_key_secrets.c[name].type) for name in ("secret_hash", "key_id", "prefix")})
    .values(created_at=_now)
)
_SECRET_EXISTS: Final = Statement(
    select(api_key_secrets.c.key_id).where(api_key_secrets.c.secret_hash == bindparam("secret_hash", type_=LargeBinary))
)
# The key or its secret may end; whichever is first does.
_KEYS_BY_HASH: Final = Statement(
    select(
        api_key_secrets.c.secret_hash,
        api_keys.c.name,
        api_keys.c.kind,
        api_keys.c.scopes,
        api_keys.c.partner_id,
        api_keys.c.location_ids,
        func.least(api_keys.c.expires_at, api_key_secrets.c.ends_at).label("ends_at"),
        api_key_secrets.c.last_used_at,
    )
    .join_from(api_key_secrets, api_keys)
    .where(
        api_key_secrets.c.secret_hash == func.any(bindparam("hashes", type_=ARRAY(LargeBinary))),
        api_keys.c.revoked_at.is_(None),
    ),
    generic=True,
)
# When a secret was used is kept with the known key by who wrote it.
_NOTE_USE: Final = Statement(
    update(api_key_secrets)
    .where(
        api_key_secrets.c.secret_hash == bindparam("secret_hash", type_=LargeBinary),
        or_(
            api_key_secrets.c.last_used_at.is_(None),
            api_key_secrets.c.last_used_at <= bindparam("before", type_=DateTime(timezone=True)),
        ),
    )
    .values(last_used_at=_now),
    is_minor=True,
)
_REVOKE: Final = Statement(
    update(api_keys).where(api_keys.c.id == _id, api_keys.c.revoked_at.is_(None)).values(revoked_at=_now)
)
# Who can make keys, and stays: of these an installation keeps one.
_stays: Final = and_(
    api_keys.c.kind != "PARTNER",
    literal("partners:write") == func.any(api_keys.c.scopes),
    api_keys.c.location_ids.is_(None),
    api_keys.c.revoked_at.is_(None),
    api_keys.c.expires_at.is_(None),
)
_LOCK_KEY: Final = Statement(
    select(api_keys.c.id, api_keys.c.expires_at, api_keys.c.revoked_at, _stays.label("stays"))
    .where(or_(api_keys.c.id == _id, _stays))
    .order_by(api_keys.c.id)
    .with_for_update()
)
_ends_at: Final = bindparam("ends_at", type_=DateTime(timezone=True))
_SET_EXPIRY: Final = Statement(update(api_keys).where(api_keys.c.id == _id).values(expires_at=_ends_at))
_END_SECRETS: Final = Statement(
    update(api_key_secrets)
    .where(
        api_key_secrets.c.key_id == _id,
        or_(api_key_secrets.c.ends_at.is_(None), api_key_secrets.c.ends_at > _ends_at),
    )
    .values(ends_at=_ends_at)
)
_COUNT_SECRETS: Final = Statement(
    select(func.count())
    .select_from(api_key_secrets)
    .where(
        api_key_secrets.c.key_id == _id,
        or_(api_key_secrets.c.ends_at.is_(None), api_key_secrets.c.ends_at > _now),
    )
)
# What people see of a key; never a hash.
_SHOWN_KEY: Final = select(
    api_keys,
    select(api_key_secrets.c.prefix)
    .where(api_key_secrets.c.key_id == api_keys.c.id, api_key_secrets.c.ends_at.is_(None))
    .scalar_subquery()
    .label("prefix"),
    select(func.max(api_key_secrets.c.last_used_at))
    .where(api_key_secrets.c.key_id == api_keys.c.id)
    .scalar_subquery()
    .label("last_used_at"),
)
KEYS_BY_ID: Final = Statement(_SHOWN_KEY.where(api_keys.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid)))))
KEYS_BY_NAME: Final = Statement(_SHOWN_KEY.where(api_keys.c.name == func.any(bindparam("names", type_=ARRAY(Text)))))
SECRETS_BY_KEY: Final = Statement("""
    SELECT secret.key_id, secret.prefix, secret.created_at, secret.ends_at, secret.last_used_at
      FROM unnest(CAST(:ids AS uuid[])) AS wanted (id)
      CROSS JOIN LATERAL (
           SELECT * FROM api_key_secrets WHERE key_id = wanted.id
            ORDER BY ends_at DESC NULLS FIRST, created_at DESC LIMIT CAST(:limit AS int)) AS secret
     ORDER BY secret.key_id, secret.ends_at DESC NULLS FIRST, secret.created_at DESC
""")
_live: Final = api_keys.c.revoked_at.is_(None) & or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > _now)
KEYS: Final = Statement(
    _SHOWN_KEY.where(
        or_(bindparam("before", type_=Uuid).is_(None), api_keys.c.id < bindparam("before", type_=Uuid)),
        or_(
            bindparam("code", type_=Text).is_(None),
            api_keys.c.partner_id.in_(select(partners.c.id).where(partners.c.code == bindparam("code", type_=Text))),
        ),
        or_(bindparam("is_live", type_=Boolean).is_(None), _live == bindparam("is_live", type_=Boolean)),
    )
    .order_by(api_keys.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
)
_KEY_ID: Final = Statement(select(api_keys.c.id).where(api_keys.c.name == bindparam("name", type_=Text)))
_KEY: Final = Statement(
    select(api_keys.c.scopes, api_keys.c.location_ids, api_keys.c.partner_id).where(api_keys.c.id == _id)
)


async def partner_exists(tx: ReadTx, partner_id: UUID) -> bool:
    """Whether there is such a partner."""
    return await tx.fetchval(_PARTNER_EXISTS, id=partner_id) is not None


async def find_partner(tx: ReadTx, partner_id: UUID) -> Row | None:
    """A partner: id, code, name, kind, is_sandbox."""
    rows = await tx.fetch(PARTNERS_BY_ID, ids=[partner_id])
    return rows[0] if rows else None


async def partner_ids_by_code(tx: ReadTx, codes: Iterable[str]) -> dict[str, UUID]:
    """Ids by code; unknown codes are left out."""
    return {row.code: row.id for row in await tx.fetch(_PARTNER_IDS, codes=list(codes))}


async def insert_partner(tx: WriteTx, *, now: datetime, **values: Any) -> bool:
    """Write a partner (id, code, name, kind, is_sandbox); False, writing nothing, when the code is taken."""
    return bool(await tx.execute(_INSERT_PARTNER, now=now, **values))


async def insert_key(tx: WriteTx, *, now: datetime, scopes: Sequence[str], **values: Any) -> bool:
    """Write a key without a secret; False, writing nothing, when its name is taken."""
    return bool(await tx.execute(_INSERT_KEY, now=now, scopes=list(scopes), **values))


async def secret_exists(tx: ReadTx, secret_hash: bytes) -> bool:
    """Whether some key has, or had, this secret."""
    return await tx.fetchval(_SECRET_EXISTS, secret_hash=secret_hash) is not None


async def insert_secret(tx: WriteTx, *, secret_hash: bytes, key_id: UUID, prefix: str, now: datetime) -> None:
    """Write the newest secret of a key, whose others have an end."""
    await tx.execute(_INSERT_SECRET, secret_hash=secret_hash, key_id=key_id, prefix=prefix, now=now)


async def find_keys(tx: ReadTx, hashes: Iterable[bytes]) -> list[Row]:
    """The keys with these secrets that are not revoked; they, or the secrets, may have ended."""
    return await tx.fetch(_KEYS_BY_HASH, hashes=list(hashes))


async def lock_key(tx: WriteTx, key_id: UUID) -> tuple[Row | None, bool]:
    """A key, locked, and whether it is the last one that makes keys and stays good."""
    rows = await tx.fetch(_LOCK_KEY, key_id=key_id)
    found = next((row for row in rows if row.id == key_id), None)
    return found, found is not None and bool(found.stays) and len(rows) == 1


async def set_expiry(tx: WriteTx, key_id: UUID, expires_at: datetime | None) -> None:
    """When a key ends; None: it does not."""
    await tx.execute(_SET_EXPIRY, key_id=key_id, ends_at=expires_at)


async def live_secrets(tx: ReadTx, key_id: UUID, *, now: datetime) -> int:
    """How many secrets of a key work."""
    return await tx.fetchval(_COUNT_SECRETS, key_id=key_id, now=now)


async def end_secrets(tx: WriteTx, key_id: UUID, *, ends_at: datetime) -> None:
    """All secrets of a key end then, unless they do before."""
    await tx.execute(_END_SECRETS, key_id=key_id, ends_at=ends_at)


async def note_use(tx: WriteTx, secret_hash: bytes, *, now: datetime, before: datetime) -> bool:
    """Write the last use unless one after `before` is known; whether it was written."""
    return bool(await tx.execute(_NOTE_USE, secret_hash=secret_hash, now=now, before=before))


async def revoke(tx: WriteTx, key_id: UUID, *, now: datetime) -> bool:
    """Revoke a key; False when it was revoked before or does not exist."""
    return bool(await tx.execute(_REVOKE, key_id=key_id, now=now))


async def find_key(tx: ReadTx, key_id: UUID) -> Row | None:
    """What a key may do (scopes, location_ids, partner_id), live or not."""
    return await tx.fetchrow(_KEY, key_id=key_id)


async def key_id_by_name(tx: ReadTx, name: str) -> UUID:
    """The id of a key, live or not, which is there: keys are never deleted."""
    return await tx.fetchval(_KEY_ID, name=name)
