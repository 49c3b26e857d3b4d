"""Rules of the checkout. No I/O.

`request`: what the buyer says. `refusals`: what stands in the way. `plan`: what travels first.
`draft`: the order. `lockers`, `slots`: what it asks of them. `moves`: what its history tells of other sources.
"""

from app.checkout.model.draft import by_terms, cart_shipping, draft_order, full_names
from app.checkout.model.lockers import compartment_wishes
from app.checkout.model.moves import moves_by_order
from app.checkout.model.plan import PlannedTransfer, stores_of_lines, transfers_for
from app.checkout.model.refusals import checkout_refusals, refusal_of
from app.checkout.model.request import (
    MAX_TOKEN_LENGTH,
    REDRIVE_AFTER,
    RESERVATION_TIME,
    SOURCE_SYSTEM,
    Checkout,
    CheckoutRequest,
    PaymentMethodReason,
    PlacedOrder,
)
from app.checkout.model.slots import in_time, slot_wishes

__all__ = [
    "MAX_TOKEN_LENGTH",
    "REDRIVE_AFTER",
    "RESERVATION_TIME",
    "SOURCE_SYSTEM",
    "Checkout",
    "CheckoutRequest",
    "PaymentMethodReason",
    "PlacedOrder",
    "PlannedTransfer",
    "by_terms",
    "cart_shipping",
    "checkout_refusals",
    "compartment_wishes",
    "draft_order",
    "full_names",
    "in_time",
    "moves_by_order",
    "refusal_of",
    "slot_wishes",
    "stores_of_lines",
    "transfers_for",
]
