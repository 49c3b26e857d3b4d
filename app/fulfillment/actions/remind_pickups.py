"""Buyers hear that their goods are not kept for much longer."""

from dataclasses import replace
from datetime import datetime

from app.fulfillment.actions.follow_reports import follow_reports
from app.fulfillment.actions.move_pickup import write_pickups
from app.fulfillment.actions.take_due_pickups import take_due_pickups
from app.fulfillment.actions.tell_orders import tell_orders
from app.fulfillment.model.pickups import POINT_MODES, STORE_PICKUP, PickupStatus, PickupStep
from app.fulfillment.model.reports import Report, ReportKind
from app.fulfillment.sql import due_pickups, pickups, reports
from app.kit.db import Row, WriteTx
from app.kit.permissions import SYSTEM
from app.orders.model import OrderHistoryKind


async def remind_pickups(tx: WriteTx, *, now: datetime, limit: int) -> int:
    """READY pickups near their end become EXPIRING, each once for each end; returns how many.

    Those that somebody is dealing with are left for the next time. Whoever sends messages hears of it by
    `pickup_changed`. The number of statements does not grow with them.
    """
    due = await due_pickups.pickups_to_remind(tx, now=now, limit=limit)
    taken = await take_due_pickups(tx, due, [PickupStatus.READY])
    at_stores = [row for row in taken if row.mode not in POINT_MODES]
    at_points = [row for row in taken if row.mode in POINT_MODES]
    if at_stores:
        status = STORE_PICKUP.take(PickupStep.REMIND, PickupStatus.READY)
        await write_pickups(tx, {row.id: replace(pickups.state_in(row), status=status) for row in at_stores})
        told = [
            (
                row.order_id,
                OrderHistoryKind.PICKUP_EXPIRING,
                {"pickup": row.number, "holdUntil": row.hold_until.isoformat()},
            )
            for row in at_stores
        ]
        await tell_orders(tx, told, actor=SYSTEM.reference, now=now)
    if at_points:
        await reports.insert_reports(tx, [_reminder(row, now) for row in at_points], now=now)
        await follow_reports(tx, at_points, actor=SYSTEM.reference, now=now)
    return len(taken)


def _reminder(pickup: Row, now: datetime) -> reports.NewReport:
    until: datetime = pickup.hold_until
    report = Report("", ReportKind.REMINDED, now, hold_until=until)
    key = f"remind {pickup.id} {until.isoformat()}"
    return reports.NewReport(SYSTEM.reference, key, pickup.id, SYSTEM.reference, report, None, b"")
