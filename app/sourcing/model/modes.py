"""Delivery modes: which goods they take, and which places serve them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from app.inventory.model.selling import Terms
from app.kit.temperature import Temperature, do_not_mix
from app.locations.model import LocationKind, Place
from app.locations.model.places import AMBIENT_ONLY


class DeliveryMode(StrEnum):
    """How goods reach a buyer who orders from afar."""

    HOME_DELIVERY = "HOME_DELIVERY"
    STORE_PICKUP = "STORE_PICKUP"
    CONVENIENCE_STORE_PICKUP = "CONVENIENCE_STORE_PICKUP"
    LOCKER_PICKUP = "LOCKER_PICKUP"
    CARRIER_OFFICE_PICKUP = "CARRIER_OFFICE_PICKUP"


POINT_KINDS: Final = {
    DeliveryMode.STORE_PICKUP: LocationKind.STORE,
    DeliveryMode.CONVENIENCE_STORE_PICKUP: LocationKind.CONVENIENCE_STORE,
    DeliveryMode.LOCKER_PICKUP: LocationKind.LOCKER_STATION,
    DeliveryMode.CARRIER_OFFICE_PICKUP: LocationKind.CARRIER_OFFICE,
}
"""The kind of location where each pickup mode hands over."""


@dataclass(frozen=True, slots=True)
class ParcelLimits:
    """What one parcel may be. girth_cm: length + width + height; weight_g: of all units of a line
    together.
    """

    girth_cm: int
    weight_g: int


PARCEL_LIMITS: Final = {
    DeliveryMode.CONVENIENCE_STORE_PICKUP: ParcelLimits(girth_cm=100, weight_g=10_000),
    DeliveryMode.LOCKER_PICKUP: ParcelLimits(girth_cm=100, weight_g=10_000),
    DeliveryMode.CARRIER_OFFICE_PICKUP: ParcelLimits(girth_cm=100, weight_g=10_000),
}
"""Carriers' published limits for pickup at their points. Other modes have none."""


class IneligibleReason(StrEnum):
    """Why goods cannot be handed over in a mode."""

    GIRTH_OVER_LIMIT = "GIRTH_OVER_LIMIT"
    WEIGHT_OVER_LIMIT = "WEIGHT_OVER_LIMIT"
    CHILLED = "CHILLED"
    FROZEN = "FROZEN"
    MIXED_TEMPERATURES = "MIXED_TEMPERATURES"
    NOT_SOLD = "NOT_SOLD"
    NO_SUCH_POINT = "NO_SUCH_POINT"
    LOCKER_FULL = "LOCKER_FULL"
    TOO_LARGE_FOR_LOCKER = "TOO_LARGE_FOR_LOCKER"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, for programs and, in English, for people."""

    code: IneligibleReason
    message: str


@dataclass(frozen=True, slots=True)
class Goods:
    """What decides about the modes of a variant. Sizes that nobody has measured (None) pass every limit."""

    weight_g: int | None = None
    girth_cm: int | None = None
    temperature: Temperature = Temperature.AMBIENT
    is_sold: bool = True
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None

    @classmethod
    def of(cls, row: Any) -> "Goods":
        """From a row of the catalog's `sellables`."""
        sides = row.length_mm, row.width_mm, row.height_mm
        return cls(row.weight_g, row.girth_cm, Temperature(row.temperature), row.is_sold, *sides)


_TOO_COLD: Final = {
    Temperature.CHILLED: Reason(IneligibleReason.CHILLED, "Chilled goods cannot wait here."),
    Temperature.FROZEN: Reason(IneligibleReason.FROZEN, "Frozen goods cannot wait here."),
}
MIXED: Final = Reason(
    IneligibleReason.MIXED_TEMPERATURES, "Frozen goods do not travel with others: choose another way for one of them."
)


def mixed_reasons(goods: Iterable[Goods], mode: DeliveryMode) -> tuple[Reason, ...]:
    """Why goods cannot be in one parcel to a carrier's point; empty when they can, or the mode is another one."""
    is_mixed = mode in PARCEL_LIMITS and do_not_mix(one.temperature for one in goods)
    return (MIXED,) if is_mixed else ()


def ineligible_reasons(
    goods: Goods, quantity: int, mode: DeliveryMode, *, has_points: bool = True, place: Place | None = None
) -> tuple[Reason, ...]:
    """Why `quantity` units cannot be handed over in `mode`; empty when they can.

    has_points: whether the channel has a place that hands over (for home delivery: sends) in this mode. place:
    where it is collected, which says how cold goods can wait there; None: as they come.
    """
    reasons: list[Reason] = []
    if not goods.is_sold:
        reasons.append(Reason(IneligibleReason.NOT_SOLD, "This is not sold in the channel now."))
    if not has_points:
        message = "The channel has no open place for this delivery mode."
        reasons.append(Reason(IneligibleReason.NO_SUCH_POINT, message))
    limits = PARCEL_LIMITS.get(mode)
    if limits is None:
        return tuple(reasons)
    if goods.girth_cm is not None and goods.girth_cm > limits.girth_cm:
        message = f"Length, width and height sum up to {goods.girth_cm} cm; {limits.girth_cm} cm are taken here."
        reasons.append(Reason(IneligibleReason.GIRTH_OVER_LIMIT, message))
    if goods.weight_g is not None and goods.weight_g * quantity > limits.weight_g:
        message = f"The line weighs {goods.weight_g * quantity} g; {limits.weight_g} g are taken here."
        reasons.append(Reason(IneligibleReason.WEIGHT_OVER_LIMIT, message))
    if goods.temperature not in (AMBIENT_ONLY if place is None else place.takes):
        reasons.append(_TOO_COLD[goods.temperature])
    return tuple(reasons)


def is_point_of(place: Place, mode: DeliveryMode) -> bool:
    """Whether `place` hands over in a pickup mode; never for home delivery.

    A store hands over from its own stock, into which goods from elsewhere are received first.
    """
    is_ready = place.holds_stock or mode is not DeliveryMode.STORE_PICKUP
    return place.hands_over and is_ready and POINT_KINDS.get(mode) == place.kind


def sources_of(mode: DeliveryMode | None, places: Iterable[Place]) -> list[Place]:
    """The places whose stock can serve a mode, in the given order.

    Store pickup: every place that holds stock, because it can be transferred to the store. Other modes: those
    that also ship orders. None (no mode chosen yet): every place that holds stock.
    """
    to_store = mode is None or mode is DeliveryMode.STORE_PICKUP
    return [
        place
        for place in places
        if place.holds_stock and place.kind != LocationKind.IN_TRANSIT and (to_store or place.ships_orders)
    ]


def sources_of_terms(
    mode: DeliveryMode | None, point: int | None, places: Iterable[Place], terms: Terms | None
) -> tuple[int, ...]:
    """The ids of the places whose stock can serve a line in a mode, in the given order.

    point: where it is collected. A bundle is collected only where a store has all of it: its parts do not travel.
    """
    if terms is not None and terms.parts and mode is DeliveryMode.STORE_PICKUP and point is not None:
        return (point,)
    return tuple(place.id for place in sources_of(mode, places))
