"""Buyers hear that their goods are not kept for much longer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.follow_reports import follow_reports
from app.fulfillment.actions.move_pickup import move_due_pickups
from app.fulfillment.actions.take_due_pickups import take_due_pickups
from app.fulfillment.actions.tell_orders import tell_orders
from app.fulfillment.model.pickups import POINT_MODES, PickupStatus, PickupStep
from app.fulfillment.model.reports import Report, ReportKind
from app.fulfillment.sql import reports
from app.kit.db import Row, WriteTx
from app.kit.permissions import SYSTEM
from app.orders.model import OrderHistoryKind
from app.orders.sql import take_free_orders


async def remind_pickups(tx: WriteTx, due: Sequence[Row], *, now: datetime) -> int:
    """READY pickups near their end (rows of `sql.due_pickups`) become EXPIRING, each once for each end.

    Returns how many. Those that somebody is dealing with are left for the next time. Whoever sends messages hears of it
    by `pickup_changed`. The number of statements does not grow with them.
    """
    orders = await take_free_orders(tx, {row.order_id for row in due})
    free = [row for row in due if row.order_id in orders]
    at_stores = [row for row in free if row.mode not in POINT_MODES]
    at_points = [row for row in free if row.mode in POINT_MODES]
    reminded = await _remind_at_stores(tx, at_stores, orders, now=now) if at_stores else 0
    return reminded + (await _remind_at_points(tx, at_points, now=now) if at_points else 0)


async def _remind_at_stores(tx: WriteTx, due: Sequence[Row], orders: Mapping[UUID, Row], *, now: datetime) -> int:
    reminded = await move_due_pickups(tx, due, PickupStep.REMIND, [PickupStatus.READY], now=now)
    kind = OrderHistoryKind.PICKUP_EXPIRING
    told = [(row.order_id, kind, {"pickup": row.number, "holdUntil": row.hold_until.isoformat()}) for row in reminded]
    await tell_orders(tx, told, orders=orders, actor=SYSTEM.reference, now=now)
    return len(reminded)


async def _remind_at_points(tx: WriteTx, due: Sequence[Row], *, now: datetime) -> int:
    taken = await take_due_pickups(tx, due, [PickupStatus.READY])
    if taken:
        await reports.insert_reports(tx, [_reminder(row, now) for row in taken], now=now)
        await follow_reports(tx, taken, actor=SYSTEM.reference, now=now)
    return len(taken)


def _reminder(pickup: Row, now: datetime) -> reports.NewReport:
    until: datetime = pickup.hold_until
    report = Report("", ReportKind.REMINDED, now, hold_until=until)
    key = f"remind {pickup.id} {until.isoformat()}"
    return reports.NewReport(SYSTEM.reference, key, pickup.id, SYSTEM.reference, report, None, b"")
