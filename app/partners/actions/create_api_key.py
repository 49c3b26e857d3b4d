"""Make an API key."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.partners import sql
from app.partners.errors import InvalidKey, KeyNameTaken
from app.partners.model import check_key, hash_secret, is_secret, new_secret, shown_prefix


async def create_api_key(
    tx: WriteTx,
    *,
    name: str,
    kind: str,
    scopes: Collection[str],
    partner_id: UUID | None = None,
    location_ids: Collection[int] | None = None,
    expires_at: datetime | None = None,
    now: datetime,
    token: str | None = None,
) -> tuple[UUID, str]:
    """Make a key and return its id and the key itself, which is shown this once and kept nowhere.

    kind: STAFF, PARTNER or SYSTEM. location_ids: the locations that the key is limited to; None means all (of its
    partner). expires_at: UTC; None means never. token: a given key instead of a random one, for demo shops.
    Raises InvalidKey, KeyNameTaken, or NotFound for an unknown partner; nothing changes then.
    """
    check_key(
        name=name,
        kind=kind,
        scopes=scopes,
        partner_id=partner_id,
        location_ids=location_ids,
        expires_at=expires_at,
        now=now,
    )
    secret = token or new_secret()
    if not is_secret(secret):
        message = "A given key begins with hk_ and has 12 to 200 ASCII characters."
        raise InvalidKey(message)
    if partner_id is not None and not await sql.partner_exists(tx, partner_id):
        message = "There is no such partner."
        raise NotFound(message)
    key_id, hashed = new_id(), hash_secret(secret)
    # Nobody can guess a random one; a given one may be there.
    is_new = (token is None or not await sql.secret_exists(tx, hashed)) and await sql.insert_key(
        tx,
        id=key_id,
        name=name,
        kind=str(kind),
        scopes=sorted(set(scopes)),
        partner_id=partner_id,
        location_ids=None if location_ids is None else sorted(set(location_ids)),
        expires_at=expires_at,
        now=now,
    )
    if not is_new:
        message = f"There is, or was, a key named {name} already, or one with the same secret."
        raise KeyNameTaken(message, value=name)
    await sql.insert_secret(tx, secret_hash=hashed, key_id=key_id, prefix=shown_prefix(secret), now=now)
    return key_id, secret
