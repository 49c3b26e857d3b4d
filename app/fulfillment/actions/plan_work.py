"""A placed order becomes work for people: fulfillments, instructions and pickups."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.capacity.actions.claim_compartments import claim_compartments
from app.capacity.actions.release_slots import release_slots
from app.capacity.sql.slots import find_booked
from app.fulfillment.actions.follow_transfer import follow_transfer
from app.fulfillment.actions.move_pickup import tell_of_pickups
from app.fulfillment.actions.open_preparations import open_preparations
from app.fulfillment.model import ClaimedUnits, shares_of
from app.fulfillment.model.lockers import LOCKER_MODE
from app.fulfillment.model.pickups import POINT_MODES, PickupStatus
from app.fulfillment.sql import fulfillments, lockers, pickups, work
from app.kit.db import Row, WriteTx
from app.kit.permissions import SYSTEM
from app.orders.actions.add_history import add_history
from app.orders.model import OrderHistoryKind
from app.orders.sql import lock_order


async def plan_work(tx: WriteTx, order_id: UUID, *, now: datetime) -> list[UUID]:
    """Say who ships or hands over what of a placed order. Returns the new fulfillments' ids.

    One fulfillment per delivery and location that the units leave from. Deliveries that have been planned stay as they
    are: units that were sold ahead are planned when they have come. Repetitions, and orders that are not placed or
    claim nothing more, change nothing. The order stays locked until the transaction ends.
    """
    order = await lock_order(tx, order_id)
    if order is None or order.status != "PLACED":
        return []
    planned = {row.delivery_id for row in await fulfillments.fulfillments_of_order(tx, order_id)}
    claimed = [units for units in await fulfillments.claimed_units(tx, order_id) if units.delivery_id not in planned]
    shares = shares_of(claimed)
    if not shares:
        return []
    ids = await fulfillments.insert_fulfillments(tx, order_id, shares, now=now)
    clocks = await work.clocks_of(tx, {share.location_id for share in shares})
    instructions = [
        new
        for fulfillment_id, share in zip(ids, shares, strict=True)
        for new in work.instructions_of(order_id, fulfillment_id, share, clocks[share.location_id], now)
    ]
    await work.insert_work(tx, instructions, now=now)
    await tell_of_pickups(tx, await pickups.insert_pickups(tx, order_id, _pickups(claimed), now=now))
    await _claim(tx, order, claimed, now=now)
    await _leave_slots(tx, order_id, planned | {units.delivery_id for units in claimed})
    await add_history(tx, order_id, OrderHistoryKind.WORK_PLANNED, actor=SYSTEM.reference, now=now)
    for transfer in await work.transfers_of_order(tx, order_id):
        await follow_transfer(tx, transfer.id, now=now)
    await open_preparations(tx, order_id, now=now)
    return ids


async def _claim(tx: WriteTx, order: Row, claimed: Sequence[ClaimedUnits], *, now: datetime) -> None:
    """What goes into lockers has compartments from its checkout on; not what was sold before it arrived."""
    places = {
        units.delivery_id: units.destination_id
        for units in claimed
        if units.mode == LOCKER_MODE and units.destination_id is not None
    }
    if places:
        wishes = await lockers.wishes_of(tx, order.id, places, now)
        await claim_compartments(tx, wishes, now=now)


async def _leave_slots(tx: WriteTx, order_id: UUID, planned: set[UUID]) -> None:
    """Deliveries all of whose units were canceled before anybody planned them need no slot."""
    booked = {row.delivery_id for row in await find_booked(tx, order_ids=[order_id])}
    if booked - planned:
        await release_slots(tx, delivery_ids=booked - planned)


def _pickups(claimed: Sequence[ClaimedUnits]) -> list[pickups.NewPickup]:
    """One per delivery that the shopper collects somewhere."""
    points = {
        units.delivery_id: units.destination_id
        for units in claimed
        if units.destination_id is not None and units.mode in {"STORE_PICKUP", *POINT_MODES}
    }
    return [
        pickups.NewPickup(delivery_id, location_id, PickupStatus.REQUESTED)
        for delivery_id, location_id in points.items()
    ]
