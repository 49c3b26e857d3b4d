"""How large a cart may be, how long it lives, and when it may change."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from app.carts.errors import CartCompleted, CartExpired, CartTooLarge
from app.inventory.errors import InvalidQuantity
from app.kit.errors import DomainError, InvalidInput, Refusals

MAX_LINES: Final = 100
MAX_ROWS: Final = 100
"""Rows of one command."""
MAX_QUANTITY: Final = 9_999
MAX_SUBTOTAL_MINOR: Final = 2_000_000_000
"""Leaves room for shipping below 2^31, the largest amount that the API and an order can hold."""
LIFETIME: Final = timedelta(days=30)
"""Since the last change."""


class CartStatus(StrEnum):
    """What a cart is. Expiry is no status: it follows from `expires_at`."""

    OPEN = "OPEN"
    COMPLETED = "COMPLETED"


def is_expired(cart: Any, now: datetime) -> bool:
    """Whether a cart (status, expires_at) was left alone for too long. A completed cart does not expire."""
    return cart.status == CartStatus.OPEN and cart.expires_at <= now


def require_open(cart: Any, now: datetime) -> None:
    """Raises CartCompleted or CartExpired when the cart (id, status, expires_at) must not change any more."""
    if cart.status == CartStatus.COMPLETED:
        raise CartCompleted(cart.id)
    if is_expired(cart, now):
        message = f"This cart expired after {LIFETIME.days} days without a change. Create a new one."
        raise CartExpired(message)


def check_row_count(count: int, name: str) -> None:
    """Refuse a command with no row or with too many. name: of the list in the input.

    Raises InvalidInput, or CartTooLarge past MAX_ROWS.
    """
    if count == 0:
        message = "Name at least one row."
        raise InvalidInput(message, path=["input", name])
    if count > MAX_ROWS:
        message = f"One command takes up to {MAX_ROWS} rows; this one has {count}."
        raise CartTooLarge(message, path=["input", name], maximum=MAX_ROWS, requested=count)


def check_quantities(quantities: Iterable[int], name: str, *, minimum: int = 1) -> None:
    """Raises InvalidQuantity, once for each row whose quantity is not in minimum..MAX_QUANTITY."""
    refusals: list[DomainError] = []
    for index, quantity in enumerate(quantities):
        if not minimum <= quantity <= MAX_QUANTITY:
            refusals.append(invalid_quantity(quantity, ["input", name, str(index), "quantity"], minimum))
    if refusals:
        raise Refusals(refusals)


def invalid_quantity(quantity: int, path: list[str], minimum: int = 1) -> InvalidQuantity:
    """The refusal of a quantity."""
    message = f"A line has {minimum} to {MAX_QUANTITY} units; {quantity} were asked for."
    return InvalidQuantity(message, path=path, minimum=minimum, maximum=MAX_QUANTITY)


def check_size(lines: int, subtotal_minor: int) -> None:
    """Raises CartTooLarge when a cart has more than MAX_LINES lines or costs more than MAX_SUBTOTAL_MINOR."""
    if lines > MAX_LINES:
        message = f"A cart holds up to {MAX_LINES} lines; this one would have {lines}."
        raise CartTooLarge(message, path=["input", "lines"], maximum=MAX_LINES, requested=lines)
    if subtotal_minor > MAX_SUBTOTAL_MINOR:
        message = f"The goods of a cart cost up to {MAX_SUBTOTAL_MINOR:,} minor units of its currency."
        raise CartTooLarge(message, path=["input", "lines"], maximum=MAX_SUBTOTAL_MINOR)
