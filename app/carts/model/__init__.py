"""Rules of carts. No I/O.

`limits`: size, life and what a command may ask. `draft`: what a cart begins with. `address`: what buyers write.
`destination`: where goods go. `demands`: which places may give them. `wanted`: goods to put in. `problems`: what
keeps a cart from becoming an order. `refusals`: too few units. `reserving`: how often. `totals`: what it costs.
`options`: ways to hand goods over.
"""

from app.carts.model.address import AddressDraft, clean_address, is_plain_text
from app.carts.model.demands import demands_of, sources_for
from app.carts.model.destination import Destination, clean_destination
from app.carts.model.draft import CartDraft, WantedLine
from app.carts.model.limits import (
    LIFETIME,
    MAX_LINES,
    MAX_QUANTITY,
    MAX_ROWS,
    MAX_SUBTOTAL_MINOR,
    CartStatus,
    check_quantities,
    check_row_count,
    check_size,
    invalid_quantity,
    is_expired,
    require_open,
)
from app.carts.model.options import (
    AskedLine,
    Option,
    OptionInputs,
    OptionLine,
    pickup_options,
    with_lockers,
    with_slots,
)
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
    PickupSlotProblem,
    PriceChangedProblem,
    cart_problems,
)
from app.carts.model.totals import CartTotals, CostLine, ShippingRate, cart_totals, shipping_fee
from app.carts.model.wanted import check_sold, skus_of, units_by_variant, variants_of

__all__ = [
    "LIFETIME",
    "MAX_LINES",
    "MAX_QUANTITY",
    "MAX_ROWS",
    "MAX_SUBTOTAL_MINOR",
    "AddressDraft",
    "AskedLine",
    "CartDelivery",
    "CartDraft",
    "CartLine",
    "CartProblem",
    "CartProblemCode",
    "CartStatus",
    "CartTotals",
    "CostLine",
    "DeliveryMissingProblem",
    "DeliveryModeNotEligibleProblem",
    "Destination",
    "InsufficientStockProblem",
    "NotSoldProblem",
    "Offer",
    "Option",
    "OptionInputs",
    "OptionLine",
    "PickupSlotProblem",
    "PriceChangedProblem",
    "ShippingRate",
    "WantedLine",
    "cart_problems",
    "cart_totals",
    "check_quantities",
    "check_row_count",
    "check_size",
    "check_sold",
    "clean_address",
    "clean_destination",
    "demands_of",
    "invalid_quantity",
    "is_expired",
    "is_plain_text",
    "pickup_options",
    "require_open",
    "shipping_fee",
    "skus_of",
    "sources_for",
    "units_by_variant",
    "variants_of",
    "with_lockers",
    "with_slots",
]
