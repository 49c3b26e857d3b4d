"""A placed order is given up while all its goods are still in the house."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from app.capacity.actions.release_compartments import release_compartments
from app.capacity.actions.release_slots import release_slots
from app.fulfillment.actions.move_pickup import move_pickup
from app.fulfillment.actions.settle_refunds import settle_refunds
from app.fulfillment.model import FulfillmentState
from app.fulfillment.model.pickups import PickupStatus, PickupStep
from app.fulfillment.sql import fulfillments, pickups, work
from app.inventory.actions.cancel_transfer import cancel_transfer
from app.inventory.actions.release_holds import release_holds
from app.inventory.actions.withdraw_transfers import withdraw_transfers
from app.inventory.model.transfers import UNDER_WAY
from app.kit.db import WriteTx
from app.kit.errors import InvalidTransition, NotFound
from app.orders.actions.mark_canceled import mark_canceled
from app.orders.sql import lock_order
from app.payments.actions.void_payment import void_payment
from app.payments.model import PaymentStatus, payment_status_when_canceled

_LEFT = (FulfillmentState.SHIPPED, FulfillmentState.COMPLETED)


async def cancel_order(tx: WriteTx, order_id: UUID, *, reason: str, actor: str, now: datetime) -> None:
    """The order becomes CANCELED: its units are on sale again, its transfers, work and pickups end.

    A transfer that is under way still arrives, as free stock. Money that was not taken is given up; what was taken
    becomes a case REFUND_DUE. A canceled order stays as it is. Raises NotFound, or InvalidTransition when the order is
    not placed or a part of it was shipped or handed over.
    """
    order = await lock_order(tx, order_id)
    if order is None:
        message = "There is no such order."
        raise NotFound(message)
    if order.status == "CANCELED":
        return
    if order.status != "PLACED":
        message = f"An order that is {order.status} cannot be canceled."
        raise InvalidTransition(message, current_status=order.status)
    parts = await fulfillments.fulfillments_of_order(tx, order_id)
    left = next((part.status for part in parts if part.status in _LEFT), None)
    if left is not None:
        message = "A part of this order has left already."
        raise InvalidTransition(message, current_status=left)
    part_ids = [part.id for part in parts]
    await release_compartments(tx, [order_id], now=now)
    await release_slots(tx, [order_id])
    stopped = await _stop_transfers(tx, order_id, actor=actor, now=now)
    await release_holds(tx, order_id, actor=actor)
    await work.cancel_work(tx, [*part_ids, *stopped])
    await fulfillments.set_states(tx, part_ids, FulfillmentState.CANCELED, now=now)
    for pickup in await pickups.lock_pickups_of_order(tx, order_id):
        # One that expired at its store is over: nobody can collect it, and its units are on sale.
        if pickup.status not in {PickupStatus.CANCELED, PickupStatus.EXPIRED}:
            await move_pickup(tx, pickup, PickupStep.CANCEL, now=now)
    if payment_status_when_canceled(order.payment_status) is PaymentStatus.VOIDED:
        await void_payment(tx, order_id, now=now)
    await mark_canceled(tx, order_id, reason=reason, actor=actor, now=now)
    await settle_refunds(tx, [order_id], now=now)


async def _stop_transfers(tx: WriteTx, order_id: UUID, *, actor: str, now: datetime) -> list[UUID]:
    """Cancel the order's transfers that have not left; returns them. Of others, what has not left stays."""
    stopped: list[UUID] = []
    for transfer in await work.transfers_of_order(tx, order_id):
        if transfer.status in UNDER_WAY:
            await _stay(tx, transfer.id, now=now)
        if transfer.status != "READY_TO_SHIP":
            continue
        try:
            await cancel_transfer(tx, transfer.id, actor=actor, now=now)
        except InvalidTransition:  # It left a moment ago.
            await _stay(tx, transfer.id, now=now)
            continue
        stopped.append(transfer.id)
    return stopped


async def _stay(tx: WriteTx, transfer_id: UUID, *, now: datetime) -> None:
    """What waits at the source of a transfer that is under way does not leave."""
    with suppress(InvalidTransition):  # It arrived a moment ago.
        await withdraw_transfers(tx, {transfer_id: None}, now=now)
