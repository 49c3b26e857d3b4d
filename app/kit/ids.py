"""Identifiers: UUIDv7 inside, opaque global ids outside."""

import base64
import binascii
import secrets
import time
from functools import lru_cache
from typing import Final
from uuid import UUID

_INT64_MAX: Final = 2**63 - 1
# As many digits as it has: Python refuses to read thousands of them.
_MAX_DIGITS: Final = 19


_newest = 0


def new_id() -> UUID:
    """A UUIDv7: unique, and ordered by the time of its making, so that index writes stay at the right edge.

    Who knows the id of a cart or of an order is let in. So only the 12 bits behind the milliseconds count on, to
    keep the ids of one process in order; the other 62 are random, also for who has seen the ids before and after.
    """
    global _newest  # noqa: PLW0603
    # Milliseconds and counter. More than 4,096 ids in a millisecond borrow from the next one.
    _newest = max(time.time_ns() // 1_000_000 << 12, _newest + 1)
    return UUID(int=_newest >> 12 << 80 | 7 << 76 | (_newest & 0xFFF) << 64 | 0b10 << 62 | secrets.randbits(62))


def global_id(typename: str, key: UUID | int) -> str:
    """The opaque id of one object in the API, for example of `Product` 42. Clients must not take it apart."""
    return _numbered(typename, key) if type(key) is int else _encode(typename, key)


def _encode(typename: str, key: UUID | int) -> str:
    text = binascii.b2a_base64(f"{typename}:{key}".encode(), newline=False).rstrip(b"=").decode()
    # Names of types, numbers and UUIDs never need the two characters that differ in addresses.
    return text if text.isalnum() else text.replace("+", "-").replace("/", "_")


# The same few thousand goods are shown again and again.
_numbered: Final = lru_cache(maxsize=32_768)(_encode)


def parse_global_id(value: str) -> tuple[str, str] | None:
    """(type name, key as text), or None when `value` is no global id."""
    try:
        padded = value + "=" * (-len(value) % 4)
        typename, separator, key = base64.b64decode(padded, altchars=b"-_", validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (typename, key) if separator and typename and key else None


def uuid_key(value: str, typename: str) -> UUID | None:
    """The UUID in the global id of a `typename`, or None when it is not one."""
    parsed = parse_global_id(value)
    if parsed is None or parsed[0] != typename:
        return None
    try:
        return UUID(parsed[1])
    except ValueError:
        return None


def int_key(value: str, typename: str) -> int | None:
    """The number in the global id of a `typename`, or None when it is not one."""
    parsed = parse_global_id(value)
    if parsed is None or parsed[0] != typename:
        return None
    digits = parsed[1]
    if len(digits) > _MAX_DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    key = int(digits)
    return key if key <= _INT64_MAX else None
