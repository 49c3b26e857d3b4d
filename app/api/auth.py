"""Who calls: the API key of a request or of a WebSocket connection."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.kit.db import Database
from app.kit.permissions import SHOPPER, Actor
from app.partners.actions.authenticate import authenticate
from app.partners.actions.note_key_use import note_key_use


class InvalidKey(Exception):
    """A key was sent, and it is unknown, expired, revoked, or not readable as one."""


def key_of(headers: Mapping[str, Any]) -> str | None:
    """The key in `Authorization: Bearer …` or `X-Api-Key`, None without either. Names in lower case.

    Raises InvalidKey for another kind of authorization.
    """
    authorization = headers.get("authorization")
    if authorization:
        kind, _, token = str(authorization).strip().partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            message = "Send the key as `Authorization: Bearer <key>`."
            raise InvalidKey(message)
        return token.strip()
    key = headers.get("x-api-key")
    return str(key).strip() if key else None


def connection_headers(payload: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a WebSocket client put into `connection_init`, like headers: at the top, or below `headers`."""
    if not isinstance(payload, Mapping):
        return {}
    nested = payload.get("headers")
    values = {**payload, **(nested if isinstance(nested, Mapping) else {})}
    found = {str(name).lower(): value for name, value in values.items() if isinstance(value, str)}
    if "apikey" in found:
        found.setdefault("x-api-key", found["apikey"])
    return found


async def identify(db: Database, headers: Mapping[str, Any], *, now: datetime) -> Actor:
    """The caller; a shopper when no key was sent. Raises InvalidKey."""
    token = key_of(headers)
    if token is None:
        return SHOPPER
    unnoted: list[bytes] = []
    actor = await authenticate(db, token, now=now, on_unnoted_use=unnoted.append)
    for secret_hash in unnoted:
        await db.in_write(lambda tx, used=secret_hash: note_key_use(tx, used, now=now))
    if actor is None:
        message = "This API key is unknown, expired or revoked."
        raise InvalidKey(message)
    return actor
