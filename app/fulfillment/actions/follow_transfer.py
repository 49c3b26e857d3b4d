"""Work follows the transfer that it is about: sent, under way, received."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.fulfillment.actions.drop_lost_units import drop_lost_units
from app.fulfillment.actions.open_preparations import open_preparations
from app.fulfillment.actions.promise_pickups import promise_pickups, settle_transfers
from app.fulfillment.model import WorkKind, WorkStatus, due_at
from app.fulfillment.sql import work
from app.kit.db import Row, WriteTx
from app.orders.actions.add_history import add_history
from app.orders.model import OrderHistoryKind
from app.orders.sql import history_tells, lock_order


async def follow_transfer(tx: WriteTx, transfer_id: UUID, *, now: datetime) -> None:
    """Bring the TRANSFER and RECEIVE work of a transfer to where it is, and pickups that waited for it.

    May be repeated, and come late: only the transfer's present status counts. An unknown transfer changes
    nothing.
    """
    transfer = await work.find_transfer(tx, transfer_id)
    if transfer is None:
        return
    if transfer.order_id is not None:
        await lock_order(tx, transfer.order_id)
        transfer = await work.find_transfer(tx, transfer_id) or transfer
    if transfer.status == "DRAFT":
        return
    if transfer.order_id is not None:
        await settle_transfers(tx, [transfer.order_id], now=now)
    if transfer.status == "CANCELED":
        await work.cancel_work(tx, [transfer_id])
        return
    sending = work.NewWork(
        WorkKind.TRANSFER,
        transfer.from_location_id,
        WorkStatus.OPEN,
        transfer.order_id,
        transfer_id=transfer_id,
        due_at=due_at(WorkKind.TRANSFER, now, transfer.hours, transfer.timezone),
    )
    receiving = work.NewWork(
        WorkKind.RECEIVE,
        transfer.to_location_id,
        WorkStatus.WAITING,
        transfer.order_id,
        transfer_id=transfer_id,
    )
    await work.insert_work(tx, [sending, receiving], now=now)
    if transfer.status == "READY_TO_SHIP":
        if transfer.order_id is not None:
            await promise_pickups(tx, [transfer.order_id], now=now)
        return
    if not transfer.unsent:
        await work.finish_work(tx, [transfer_id], [WorkKind.TRANSFER], actor=transfer.shipped_by, now=now)
    if transfer.status == "RECEIVED":
        await work.finish_work(tx, [transfer_id], [WorkKind.RECEIVE], actor=transfer.received_by, now=now)
    else:
        await work.open_work(tx, {transfer_id: None}, WorkKind.RECEIVE)
    if transfer.order_id is not None:
        await _tell(tx, transfer, now=now)
        await drop_lost_units(tx, transfer.order_id, now=now)
        await open_preparations(tx, transfer.order_id, now=now)


async def _tell(tx: WriteTx, transfer: Row, *, now: datetime) -> None:
    """Write into the order's history how far the transfer has come, unless it says so already."""
    steps: list[tuple[OrderHistoryKind, str, dict[str, Any]]] = [
        (OrderHistoryKind.TRANSFER_SHIPPED, transfer.shipped_by, {"transfer": transfer.number})
    ]
    if transfer.received_by is not None:
        arrived = {"transfer": transfer.number, "received": transfer.received, "lost": transfer.lost}
        steps.append((OrderHistoryKind.TRANSFER_RECEIVED, transfer.received_by, arrived))
    for kind, actor, facts in steps:
        if not await history_tells(tx, transfer.order_id, kind, facts):
            await add_history(tx, transfer.order_id, kind, actor=actor, now=now, facts=facts)
