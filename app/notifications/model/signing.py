"""Secrets of endpoints, how they are kept, and what they sign: the format of standardwebhooks.com. Pure."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from app.kit import sealing
from app.notifications.errors import InvalidEndpoint

MARK: Final = "whsec_"
_SECRET_BYTES: Final = 32
# For how long deliveries are signed with the old secret, too.
MAX_OVERLAP: Final = timedelta(days=30)
# Secrets that sign at the same time: each is a part of a header.
MAX_SECRETS: Final = 5


class UnreadableSecret(Exception):
    """The installation has the secret key no more with which the secret was sealed."""


def new_secret() -> str:
    """A fresh secret, as the libraries of receivers take it."""
    return MARK + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


_PURPOSE: Final = "hikiate webhook secrets"


def seal(secret: str, installation_key: bytes) -> bytes:
    """What is kept of a secret: without the installation's key it says nothing."""
    return sealing.seal(secret, [installation_key], _PURPOSE)


def unseal(sealed: bytes, *installation_keys: bytes) -> str:
    """The secret, sealed with any of these keys. Raises UnreadableSecret."""
    try:
        return sealing.unseal(sealed, installation_keys, _PURPOSE)
    except sealing.Unreadable:
        raise UnreadableSecret from None


def message_id(event_id: int) -> str:
    """The `webhook-id` of a fact: the same in each attempt, so that receivers know repetitions."""
    return f"evt_{event_id}"


def sign(body: bytes, message_id: str, sent_at: datetime, keys: Sequence[str]) -> dict[str, str]:
    """The headers that prove who sent a body. keys: the newest secret first; each gives a signature."""
    timestamp = str(int(sent_at.timestamp()))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    signatures = (
        base64.b64encode(hmac.new(base64.b64decode(key.removeprefix(MARK)), signed, hashlib.sha256).digest()).decode()
        for key in keys
    )
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def check_overlap(overlap: timedelta, *, live: int) -> None:
    """Raise InvalidEndpoint unless old secrets may go on signing for so long. live: how many sign now."""
    if not timedelta() <= overlap <= MAX_OVERLAP:
        message = f"The old secret may go on signing for 0 to {MAX_OVERLAP.days * 86_400} seconds."
        raise InvalidEndpoint(message, argument="overlap_seconds")
    if overlap and live >= MAX_SECRETS:
        message = f"{MAX_SECRETS} secrets sign already: wait until one ends, or rotate without overlap."
        raise InvalidEndpoint(message, argument="overlap_seconds")
