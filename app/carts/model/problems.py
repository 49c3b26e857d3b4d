"""What keeps a cart from becoming an order: data for its reader, refusals for the checkout."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from app.capacity.model.slots import MESSAGES, OpenSlot, SlotReason
from app.inventory.model import Demand, HoldRequest, OwnerKind
from app.inventory.model.decisions import decide
from app.inventory.model.selling import StockKey, Terms, with_own
from app.locations.model import Place
from app.sourcing.model import (
    Available,
    DeliveryMode,
    Goods,
    Reason,
    ineligible_reasons,
    is_point_of,
    mixed_reasons,
    sources_of,
    sources_of_terms,
    usable_units,
)


class CartProblemCode(StrEnum):
    """What is wrong with a line."""

    NOT_SOLD = "NOT_SOLD"
    PRICE_CHANGED = "PRICE_CHANGED"
    DELIVERY_MISSING = "DELIVERY_MISSING"
    DELIVERY_MODE_NOT_ELIGIBLE = "DELIVERY_MODE_NOT_ELIGIBLE"
    INSUFFICIENT_STOCK = "INSUFFICIENT_STOCK"
    SLOT_MISSING = "SLOT_MISSING"
    SLOT_FULL = "SLOT_FULL"
    SLOT_NOT_OFFERED = "SLOT_NOT_OFFERED"


@dataclass(frozen=True, slots=True)
class CartLine:
    """A line as the rules see it. unit_price_minor: the price that the buyer has seen."""

    id: UUID
    variant_id: int
    quantity: int
    unit_price_minor: int
    delivery_id: UUID | None


@dataclass(frozen=True, slots=True)
class CartDelivery:
    """A hand-over. location_id: the point of a pickup."""

    id: UUID
    mode: DeliveryMode
    location_id: int | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A variant in the cart's channel. price_minor: None when it is not listed."""

    goods: Goods
    price_minor: int | None

    @property
    def is_sold(self) -> bool:
        """Whether it can be bought now."""
        return self.goods.is_sold and self.price_minor is not None


@dataclass(frozen=True, slots=True)
class NotSoldProblem:
    """The variant left the channel's assortment."""

    line_id: UUID
    code: CartProblemCode = CartProblemCode.NOT_SOLD
    message: str = "This is not sold any more. Remove the line."


@dataclass(frozen=True, slots=True)
class PriceChangedProblem:
    """The price is another one than the buyer saw. Minor units of `currency`, which the reader knows."""

    line_id: UUID
    old_minor: int
    new_minor: int
    code: CartProblemCode = CartProblemCode.PRICE_CHANGED
    message: str = "The price has changed. Update the line to accept the new one."


@dataclass(frozen=True, slots=True)
class DeliveryMissingProblem:
    """Nobody has said how the line is to be handed over."""

    line_id: UUID
    code: CartProblemCode = CartProblemCode.DELIVERY_MISSING
    message: str = "Choose how this line is to be delivered."


