"""Short ways to look at what fulfillment wrote."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.fulfillment.actions.create_shipment import create_shipment
from app.fulfillment.actions.keep_reports import Kept
from app.fulfillment.actions.mark_ready import mark_ready
from app.fulfillment.actions.report_pickups import ReportRequest, report_pickups
from app.fulfillment.actions.report_tracking import TrackingRequest, report_tracking
from app.fulfillment.actions.verify_code import verify_code
from app.fulfillment.model.codes import pickup_code
from app.fulfillment.model.packages import PackageDraft, TrackingKind
from app.fulfillment.model.reports import Report, ReportKind
from app.fulfillment.model.tracking import TrackingEvent
from app.kit.db import Database, Row
from app.kit.errors import DomainError, answer_of
from app.kit.permissions import Actor
from app.kit.statement import Statement
from tests.conftest import NOW
from tests.fulfillment.builders import SECRET, STAFF, Shop

_FULFILLMENTS: Final = Statement("SELECT * FROM fulfillments WHERE order_id = :order_id ORDER BY id")
_LINES: Final = Statement("""
    SELECT line.fulfillment_id, line.line_no, line.quantity FROM fulfillment_lines AS line
      JOIN fulfillments AS fulfillment ON fulfillment.id = line.fulfillment_id
     WHERE fulfillment.order_id = :order_id ORDER BY line.fulfillment_id, line.line_no
""")
_WORK: Final = Statement("SELECT * FROM work_instructions ORDER BY id")
_PICKUPS: Final = Statement("SELECT * FROM pickups WHERE order_id = :order_id ORDER BY id")
_PACKAGES: Final = Statement("""
    SELECT package.* FROM packages AS package JOIN shipments AS shipment ON shipment.id = package.shipment_id
     WHERE shipment.order_id = :order_id ORDER BY package.tracking_number
""")
_TRANSFERS: Final = Statement("SELECT id, status FROM transfers WHERE order_id = :order_id ORDER BY id")
_ORDER: Final = Statement("SELECT * FROM orders WHERE id = :order_id")
_PAYMENT: Final = Statement("SELECT status FROM payments WHERE order_id = :order_id")
_HISTORY: Final = Statement("SELECT kind FROM order_history WHERE order_id = :order_id ORDER BY id")
_STOCK: Final = Statement("""
    SELECT on_hand, allocated FROM stock WHERE variant_id = :variant_id AND location_id = :location_id
""")


async def _fetch(db: Database, statement: Statement, **values: Any) -> list[Row]:
    async with db.read() as tx:
        return await tx.fetch(statement, **values)


async def fulfillments_of(db: Database, order_id: UUID) -> list[Row]:
    """The rows."""
    return await _fetch(db, _FULFILLMENTS, order_id=order_id)


async def lines_of(db: Database, order_id: UUID) -> list[tuple[int, int]]:
    """(line number, quantity) over all fulfillments of an order."""
    return [(row.line_no, row.quantity) for row in await _fetch(db, _LINES, order_id=order_id)]


async def work_rows(db: Database) -> list[Row]:
    """All instructions, oldest first."""
    return await _fetch(db, _WORK)


async def work_of(db: Database) -> list[tuple[str, int, str]]:
    """(kind, location, status) of all instructions, oldest first."""
    return [(row.kind, row.location_id, row.status) for row in await work_rows(db)]


async def pickup_of(db: Database, order_id: UUID) -> Row:
    """The one pickup of an order."""
    [row] = await _fetch(db, _PICKUPS, order_id=order_id)
    return row


async def pickups_of(db: Database, order_id: UUID) -> list[Row]:
    """All pickups of an order."""
    return await _fetch(db, _PICKUPS, order_id=order_id)


async def transfer_of(db: Database, order_id: UUID) -> Row:
    """The one transfer of an order: id, status."""
    [row] = await _fetch(db, _TRANSFERS, order_id=order_id)
    return row


async def order_states(db: Database, order_id: UUID) -> tuple[str, str, str]:
    """(status, payment status, fulfillment status)."""
    [row] = await _fetch(db, _ORDER, order_id=order_id)
    return row.status, row.payment_status, row.fulfillment_status


async def payment_status(db: Database, order_id: UUID) -> str:
    """Of the order's payment."""
    [row] = await _fetch(db, _PAYMENT, order_id=order_id)
    return row.status


async def history_of(db: Database, order_id: UUID) -> list[str]:
    """The kinds of the order's history."""
    return [row.kind for row in await _fetch(db, _HISTORY, order_id=order_id)]


