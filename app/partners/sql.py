"""Every statement of the partners slice."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, DateTime, Integer, Text, Uuid, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement
from app.partners.tables import api_keys, partners

_id: Final = bindparam("key_id", type_=Uuid)
_now: Final = bindparam("now", type_=DateTime(timezone=True))

_PARTNER: Final = select(partners.c.id, partners.c.code, partners.c.name, partners.c.kind)
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
    .values({name: bindparam(name, type_=partners.c[name].type) for name in ("id", "code", "name", "kind")})
    .values(created_at=_now)
    .on_conflict_do_nothing()
)
_NEW_KEY: Final = (
    "id", "name", "kind", "prefix", "secret_hash", "scopes", "partner_id", "location_ids", "expires_at",
)  # fmt: skip
_INSERT_KEY: Final = Statement(
    upsert(api_keys)
    .values({name: bindparam(name, type_=api_keys.c[name].type) for name in _NEW_KEY})
    .values(created_at=_now)
    .on_conflict_do_nothing()
)
_KEYS_BY_HASH: Final = Statement(
    select(
        api_keys.c.id,
        api_keys.c.secret_hash,
        api_keys.c.name,
        api_keys.c.kind,
        api_keys.c.scopes,
        api_keys.c.partner_id,
        api_keys.c.location_ids,
        api_keys.c.expires_at,
        api_keys.c.last_used_at,
    ).where(
        api_keys.c.secret_hash == func.any(bindparam("hashes", type_=ARRAY(api_keys.c.secret_hash.type))),
        api_keys.c.revoked_at.is_(None),
    ),
    generic=True,
)
# When a key was used is kept with the known key by who wrote it.
_NOTE_USE: Final = Statement(
    update(api_keys)
    .where(
        api_keys.c.id == _id,
        or_(
            api_keys.c.last_used_at.is_(None),
            api_keys.c.last_used_at <= bindparam("before", type_=DateTime(timezone=True)),
        ),
    )
    .values(last_used_at=_now),
    is_minor=True,
)
_REVOKE: Final = Statement(
    update(api_keys).where(api_keys.c.id == _id, api_keys.c.revoked_at.is_(None)).values(revoked_at=_now)
)
_KEY_EXISTS: Final = Statement(select(api_keys.c.id).where(api_keys.c.id == _id))
# What people see of a key; never its hash.
_SHOWN_KEY: Final = select(*(column for column in api_keys.c if column.name != "secret_hash"))
KEYS_BY_ID: Final = Statement(_SHOWN_KEY.where(api_keys.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid)))))
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
_KEY: Final = Statement(
    select(api_keys.c.scopes, api_keys.c.location_ids, api_keys.c.partner_id).where(api_keys.c.id == _id)
)


async def partner_exists(tx: ReadTx, partner_id: UUID) -> bool:
    """Whether there is such a partner."""
    return await tx.fetchval(_PARTNER_EXISTS, id=partner_id) is not None


async def partner_ids_by_code(tx: ReadTx, codes: Iterable[str]) -> dict[str, UUID]:
    """Ids by code; unknown codes are left out."""
    return {row.code: row.id for row in await tx.fetch(_PARTNER_IDS, codes=list(codes))}


async def insert_partner(tx: WriteTx, *, now: datetime, **values: Any) -> bool:
    """Write a partner (id, code, name, kind); False, writing nothing, when the code is taken."""
    return bool(await tx.execute(_INSERT_PARTNER, now=now, **values))


async def insert_key(tx: WriteTx, *, now: datetime, scopes: Sequence[str], **values: Any) -> bool:
    """Write a key; False, writing nothing, when its name or its secret is taken."""
    return bool(await tx.execute(_INSERT_KEY, now=now, scopes=list(scopes), **values))


async def find_keys(tx: ReadTx, hashes: Iterable[bytes]) -> list[Row]:
    """The keys with these hashes that are not revoked; they may have expired."""
    return await tx.fetch(_KEYS_BY_HASH, hashes=list(hashes))


async def note_use(tx: WriteTx, key_id: UUID, *, now: datetime, before: datetime) -> bool:
    """Write the last use unless one after `before` is known; whether it was written."""
    return bool(await tx.execute(_NOTE_USE, key_id=key_id, now=now, before=before))


async def revoke(tx: WriteTx, key_id: UUID, *, now: datetime) -> bool:
    """Revoke a key; False when it was revoked before or does not exist."""
    return bool(await tx.execute(_REVOKE, key_id=key_id, now=now))


async def key_exists(tx: ReadTx, key_id: UUID) -> bool:
    """Whether there is such a key, live or not."""
    return await tx.fetchval(_KEY_EXISTS, key_id=key_id) is not None


async def find_key(tx: ReadTx, key_id: UUID) -> Row | None:
    """What a key may do (scopes, location_ids, partner_id), live or not."""
    return await tx.fetchrow(_KEY, key_id=key_id)
