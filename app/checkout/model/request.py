"""What the buyer says at the checkout, and how long things may take."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.payments.model import AuthorizationRequest, PaymentMethod

SOURCE_SYSTEM: Final = "cart"
"""Orders that come from a checkout carry it with the cart's id, which makes them unique."""
RESERVATION_TIME: Final = timedelta(minutes=15)
"""How long units wait for the card company."""
REDRIVE_AFTER: Final = timedelta(minutes=1)
"""When a payment without an answer is asked for again."""
MAX_TOKEN_LENGTH: Final = 500


class PaymentMethodReason(StrEnum):
    """Why an order cannot be paid by a method."""

    NOT_OFFERED = "NOT_OFFERED"
    NOT_ALL_STORE_PICKUP = "NOT_ALL_STORE_PICKUP"


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """What the buyer says at the checkout, besides the cart.

    email: needed unless the cart has one. token: of the card. expected_total: what the buyer was shown, in
    minor units of the cart's currency; None: not checked.
    """

    method: PaymentMethod
    email: str | None = None
    token: str | None = None
    expected_total: int | None = None


@dataclass(frozen=True, slots=True)
class Checkout:
    """A buyer who wants to order a cart, at an instant (UTC)."""

    cart_id: UUID
    request: CheckoutRequest
    now: datetime


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """What became of a checkout. authorization: what the card company has to be asked after the commit; None when there
    is nothing to ask, or when the cart was an order before.
    """

    order_id: UUID
    authorization: AuthorizationRequest | None = None