async def stock_of(db: Database, variant_id: int, location_id: int) -> tuple[int, int]:
    """(on hand, allocated)."""
    rows = await _fetch(db, _STOCK, variant_id=variant_id, location_id=location_id)
    return (rows[0].on_hand, rows[0].allocated) if rows else (0, 0)


async def everything(db: Database) -> dict[str, list[dict[str, Any]]]:
    """All that a refused command must leave alone."""
    async with db.read() as tx:
        return {
            table: [dict(row) for row in await tx.connection.fetch(f"SELECT * FROM {table} ORDER BY 1, 2")]
            for table in (
                "fulfillments", "fulfillment_lines", "work_instructions", "shipments", "pickups", "orders",
                "order_lines", "order_history", "payments", "stock", "holds", "ledger", "transfers", "outbox",
                "pickup_reports", "exception_cases", "packages", "tracking_reports",
            )
        }  # fmt: skip


async def ship_all(db: Database, order_id: UUID) -> None:
    """All parcels of an order leave."""
    async with db.write() as tx:
        for row in await fulfillments_of(db, order_id):
            if row.kind == "SHIP":
                number = str(row.id)
                await create_shipment(tx, row.id, [PackageDraft("yamato", number)], actor=STAFF, now=NOW)


async def make_ready(db: Database, order_id: UUID) -> Row:
    """The order's pickup at the store is READY; its row."""
    async with db.write() as tx:
        await mark_ready(tx, (await pickup_of(db, order_id)).id, actor=STAFF, now=NOW)
    return await pickup_of(db, order_id)


async def make_arrived(db: Database, shop: Shop, order_id: UUID) -> Row:
    """The order's pickup at the partner's point is READY; its row."""
    await ship_all(db, order_id)
    await report(db, (await pickup_of(db, order_id)).id, ReportKind.ARRIVED, actor=shop.partner)
    return await pickup_of(db, order_id)


async def report(
    db: Database,
    pickup_id: UUID,
    kind: ReportKind,
    *,
    actor: Actor = STAFF,
    at: datetime = NOW,
    now: datetime | None = None,
    key: str | None = None,
    number: str | None = None,
    **facts: Any,
) -> Kept:
    """Report something of one pickup, at once unless told otherwise. Raises the refusal."""
    request = ReportRequest(
        Report("", kind, at, **facts), actor, pickup_id=pickup_id, key=key, authentication_number=number
    )
    async with db.write() as tx:
        return answer_of((await report_pickups(tx, [request], now=now or at))[0])


async def cases_of(db: Database, subject_id: UUID) -> list[str]:
    """The kinds of the open cases about a pickup or a parcel."""
    async with db.read() as tx:
        rows = await tx.connection.fetch(
            "SELECT kind FROM exception_cases WHERE subject_id = $1 AND status = 'OPEN' ORDER BY kind", str(subject_id)
        )
    return [row["kind"] for row in rows]


async def packages_of(db: Database, order_id: UUID) -> list[Row]:
    """The parcels of an order, by their carriers' numbers."""
    return await _fetch(db, _PACKAGES, order_id=order_id)


async def track(
    db: Database,
    package_id: UUID,
    kind: TrackingKind,
    *,
    actor: Actor = STAFF,
    at: datetime = NOW,
    now: datetime | None = None,
    key: str | None = None,
    **facts: Any,
) -> Kept:
    """Tell something of one parcel, at once unless told otherwise. Raises the refusal."""
    request = TrackingRequest(TrackingEvent("", kind, at, **facts), actor, package_id=package_id, key=key)
    async with db.write() as tx:
        return answer_of((await report_tracking(tx, [request], now=now or at))[0])


def code_of(pickup: Row) -> str:
    """The pickup's code."""
    return pickup_code(SECRET, pickup.id, pickup.code_version)


def wrong_code_of(pickup: Row) -> str:
    """A code that is not the pickup's."""
    return f"{(int(code_of(pickup)) + 1) % 1_000_000:06d}"


async def say_code(db: Database, pickup: Row, code: str | None = None, actor: Actor = STAFF) -> DomainError | None:
    """Verify a code, by default the right one; the refusal, if any."""
    async with db.write() as tx:
        return await verify_code(
            tx, pickup.id, code_of(pickup) if code is None else code, secret_key=SECRET, actor=actor, now=NOW
        )


async def make_verified(db: Database, order_id: UUID) -> Row:
    """The order's pickup at the store is READY and its code was said; its row."""
    assert await say_code(db, await make_ready(db, order_id)) is None
    return await pickup_of(db, order_id)
