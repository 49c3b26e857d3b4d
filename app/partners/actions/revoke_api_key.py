"""Revoke an API key."""

from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.kit.errors import NotFound
from app.partners import sql


async def revoke_api_key(tx: WriteTx, key_id: UUID, *, now: datetime) -> bool:
    """Make a key useless from now on; False when it was revoked before, whose time stays.

    Raises NotFound for an unknown key.
    """
    if await sql.revoke(tx, key_id, now=now):
        return True
    if not await sql.key_exists(tx, key_id):
        message = "There is no such key."
        raise NotFound(message)
    return False
