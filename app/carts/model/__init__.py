"""Rules of carts. No I/O.

`limits`: size, life and what a command may ask. `address`: what buyers write. `problems`: what keeps a
cart from becoming an order. `totals`: what it costs. `options`: ways to hand its goods over.
"""

from app.carts.model.address import AddressDraft, clean_address, is_plain_text
from app.carts.model.limits import (
    LIFETIME,
    MAX_LINES,
    MAX_QUANTITY,
    MAX_ROWS,
    MAX_SUBTOTAL_MINOR,
    CartStatus,
    WantedLine,
    check_quantities,
    check_row_count,
    check_size,
    invalid_quantity,
    is_expired,
    require_open,
)
from app.carts.model.options import AskedLine, Option, OptionInputs, OptionLine, pickup_options
from app.carts.model.problems import (
    CartDelivery,
    CartLine,
    CartProblem,
    CartProblemCode,
    DeliveryMissingProblem,
    DeliveryModeNotEligibleProblem,
    InsufficientStockProblem,
    NotSoldProblem,
    Offer,
    PriceChangedProblem,
    cart_problems,
)
from app.carts.model.totals import CartTotals, CostLine, ShippingRate, cart_totals, shipping_fee

__all__ = [
    "LIFETIME",
    "MAX_LINES",
    "MAX_QUANTITY",
    "MAX_ROWS",
    "MAX_SUBTOTAL_MINOR",
    "AddressDraft",
    "AskedLine",
    "CartDelivery",
    "CartLine",
    "CartProblem",
    "CartProblemCode",
    "CartStatus",
    "CartTotals",
    "CostLine",
    "DeliveryMissingProblem",
    "DeliveryModeNotEligibleProblem",
    "InsufficientStockProblem",
    "NotSoldProblem",
    "Offer",
    "Option",
    "OptionInputs",
    "OptionLine",
    "PriceChangedProblem",
    "ShippingRate",
    "WantedLine",
    "cart_problems",
    "cart_totals",
    "check_quantities",
    "check_row_count",
    "check_size",
    "clean_address",
    "invalid_quantity",
    "is_expired",
    "is_plain_text",
    "pickup_options",
    "require_open",
    "shipping_fee",
]
