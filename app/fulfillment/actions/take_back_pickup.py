"""Goods that went to a point are back in the house."""

from datetime import datetime
from uuid import UUID

from app.capacity.actions.lock_claims import lock_claims
from app.fulfillment.actions.close_payment import close_payment
from app.fulfillment.actions.follow_reports import follow_reports
from app.fulfillment.actions.put_back_units import ReturnedGoods, put_back_units
from app.fulfillment.actions.take_back_packages import take_back_packages
from app.fulfillment.actions.take_pickup import take_pickup
from app.fulfillment.model import FulfillmentState, WorkKind
from app.fulfillment.model.lockers import LOCKER_MODE
from app.fulfillment.model.pickups import POINT_MODES, POINT_PICKUP, PickupStep
from app.fulfillment.model.reports import Report, ReportKind
from app.fulfillment.sql import deliveries, fulfillments, packages, reports, work
from app.kit.db import WriteTx
from app.kit.errors import InvalidTransition
from app.kit.permissions import Actor
from app.orders.actions.cancel_units import cancel_units


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
    point or it is a partner's test, InvalidQuantity for more damaged and missing units than there were.
    """
    _, pickup = await take_pickup(tx, pickup_id, actor=actor)
    if pickup.mode not in POINT_MODES:
        message = "Goods of an own store did not leave it: let the pickup expire."
        raise InvalidTransition(message, current_status=pickup.status)
    if pickup.is_sandbox:
        message = "Nothing comes back from a test of a partner."
        raise InvalidTransition(message, current_status=pickup.status)
    POINT_PICKUP.check(PickupStep.TAKE_BACK, pickup.status)
    if pickup.mode == LOCKER_MODE:
        await lock_claims(tx, [pickup.order_id])
    lines = await deliveries.lines_of_deliveries(tx, [pickup.delivery_id], FulfillmentState.SHIPPED)
    said = goods or ReturnedGoods()
    await put_back_units(tx, pickup.order_id, lines, said, location_id=location_id, actor=actor.reference)
    parcels = sorted({line.fulfillment_id for line in lines})
    await fulfillments.set_states(tx, parcels, FulfillmentState.RETURNED, now=now)
    key = f"back {pickup_id}"
    report = reports.NewReport(
        actor.reference, key, pickup_id, actor.reference, Report("", ReportKind.RETURN_RECEIVED, now), None, b""
    )
    await reports.insert_reports(tx, [report], now=now)
    await follow_reports(tx, [pickup], actor=actor.reference, now=now)
    taken = await packages.lock_packages_of_fulfillments(tx, parcels)
    await take_back_packages(tx, taken, actor=actor.reference, now=now)
    await work.finish_work(tx, [pickup_id], [WorkKind.RETURN_INSPECT], actor=actor.reference, now=now)
    units = deliveries.units_by_order(lines)[pickup.order_id]
    await cancel_units(tx, pickup.order_id, units, reason="PICKUP_RETURNED", actor=actor.reference, now=now)
    await close_payment(tx, pickup.order_id, actor=actor.reference, now=now)
