"""Say when an API key ends."""

from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.kit.errors import InvalidTransition, NotFound
from app.partners import sql
from app.partners.errors import InvalidKey, LastKey


async def set_key_expiry(tx: WriteTx, key_id: UUID, *, expires_at: datetime | None, now: datetime) -> None:
    """A key works until `expires_at` (UTC), None: it stays good. One that has expired works again.

    Raises NotFound, InvalidKey for an instant that is not in the future, InvalidTransition for a revoked key, LastKey;
    nothing changes then.
    """
    if expires_at is not None and expires_at <= now:
        message = "A key expires in the future; to end it now, revoke it."
        raise InvalidKey(message, argument="expires_at")
    key, is_last = await sql.lock_key(tx, key_id)
    if key is None:
        message = "There is no such key."
        raise NotFound(message)
    if key.revoked_at is not None:
        message = "The key was revoked: make another one."
        raise InvalidTransition(message, current_status="REVOKED")
    if is_last and expires_at is not None:
        message = "This is the last key that makes keys and never ends: make another such key first."
        raise LastKey(message, argument="expires_at")
    await sql.set_expiry(tx, key_id, expires_at)
