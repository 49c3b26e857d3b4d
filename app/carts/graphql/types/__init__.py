"""GraphQL types of carts."""

from app.carts.graphql.types.carts import Cart, CartDelivery, CartLine, CartTotals
from app.carts.graphql.types.inputs import (
    AddressInput,
    CartCreateInput,
    CartDeliveryInput,
    CartDeliverySetInput,
    CartLineInput,
    CartLinesAddInput,
    CartLinesRemoveInput,
    CartLinesUpdateInput,
    CartReservationExtendInput,
    CartReservationReleaseInput,
    CartReserveInput,
)
from app.carts.graphql.types.options import PickupLineInput, PickupOption, PickupOptionLine
from app.carts.graphql.types.problems import CartProblem

__all__ = [
    "AddressInput",
    "Cart",
    "CartCreateInput",
    "CartDelivery",
    "CartDeliveryInput",
    "CartDeliverySetInput",
    "CartLine",
    "CartLineInput",
    "CartLinesAddInput",
    "CartLinesRemoveInput",
    "CartLinesUpdateInput",
    "CartProblem",
    "CartReservationExtendInput",
    "CartReservationReleaseInput",
    "CartReserveInput",
    "CartTotals",
    "PickupLineInput",
    "PickupOption",
    "PickupOptionLine",
]
