"""Secrets of API keys, and which keys may be made."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.kit.errors import InvalidTransition
from app.kit.permissions import SCOPES, SHOP_SCOPES, ActorKind
from app.partners.errors import InvalidKey, LastKey

# By this mark scanners find a leaked key.
KEY_MARK: Final = "hk_"
SECRET_BYTES: Final = 32
MIN_SECRET: Final = 12
MAX_SECRET: Final = 200
SHOWN: Final = 8
MAX_NAME: Final = 80
MAX_CODE: Final = 64
MAX_PARTNER_NAME: Final = 200
# How often the last use of a key is written down: not at every request, which would make reads write.
USE_NOTED_EVERY: Final = timedelta(minutes=1)
# For how long the secret that a rotation replaces may go on working.
MAX_OVERLAP: Final = timedelta(days=30)
# Whoever loses the new secret of the last key that makes keys needs the old one to rotate again.
MIN_OVERLAP_OF_LAST: Final = timedelta(minutes=5)
# Secrets of one key that work at the same time, and those that are listed.
MAX_SECRETS: Final = 10
SHOWN_SECRETS: Final = 20


class PartnerKind(StrEnum):
    """What a partner does."""

    CONVENIENCE_STORE_CHAIN = "CONVENIENCE_STORE_CHAIN"
    LOCKER_OPERATOR = "LOCKER_OPERATOR"
    CARRIER = "CARRIER"
    WAREHOUSE = "WAREHOUSE"


def new_secret() -> str:
    """A fresh key: `hk_` and 256 random bits."""
    return KEY_MARK + secrets.token_urlsafe(SECRET_BYTES)


def hash_secret(token: str) -> bytes:
    """What is kept of a key. A plain hash is enough, because nobody can guess 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


def shown_prefix(token: str) -> str:
    """The beginning of a key, by which people tell keys apart."""
    return token[:SHOWN]


def is_secret(token: str) -> bool:
    """Whether this text can be a key at all."""
    return token.startswith(KEY_MARK) and MIN_SECRET <= len(token) <= MAX_SECRET and token.isascii()


def is_code(text: str) -> bool:
    """Whether a partner can have this code."""
    return 1 <= len(text) <= MAX_CODE and text == text.strip() and text.isprintable()


def is_name(text: str) -> bool:
    """Whether a partner can have this name."""
    return 1 <= len(text) <= MAX_PARTNER_NAME and text == text.strip() and text.isprintable()


def check_key(
    *,
    name: str,
    kind: str,
    scopes: Collection[str],
    partner_id: UUID | None,
    location_ids: Collection[int] | None,
    expires_at: datetime | None,
    now: datetime,
) -> None:
    """Raise InvalidKey unless such a key may be made."""
    argument, trouble = "", ""
    unknown = sorted(set(scopes) - set(SCOPES))
    if not 1 <= len(name) <= MAX_NAME or name != name.strip() or not name.isprintable():
        argument, trouble = "name", f"A key needs a name of 1 to {MAX_NAME} characters."
    elif kind not in {ActorKind.STAFF, ActorKind.PARTNER, ActorKind.SYSTEM}:
        argument, trouble = "kind", f"{kind!r} is no kind of key; kinds are STAFF, PARTNER and SYSTEM."
    elif not scopes or unknown:
        given = f" not {', '.join(unknown)}" if unknown else " at least one"
        argument, trouble = "scopes", f"A key needs scopes of {', '.join(sorted(SCOPES))};{given}."
    elif (kind == ActorKind.PARTNER) != (partner_id is not None):
        argument, trouble = "kind", "A key of the kind PARTNER belongs to a partner, and no other key does."
    elif partner_id is not None and SHOP_SCOPES & set(scopes):
        argument, trouble = "scopes", f"No partner's key has the scopes {', '.join(sorted(SHOP_SCOPES))}."
    elif location_ids is not None and not location_ids:
        argument, trouble = "location_ids", "A key that is limited to no location could do nothing."
    elif expires_at is not None and expires_at <= now:
        argument, trouble = "expires_at", "A key expires in the future."
    if trouble:
        raise InvalidKey(trouble, argument=argument)


def check_overlap(overlap: timedelta, *, is_last: bool) -> None:
    """Raise InvalidKey, or LastKey for the last key that makes keys, unless old secrets may go on for so long."""
    if not timedelta() <= overlap <= MAX_OVERLAP:
        message = f"The old secret may go on working for 0 to {MAX_OVERLAP.days * 86_400} seconds."
        raise InvalidKey(message, argument="overlap_seconds")
    if is_last and overlap < MIN_OVERLAP_OF_LAST:
        message = (
            f"This is the last key that makes keys and never ends: let its old secret work for "
            f"{MIN_OVERLAP_OF_LAST.seconds} seconds at least, in case that the new one gets lost."
        )
        raise LastKey(message, argument="overlap_seconds")


def check_live(*, expires_at: datetime | None, revoked_at: datetime | None, now: datetime) -> None:
    """Raise InvalidTransition unless a key can be used at `now`."""
    if revoked_at is not None:
        message = "The key was revoked: make another one."
        raise InvalidTransition(message, current_status="REVOKED")
    if expires_at is not None and expires_at <= now:
        message = "The key has expired: give it another expiry first."
        raise InvalidTransition(message, current_status="EXPIRED")