@dataclass(frozen=True, slots=True)
class DeliveryModeNotEligibleProblem:
    """The chosen mode or point cannot take the line."""

    line_id: UUID
    mode: DeliveryMode
    reasons: tuple[Reason, ...]
    code: CartProblemCode = CartProblemCode.DELIVERY_MODE_NOT_ELIGIBLE

    @property
    def message(self) -> str:
        """All reasons."""
        return " ".join(reason.message for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class InsufficientStockProblem:
    """The places that can serve the chosen mode have too few units. available: what they have together."""

    line_id: UUID
    requested: int
    available: int
    code: CartProblemCode = CartProblemCode.INSUFFICIENT_STOCK

    @property
    def message(self) -> str:
        """With the numbers."""
        return f"{self.available} of {self.requested} units are available."


@dataclass(frozen=True, slots=True)
class PickupSlotProblem:
    """The slot in which a line is to be collected cannot be had, or there is none. found: others of the store.

    reason: None where no slot was chosen.
    """

    line_id: UUID
    code: CartProblemCode
    location_id: int
    reason: SlotReason | None
    found: tuple[OpenSlot, ...]

    @property
    def message(self) -> str:
        """By the reason."""
        return "Choose a pickup slot of the store." if self.reason is None else MESSAGES[self.reason]


CartProblem: TypeAlias = (
    NotSoldProblem
    | PriceChangedProblem
    | DeliveryMissingProblem
    | DeliveryModeNotEligibleProblem
    | InsufficientStockProblem
    | PickupSlotProblem
)


def cart_problems(
    lines: Sequence[CartLine],
    deliveries: Iterable[CartDelivery],
    offers: Mapping[int, Offer],
    places: Mapping[int, Place],
    available: Available,
    *,
    terms: Mapping[int, Terms] | None = None,
    own: Mapping[StockKey, int] | None = None,
) -> list[CartProblem]:
    """What is wrong with the lines, in their order.

    offers: by variant id. places: of the channel's location group, by id. available: units that may be
    promised by (variant id, location id). terms: by variant id, of those that are sold by rules. own: units
    that are reserved for the cart, which come on top. The stock is an unlocked look; the inventory has the last word
    at the checkout.
    """
    by_id = {delivery.id: delivery for delivery in deliveries}
    ruled, mine = terms or {}, own or {}
    short = _short_by_rule(
        [line for line in lines if line.variant_id in offers], by_id, places, available, ruled, own=mine
    )
    reachable = with_own(available, mine, ruled)
    mixed = {delivery.id: _mixed(lines, delivery, offers) for delivery in by_id.values()}
    usable: dict[DeliveryMode | None, dict[int, int]] = {}
    found: list[CartProblem] = []
    for line in lines:
        offer = offers.get(line.variant_id)
        if offer is None or not offer.is_sold:
            found.append(NotSoldProblem(line.id))
            continue
        if offer.price_minor is not None and offer.price_minor != line.unit_price_minor:
            found.append(PriceChangedProblem(line.id, line.unit_price_minor, offer.price_minor))
        delivery = None if line.delivery_id is None else by_id.get(line.delivery_id)
        mode = None if delivery is None else delivery.mode
        if delivery is None:
            found.append(DeliveryMissingProblem(line.id))
        elif reasons := _reasons(line, delivery, offer, places) + mixed.get(delivery.id, ()):
            found.append(DeliveryModeNotEligibleProblem(line.id, delivery.mode, reasons))
        if line.id in short:
            units = short[line.id]
        else:
            if mode not in usable:
                usable[mode] = usable_units(mode, places.values(), reachable)
            units = usable[mode].get(line.variant_id, 0)
        if units < line.quantity:
            found.append(InsufficientStockProblem(line.id, line.quantity, units))
    return found


def _short_by_rule(
    lines: Sequence[CartLine],
    deliveries: Mapping[UUID, CartDelivery],
    places: Mapping[int, Place],
    available: Available,
    terms: Mapping[int, Terms],
    *,
    own: Mapping[StockKey, int],
) -> dict[UUID, int]:
    """Units that lines sold by rules, or sharing a bundle's components, could have, one behind the other.

    Decided as the inventory decides at the checkout: several lines never count the same units.
    """
    shared = {part.variant_id for one in terms.values() for part in one.parts}
    joint = [line for line in lines if line.variant_id in terms or line.variant_id in shared]
    demands: list[Demand] = []
    for number, line in enumerate(joint):
        delivery = None if line.delivery_id is None else deliveries.get(line.delivery_id)
        mode = None if delivery is None else delivery.mode
        one = terms.get(line.variant_id)
        point = delivery.location_id if delivery is not None else None
        sources = sources_of_terms(mode, point, places.values(), one)
        demands.append(Demand(number, line.variant_id, line.quantity, sources, may_split=True, terms=one))
    if not demands:
        return {}
    rules = {variant_id: one.rule for variant_id, one in terms.items() if one.rule is not None} | {
        part.variant_id: part.rule for one in terms.values() for part in one.parts if part.rule is not None
    }
    cart = joint[0].id
    request = HoldRequest(OwnerKind.CART, cart, tuple(demands), partial=True, adopts=cart)
    [verdict] = decide(available, [request], rules, {cart: own})
    missing = {shortage.line_no: shortage.available for shortage in verdict.shortages}
    return {line.id: missing.get(number, line.quantity) for number, line in enumerate(joint)}


def _reasons(line: CartLine, delivery: CartDelivery, offer: Offer, places: Mapping[int, Place]) -> tuple[Reason, ...]:
    point = None
    if delivery.location_id is None:
        has_points = bool(sources_of(delivery.mode, places.values()))
    else:
        point = places.get(delivery.location_id)
        has_points = point is not None and is_point_of(point, delivery.mode)
    return ineligible_reasons(offer.goods, line.quantity, delivery.mode, has_points=has_points, place=point)


def _mixed(lines: Sequence[CartLine], delivery: CartDelivery, offers: Mapping[int, Offer]) -> tuple[Reason, ...]:
    """Why the lines of one delivery cannot be in one parcel, which is said of each of them."""
    own = [line.variant_id for line in lines if line.delivery_id == delivery.id]
    return mixed_reasons((offers[variant_id].goods for variant_id in own if variant_id in offers), delivery.mode)
