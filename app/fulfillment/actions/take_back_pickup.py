"""Goods that went to a point are back in the house."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.close_payment import close_payment
from app.fulfillment.actions.follow_reports import follow_reports
from app.fulfillment.actions.take_pickup import take_pickup
from app.fulfillment.model import FulfillmentState, WorkKind
from app.fulfillment.model.pickups import POINT_MODES, POINT_PICKUP, PickupStep
from app.fulfillment.model.reports import Report, ReportKind
from app.fulfillment.sql import deliveries, fulfillments, reports, work
from app.inventory.actions.receive_stock import receive_stock
from app.inventory.errors import InvalidQuantity
from app.inventory.model import OwnerKind, StockLine
from app.kit.db import Row, WriteTx
from app.kit.errors import InvalidTransition, NotFound
from app.kit.permissions import Actor
from app.orders.actions.cancel_units import cancel_units
from app.orders.sql import components_of


@dataclass(frozen=True, slots=True)
class ReturnedGoods:
    """How goods came back, in units by the order's line number; the rest is sound. missing: did not come back."""

    damaged: Mapping[int, int] = field(default_factory=dict[int, int])
    missing: Mapping[int, int] = field(default_factory=dict[int, int])


async def take_back_pickup(
    tx: WriteTx,
    pickup_id: UUID,
    *,
    goods: ReturnedGoods | None = None,
    location_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """The pickup becomes RETURNED: its units are in stock again, damaged ones set aside, and its order lines canceled.

    location_id: where they came to; None: where each parcel left from. What was to be paid for them is not, as when an
    order is canceled. Raises NotFound (pickup, location, line), InvalidTransition when the goods are not out at a
    point, InvalidQuantity for more damaged and missing units than there were.
    """
    _, pickup = await take_pickup(tx, pickup_id, actor=actor)
    if pickup.mode not in POINT_MODES:
        message = "Goods of an own store did not leave it: let the pickup expire."
        raise InvalidTransition(message, current_status=pickup.status)
    POINT_PICKUP.check(PickupStep.TAKE_BACK, pickup.status)
    lines = await deliveries.lines_of_deliveries(tx, [pickup.delivery_id], FulfillmentState.SHIPPED)
    await _receive(tx, pickup, lines, goods or ReturnedGoods(), location_id=location_id, actor=actor.reference)
    parcels = sorted({line.fulfillment_id for line in lines})
    await fulfillments.set_states(tx, parcels, FulfillmentState.RETURNED, now=now)
    key = f"back {pickup_id}"
    report = reports.NewReport(
        actor.reference, key, pickup_id, actor.reference, Report("", ReportKind.RETURN_RECEIVED, now), None, b""
    )
    await reports.insert_reports(tx, [report], now=now)
    await follow_reports(tx, [pickup], actor=actor.reference, now=now)
    await work.finish_work(tx, [pickup_id], [WorkKind.RETURN_INSPECT], actor=actor.reference, now=now)
    units = deliveries.units_by_order(lines)[pickup.order_id]
    await cancel_units(tx, pickup.order_id, units, reason="PICKUP_RETURNED", actor=actor.reference, now=now)
    await close_payment(tx, pickup.order_id, actor=actor.reference, now=now)


async def _receive(
    tx: WriteTx, pickup: Row, lines: Sequence[Row], goods: ReturnedGoods, *, location_id: int | None, actor: str
) -> None:
    """Put what came back into stock: bundles by what they are made of."""
    made_of: dict[int, list[tuple[int, int]]] = {}
    for part in await components_of(tx, [pickup.order_id]):
        made_of.setdefault(part.line_no, []).append((part.variant_id, part.quantity))
    damaged, missing = dict(goods.damaged), dict(goods.missing)
    sound_lines: dict[tuple[int, int], int] = {}
    damaged_lines: dict[tuple[int, int], int] = {}
    for line in lines:
        gone = _take(missing, line.line_no, line.quantity)
        broken = _take(damaged, line.line_no, line.quantity - gone)
        for variant_id, each in made_of.get(line.line_no, [(line.variant_id, 1)]):
            place = (variant_id, location_id or line.location_id)
            sound_lines[place] = sound_lines.get(place, 0) + (line.quantity - gone - broken) * each
            damaged_lines[place] = damaged_lines.get(place, 0) + broken * each
    _refuse_rest({line.line_no for line in lines}, damaged, missing)
    await receive_stock(
        tx,
        _stock_lines(sound_lines),
        damaged=_stock_lines(damaged_lines),
        kind="RETURNED",
        cause_kind=OwnerKind.ORDER,
        cause_id=pickup.order_id,
        actor=actor,
    )


def _take(units: dict[int, int], line_no: int, at_most: int) -> int:
    """A line may have left in several parcels: the first ones take what is said of it."""
    taken = min(max(units.get(line_no, 0), 0), at_most)
    if line_no in units:
        units[line_no] -= taken
    return taken


def _refuse_rest(known: set[int], *said: Mapping[int, int]) -> None:
    for units in said:
        for line_no, left in units.items():
            if line_no not in known:
                raise NotFound(f"Line {line_no} is not part of this pickup.", path=["lineNo"])
            if left:
                message = f"Line {line_no} has fewer units than are said to be damaged or missing."
                raise InvalidQuantity(message, minimum=0)


def _stock_lines(units: Mapping[tuple[int, int], int]) -> list[StockLine]:
    return [StockLine(*place, quantity) for place, quantity in sorted(units.items()) if quantity]
