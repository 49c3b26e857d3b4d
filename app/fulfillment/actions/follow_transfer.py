"""Work follows the transfer that it is about: sent, under way, received."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.drop_lost_units import drop_lost_units
from app.fulfillment.actions.open_preparations import open_preparations
from app.fulfillment.model import WorkKind, WorkStatus
from app.fulfillment.sql import work
from app.kit.db import WriteTx
from app.kit.permissions import SYSTEM
from app.orders.sql import lock_order


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
    if transfer.status == "CANCELED":
        await work.cancel_work(tx, [transfer_id])
        return
    sending = work.NewWork(
        WorkKind.TRANSFER,
        transfer.from_location_id,
        WorkStatus.OPEN,
        transfer.order_id,
        transfer_id=transfer_id,
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
        return
    await work.finish_work(tx, [transfer_id], [WorkKind.TRANSFER], actor=SYSTEM.reference, now=now)
    if transfer.status == "RECEIVED":
        await work.finish_work(tx, [transfer_id], [WorkKind.RECEIVE], actor=SYSTEM.reference, now=now)
    else:
        await work.open_work(tx, [transfer_id], WorkKind.RECEIVE)
    if transfer.order_id is not None:
        await drop_lost_units(tx, transfer.order_id, now=now)
        await open_preparations(tx, transfer.order_id, now=now)
