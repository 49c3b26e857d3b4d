"""Find out who calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.kit.db import Database, ReadTx
from app.kit.permissions import Actor, ActorKind
from app.kit.reference import Kept
from app.partners import sql
from app.partners.model import USE_NOTED_EVERY, hash_secret, is_secret

# Before a key's name, what histories and the ledger call its user by.
KEY_REFERENCE: Final = "key:"


@dataclass(slots=True)
class KnownKey:
    """A secret of a key that is not revoked. used_at: as far as this process knows."""

    actor: Actor
    ends_at: datetime | None
    used_at: datetime | None


async def _load(tx: ReadTx, hashes: list[bytes]) -> Mapping[bytes, KnownKey]:
    return {
        row["secret_hash"]: KnownKey(
            Actor(
                kind=ActorKind(row["kind"]),
                reference=KEY_REFERENCE + row["name"],
                scopes=frozenset(row["scopes"]),
                partner_id=row["partner_id"],
                location_ids=None if row["location_ids"] is None else frozenset(row["location_ids"]),
            ),
            row["ends_at"],
            row["last_used_at"],
        )
        for row in await sql.find_keys(tx, hashes)
    }


KEPT_KEYS: Final = Kept(frozenset({"api_keys", "api_key_secrets"}), _load)


async def authenticate(
    db: Database, token: str, *, now: datetime, on_unnoted_use: Callable[[bytes], None] | None = None
) -> Actor | None:
    """The actor that a key stands for; None when the key is unknown, revoked, expired, or replaced by a rotation
    and over at `now`.

    on_unnoted_use: called with the secret's hash when its last use was noted more than a minute ago, so that the caller
    runs `note_key_use`: this one only reads. Keys are reference data: a revoked one is refused at once in the process
    that revoked it, and elsewhere when the notification has come.
    """
    if not is_secret(token):
        return None
    hashed = hash_secret(token)
    key = (await db.reference.find(KEPT_KEYS, (hashed,), db.read)).get(hashed)
    if key is None or (key.ends_at is not None and key.ends_at <= now):
        return None
    if on_unnoted_use is not None and (key.used_at is None or key.used_at <= now - USE_NOTED_EVERY):
        key.used_at = now
        on_unnoted_use(hashed)
    return key.actor
