"""Revoke an API key."""

from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.kit.errors import NotFound
from app.partners import sql
from app.partners.errors import LastKey


async def revoke_api_key(tx: WriteTx, key_id: UUID, *, now: datetime) -> bool:
    """Make a key useless from now on; False when it was revoked before, whose time stays.

    Raises NotFound for an unknown key, LastKey for the last one that makes keys and never ends.
    """
    key, is_last = await sql.lock_key(tx, key_id)
    if key is None:
        message = "There is no such key."
        raise NotFound(message)
    if is_last:
        message = "This is the last key that makes keys and never ends: make another such key first."
        raise LastKey(message, argument="api_key_id")
    return await sql.revoke(tx, key_id, now=now)
