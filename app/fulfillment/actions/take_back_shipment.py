"""Parcels that did not reach their buyer are back in the house."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.put_back_units import ReturnedGoods, put_back_units
from app.fulfillment.actions.settle_refunds import settle_refunds
from app.fulfillment.actions.take_back_packages import take_back_packages
from app.fulfillment.model import FulfillmentState, may_touch
from app.fulfillment.model.packages import PACKAGE, TrackingKind
from app.fulfillment.sql import deliveries, fulfillments, packages, pickups
from app.kit.db import Row, WriteTx
from app.kit.errors import InvalidTransition, NotFound
from app.kit.permissions import Actor
from app.orders.actions.return_units import return_units
from app.orders.sql import lock_order


async def take_back_shipment(
    tx: WriteTx,
    shipment_id: UUID,
    *,
    goods: ReturnedGoods | None = None,
    location_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """All parcels of a home delivery become TAKEN_BACK, its units are in stock again and its order lines canceled.

    location_id: where they came to; None: where they had left from. Money that was taken for them is a case REFUND_DUE;
    what is not taken yet will be less. Raises NotFound (shipment, location, line),
    InvalidTransition when a parcel was delivered or taken back, or when the goods went to a point: they are taken back
    with their pickup. InvalidQuantity for more damaged and missing units than there were.
    """
    order, shipment = await _take(tx, shipment_id, actor)
    pickup = await pickups.lock_pickup_of_delivery(tx, shipment.delivery_id)
    if pickup is not None:
        message = "These goods went to a point: take them back with their pickup."
        raise InvalidTransition(message, current_status=pickup.status)
    taken = await packages.lock_packages_of_fulfillments(tx, [shipment.fulfillment_id])
    for package in taken:
        PACKAGE.check(TrackingKind.TAKEN_BACK, package.status)
    lines = await deliveries.lines_of_fulfillment(tx, shipment.fulfillment_id)
    said = goods or ReturnedGoods()
    await put_back_units(tx, order.id, lines, said, location_id=location_id, actor=actor.reference)
    await fulfillments.set_states(tx, [shipment.fulfillment_id], FulfillmentState.RETURNED, now=now)
    await take_back_packages(tx, taken, actor=actor.reference, now=now)
    units = deliveries.units_by_order(lines)[order.id]
    await return_units(tx, order.id, units, reason="PARCEL_RETURNED", actor=actor.reference, now=now)
    await settle_refunds(tx, [order.id], now=now)


async def _take(tx: WriteTx, shipment_id: UUID, actor: Actor) -> tuple[Row, Row]:
    """The order, locked, and the shipment with its fulfillment's delivery_id and location_id. Raises NotFound."""
    shipment = await packages.find_shipment(tx, shipment_id)
    if shipment is not None and may_touch(actor, partner_id=shipment.partner_id, location_id=shipment.location_id):
        order = await lock_order(tx, shipment.order_id)
        if order is not None:
            return order, shipment
    raise NotFound("There is no such shipment.")
