"""A parcel leaves with a carrier."""

from datetime import datetime
from typing import Final
from uuid import UUID

from app.fulfillment.actions.follow_reports import send_pickup
from app.fulfillment.actions.move_pickup import move_pickup
from app.fulfillment.actions.refuse_held import refuse_held
from app.fulfillment.actions.ship_units import ship_units
from app.fulfillment.errors import TrackingNumberUsed
from app.fulfillment.model import FulfillmentKind, FulfillmentState, WorkKind, may_touch
from app.fulfillment.model.pickups import PickupStatus, PickupStep
from app.fulfillment.sql import fulfillments, pickups, work
from app.kit.db import Row, WriteTx
from app.kit.errors import InvalidInput, InvalidTransition, NotFound
from app.kit.permissions import Actor
from app.orders.actions.add_history import add_history
from app.orders.actions.record_fulfilled import record_fulfilled
from app.orders.model import OrderHistoryKind
from app.orders.sql import lock_order

MAX_TEXT: Final = 60


async def create_shipment(
    tx: WriteTx, fulfillment_id: UUID, *, carrier: str, tracking_number: str, actor: Actor, now: datetime
) -> UUID:
    """The units of an open SHIP fulfillment leave stock. Returns the shipment's id.

    Home deliveries count as fulfilled from here on; goods for a partner's point are then on their way to
    it, once all parcels of the delivery have left. carrier and tracking_number: 1 to 60 characters. Raises
    NotFound, InvalidInput, InvalidTransition (shipped already, canceled, or a pickup at an own store),
    WorkOnHold, TrackingNumberUsed.
    """
    carrier, tracking_number = _text(carrier, "carrier"), _text(tracking_number, "trackingNumber")
    fulfillment = await _take_fulfillment(tx, fulfillment_id, actor)
    if fulfillment.kind != FulfillmentKind.SHIP:
        message = "A pickup at an own store is handed over, not shipped."
        raise InvalidTransition(message, current_status=fulfillment.status)
    if fulfillment.status != FulfillmentState.OPEN:
        message = f"A fulfillment that is {fulfillment.status} cannot be shipped."
        raise InvalidTransition(message, current_status=fulfillment.status)
    await refuse_held(tx, [fulfillment_id])
    order_id: UUID = fulfillment.order_id
    shipment_id = await fulfillments.insert_shipment(
        tx, fulfillment, carrier=carrier, tracking_number=tracking_number, now=now
    )
    if shipment_id is None:
        raise TrackingNumberUsed
    quantities = await ship_units(tx, order_id, [fulfillment], kind="SHIPPED", actor=actor.reference)
    await fulfillments.set_states(tx, [fulfillment_id], FulfillmentState.SHIPPED, now=now)
    done = [WorkKind.PICK, WorkKind.PACK, WorkKind.SHIP]
    await work.finish_work(tx, [fulfillment_id], done, actor=actor.reference, now=now)
    facts = {"carrier": carrier, "trackingNumber": tracking_number}
    await add_history(tx, order_id, OrderHistoryKind.SHIPPED, actor=actor.reference, now=now, facts=facts)
    pickup = await pickups.lock_pickup_of_delivery(tx, fulfillment.delivery_id)
    if pickup is None:
        await record_fulfilled(tx, order_id, quantities, actor=actor.reference, now=now)
    else:
        await _send_on(tx, pickup, now)
    return shipment_id


async def _take_fulfillment(tx: WriteTx, fulfillment_id: UUID, actor: Actor) -> Row:
    """The fulfillment, locked after its order."""
    found = await fulfillments.find_fulfillment(tx, fulfillment_id)
    if found is not None and may_touch(actor, partner_id=found.partner_id, location_id=found.location_id):
        await lock_order(tx, found.order_id)
        fulfillment = await fulfillments.lock_fulfillment(tx, fulfillment_id)
        if fulfillment is not None:
            return fulfillment
    message = "There is no such fulfillment."
    raise NotFound(message)


async def _send_on(tx: WriteTx, pickup: Row, now: datetime) -> None:
    """A pickup at a partner's point is on its way when the last parcel has left."""
    parcels = await fulfillments.fulfillments_of_delivery(tx, pickup.delivery_id)
    if all(parcel.status != FulfillmentState.OPEN for parcel in parcels):
        await send_pickup(tx, pickup, now=now)
    elif pickup.status == PickupStatus.REQUESTED:
        await move_pickup(tx, pickup, PickupStep.PREPARE, now=now)


def _text(text: str, name: str) -> str:
    text = text.strip()
    if not 1 <= len(text) <= MAX_TEXT or not text.isprintable():
        message = f"{name} has 1 to {MAX_TEXT} printable characters."
        raise InvalidInput(message, path=["input", name])
    return text
