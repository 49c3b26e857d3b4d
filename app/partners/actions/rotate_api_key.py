"""Give an API key a new secret."""

from datetime import datetime, timedelta
from uuid import UUID

from app.kit.db import WriteTx
from app.kit.errors import NotFound
from app.partners import sql
from app.partners.errors import InvalidKey
from app.partners.model import MAX_SECRETS, check_live, check_overlap, hash_secret, new_secret, shown_prefix


async def rotate_api_key(tx: WriteTx, key_id: UUID, *, overlap: timedelta, now: datetime) -> str:
    """Return a new secret of a key, which is shown this once. The key stays what it is in everything else.

    overlap: for how long the secrets that it had go on working; those that end before stay with their end. Raises
    NotFound, InvalidTransition for a key that cannot be used any more, InvalidKey for an overlap that cannot be or when
    too many secrets work already, LastKey; nothing changes then.
    """
    key, is_last = await sql.lock_key(tx, key_id)
    if key is None:
        message = "There is no such key."
        raise NotFound(message)
    check_live(expires_at=key.expires_at, revoked_at=key.revoked_at, now=now)
    check_overlap(overlap, is_last=is_last)
    if overlap and await sql.live_secrets(tx, key_id, now=now) >= MAX_SECRETS:
        message = f"{MAX_SECRETS} secrets of this key work already: wait until one ends, or rotate without overlap."
        raise InvalidKey(message, argument="overlap_seconds")
    await sql.end_secrets(tx, key_id, ends_at=now + overlap)
    secret = new_secret()
    await sql.insert_secret(tx, secret_hash=hash_secret(secret), key_id=key_id, prefix=shown_prefix(secret), now=now)
    return secret
