"""Goods leave with a carrier, in one parcel or in several."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.capacity.actions.lock_claims import lock_claims
from app.fulfillment.actions.follow_reports import send_pickup
from app.fulfillment.actions.move_pickup import move_pickup
from app.fulfillment.actions.refuse_held import refuse_held
from app.fulfillment.actions.ship_units import ship_units
from app.fulfillment.errors import TrackingNumberUsed
from app.fulfillment.model import FulfillmentKind, FulfillmentState, WorkKind, may_touch
from app.fulfillment.model.lockers import LOCKER_MODE
from app.fulfillment.model.packages import NumberRule, PackageDraft, check_packages, is_plausible, plain_number
from app.fulfillment.model.pickups import PickupStatus, PickupStep
from app.fulfillment.sql import fulfillments, packages, pickups, work
from app.kit.db import Row, WriteTx
from app.kit.errors import InvalidTransition, NotFound
from app.kit.permissions import Actor
from app.orders.actions.add_history import add_history
from app.orders.actions.record_fulfilled import record_fulfilled
from app.orders.model import OrderHistoryKind
from app.orders.sql import lock_order


async def create_shipment(
    tx: WriteTx, fulfillment_id: UUID, parcels: Sequence[PackageDraft], *, actor: Actor, now: datetime
) -> UUID:
    """The units of an open SHIP fulfillment leave stock, in 1 to MAX_PACKAGES parcels. Returns the shipment's id.

    Home deliveries count as fulfilled from here on; goods for a partner's point are then on their way to
    it, once all parcels of the delivery have left. Raises NotFound, InvalidPackage, InvalidTransition (shipped
    already, canceled, or a pickup at an own store), WorkOnHold, TrackingNumberUsed.
    """
    parcels = check_packages(parcels)
    fulfillment = await _take_fulfillment(tx, fulfillment_id, actor)
    if fulfillment.kind != FulfillmentKind.SHIP:
        message = "A pickup at an own store is handed over, not shipped."
        raise InvalidTransition(message, current_status=fulfillment.status)
    if fulfillment.status != FulfillmentState.OPEN:
        message = f"A fulfillment that is {fulfillment.status} cannot be shipped."
        raise InvalidTransition(message, current_status=fulfillment.status)
    await refuse_held(tx, [fulfillment_id])
    order_id: UUID = fulfillment.order_id
    pickup = await pickups.lock_pickup_of_delivery(tx, fulfillment.delivery_id)
    if pickup is not None and pickup.mode == LOCKER_MODE:
        # What was reported before the parcels left moves compartments as soon as they have.
        await lock_claims(tx, [order_id])
    shipment_id, parcels = await _write(tx, fulfillment, parcels, now)
    quantities = await ship_units(tx, order_id, [fulfillment], kind="SHIPPED", actor=actor.reference)
    await fulfillments.set_states(tx, [fulfillment_id], FulfillmentState.SHIPPED, now=now)
    done = [WorkKind.PICK, WorkKind.PACK, WorkKind.SHIP]
    await work.finish_work(tx, [fulfillment_id], done, actor=actor.reference, now=now)
    facts: dict[str, Any] = {"carrier": parcels[0].carrier, "trackingNumber": parcels[0].tracking_number}
    if len(parcels) > 1:
        facts["trackingNumbers"] = [parcel.tracking_number for parcel in parcels]
    await add_history(tx, order_id, OrderHistoryKind.SHIPPED, actor=actor.reference, now=now, facts=facts)
    if pickup is None:
        await record_fulfilled(tx, order_id, quantities, actor=actor.reference, now=now)
    else:
        await _send_on(tx, pickup, now)
    return shipment_id


async def _write(
    tx: WriteTx, fulfillment: Row, parcels: Sequence[PackageDraft], now: datetime
) -> tuple[UUID, list[PackageDraft]]:
    """Write the shipment with its parcels; carriers that are known go by their code. Raises TrackingNumberUsed."""
    known = await packages.carriers_by_code(tx, {parcel.carrier.lower() for parcel in parcels})
    named: list[PackageDraft] = []
    plausible: list[bool] = []
    for parcel in parcels:
        carrier = known.get(parcel.carrier.lower())
        rule = NumberRule.ANY if carrier is None else NumberRule(carrier.number_rule)
        plausible.append(is_plausible(parcel.tracking_number, rule))
        # Of a number that is sure, blanks and hyphens do not count.
        is_sure = rule is not NumberRule.ANY and plausible[-1]
        number = plain_number(parcel.tracking_number) if is_sure else parcel.tracking_number
        code = parcel.carrier if carrier is None else carrier.code
        named.append(replace(parcel, carrier=code, tracking_number=number))
    shipment_id = await fulfillments.insert_shipment(tx, fulfillment, now=now)
    written = await packages.insert_packages(tx, shipment_id, named, plausible)
    for place in range(len(named)):
        if place + 1 not in written:
            raise TrackingNumberUsed(place)
    return shipment_id, named


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
