"""Find out who calls."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from app.kit.db import ReadTx
from app.kit.permissions import Actor, ActorKind
from app.partners import sql
from app.partners.model import USE_NOTED_EVERY, hash_secret, is_secret


async def authenticate(
    tx: ReadTx, token: str, *, now: datetime, on_unnoted_use: Callable[[UUID], None] | None = None
) -> Actor | None:
    """The actor that a key stands for; None when the key is unknown, revoked, or expired at `now`.

    on_unnoted_use: called with the key's id when its last use was noted more than a minute ago, so that the caller
    runs `note_key_use`: this one only reads.
    """
    if not is_secret(token):
        return None
    key = await sql.find_live_key(tx, hash_secret(token), now=now)
    if key is None:
        return None
    noted = key.last_used_at
    if on_unnoted_use is not None and (noted is None or noted <= now - USE_NOTED_EVERY):
        on_unnoted_use(key.id)
    return Actor(
        kind=ActorKind(key.kind),
        reference=f"key:{key.name}",
        scopes=frozenset(key.scopes),
        partner_id=key.partner_id,
        location_ids=None if key.location_ids is None else frozenset(key.location_ids),
    )
