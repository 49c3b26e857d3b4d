"""What mutations of carts are given."""

from datetime import datetime
from typing import Final

import strawberry

from app.sourcing.model import DeliveryMode

_SLOT: Final = (
    "When the pickup slot begins in which the goods are collected, one of `pickupSlots`; for pickups at own stores "
    "only. It is kept from `checkoutComplete` on, not before."
)
_KEY: Final = "Makes repeating the mutation safe: the same key and input get the first answer. Kept per cart."


@strawberry.input(description="Goods for a cart. Name them by either `sku` or `variantId`.")
class CartLineInput:
    """One row."""

    sku: str | None = strawberry.field(description="SKU of the variant.", default=None)
    variant_id: strawberry.ID | None = strawberry.field(description="Id of the variant.", default=None)
    quantity: int = strawberry.field(description="Units to add, 1 to 9,999.", default=1)


@strawberry.input(description="A Japanese address with who lives there.")
class AddressInput:
    """As it was typed; it is checked and brought into one spelling."""

    name: str = strawberry.field(description="Who receives the goods, up to 100 characters.")
    name_kana: str | None = strawberry.field(description="The same in kana, for the carrier.", default=None)
    phone: str = strawberry.field(description="Phone number for the carrier.")
    postal_code: str = strawberry.field(description="Seven digits; full-width ones and hyphens are understood.")
    prefecture: int = strawberry.field(description="JIS X 0401 number: 1 (Hokkaido) to 47 (Okinawa).")
    city: str = strawberry.field(description="City, ward, town or village, up to 100 characters.")
    line1: str = strawberry.field(description="Town area, block and house number, up to 200 characters.")
    line2: str | None = strawberry.field(description="Building and room, up to 200 characters.", default=None)


@strawberry.input(description="How all lines of a new cart are to be handed over.")
class CartDeliveryInput:
    """An address for home delivery, a location for all pickups."""

    mode: DeliveryMode = strawberry.field(description="How.")
    location_id: strawberry.ID | None = strawberry.field(
        description="Id of the location where the buyer collects the goods; for pickups only.", default=None
    )
    address: AddressInput | None = strawberry.field(
        description="Where the goods are sent; for home delivery only.", default=None
    )
    slot_begins: datetime | None = strawberry.field(description=_SLOT, default=None)


@strawberry.input(description="A cart to open.")
class CartCreateInput:
    """All optional: an empty cart in the request's channel."""

    channel: str | None = strawberry.field(
        description="Code of the channel; by default that of the request.", default=None
    )
    email: str | None = strawberry.field(description="Where the buyer wants messages.", default=None)
    currency: str | None = strawberry.field(
        description="ISO 4217 code, if the caller wants to be sure of it; must be the channel's.", default=None
    )
    lines: list[CartLineInput] = strawberry.field(
        description="Goods to begin with, at most 100 rows.", default_factory=list[CartLineInput]
    )
    delivery: CartDeliveryInput | None = strawberry.field(
        description="How all of them are to be handed over. With it the cart is ready for `checkoutComplete`; "
        "`cartDeliverySet` says it later, and for each line.",
        default=None,
    )
    idempotency_key: str | None = strawberry.field(
        description="Makes repeating the mutation safe. Without a cart to keep it apart it must be unguessable: "
        "16 characters or more, such as a UUID.",
        default=None,
    )


@strawberry.input(description="Goods to put into a cart.")
class CartLinesAddInput:
    """Rows of one variant are added up, with its line if the cart has one."""

    cart_id: strawberry.ID = strawberry.field(description="Id of the cart.")
    lines: list[CartLineInput] = strawberry.field(description="1 to 100 rows.")
    idempotency_key: str | None = strawberry.field(description=_KEY, default=None)


@strawberry.input(description="A new quantity of a line.")
class CartLineUpdateInput:
    """One row."""

    line_id: strawberry.ID = strawberry.field(description="Id of the line.")
    quantity: int = strawberry.field(description="Units, 0 to 9,999; 0 removes the line.")


@strawberry.input(description="New quantities of a cart's lines.")
class CartLinesUpdateInput:
    """The lines take the prices of now."""

    cart_id: strawberry.ID = strawberry.field(description="Id of the cart.")
    lines: list[CartLineUpdateInput] = strawberry.field(description="1 to 100 rows, each line once.")
    idempotency_key: str | None = strawberry.field(description=_KEY, default=None)


@strawberry.input(description="Lines to take out of a cart.")
class CartLinesRemoveInput:
    """By id."""

    cart_id: strawberry.ID = strawberry.field(description="Id of the cart.")
    line_ids: list[strawberry.ID] = strawberry.field(description="Ids of 1 to 100 lines.")
    idempotency_key: str | None = strawberry.field(description=_KEY, default=None)


@strawberry.input(description="How lines of a cart are to be handed over.")
class CartDeliverySetInput:
    """An address for home delivery, a location for all pickups."""

    cart_id: strawberry.ID = strawberry.field(description="Id of the cart.")
    line_ids: list[strawberry.ID] = strawberry.field(description="Ids of 1 to 100 lines.")
    mode: DeliveryMode = strawberry.field(description="How.")
    location_id: strawberry.ID | None = strawberry.field(
        description="Id of the location where the buyer collects the goods; for pickups only.", default=None
    )
    address: AddressInput | None = strawberry.field(
        description="Where the goods are sent; for home delivery only.", default=None
    )
    slot_begins: datetime | None = strawberry.field(description=_SLOT, default=None)
    idempotency_key: str | None = strawberry.field(description=_KEY, default=None)


@strawberry.input(description="A cart whose goods are to be reserved.")
class CartReserveInput:
    """All lines or none."""

    cart_id: strawberry.ID = strawberry.field(description="Id of the cart.")
    ttl_seconds: int | None = strawberry.field(
        description="For how long, up to 1,800; by default 900. What is reserved already keeps its end: see "
        "`cartReservationExtend`.",
        default=None,
    )
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input(description="A later end of what is reserved for a cart.")
class CartReservationExtendInput:
    """From now on."""

    cart_id: strawberry.ID = strawberry.field(description="Id of the cart.")
    ttl_seconds: int = strawberry.field(description="For how long from now, at most until `extendableUntil`.")
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.input(description="A cart whose reserved units are to go back on sale.")
class CartReservationReleaseInput:
    """The cart keeps its goods."""

    cart_id: strawberry.ID = strawberry.field(description="Id of the cart.")
    idempotency_key: str = strawberry.field(description=_KEY)
