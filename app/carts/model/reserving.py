"""How often a cart may be reserved anew. Pure."""

from datetime import datetime, timedelta
from typing import Final

from app.carts.errors import ReservedTooOften

RESERVATIONS: Final = 4
WITHIN: Final = timedelta(hours=1)
"""A page that reserves, gives back and reserves again makes no storm, and nobody keeps units by that for good."""


def count_reservation(begun: int, since: datetime | None, now: datetime) -> tuple[int, datetime]:
    """Reservations that a cart has begun with a new one, and from when on they count (UTC).

    Raises ReservedTooOften.
    """
    if since is None or now >= since + WITHIN:
        return 1, now
    if begun >= RESERVATIONS:
        message = f"The cart was reserved {RESERVATIONS} times within an hour."
        raise ReservedTooOften(message, path=["input", "cartId"], reservable_at=since + WITHIN)
    return begun + 1, since
