"""An order history comes in through the actions of live orders: held, shipped, recorded, and never twice."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.integrations.actions.import_orders import import_orders
from app.integrations.errors import UnreadableFile
from app.integrations.model import ORDER_LAYOUTS, ImportReport
from app.kit.db import Database
from tests.conftest import NOW
from tests.integrations.builders import HEADER, history_file

LAYOUT = ORDER_LAYOUTS["online-retail"]
DATA = Path(__file__).parents[3] / "shared" / "data" / "online-retail" / "online_retail_2010-12.csv.gz"


async def run(db: Database, path: Path, *, stock: Path | None = None, **options: Any) -> ImportReport:
    return await import_orders(db, path, layout=LAYOUT, channel="history", stock=stock, now=NOW, **options)


async def rows(db: Database, query: str) -> list[tuple[Any, ...]]:
    async with db.read() as tx:
        return [tuple(row) for row in await tx.connection.fetch(query)]


def counts(report: ImportReport) -> tuple[int, ...]:
    assert report.rows_read == report.rows_imported + report.rows_refused
    assert report.oversold == 0
    return (
        report.rows_imported,
        report.rows_already,
        report.rows_refused,
        report.orders,
        report.returns,
        report.lines_allocated,
        report.lines_split,
        report.lines_short,
        report.lines_returned,
    )


async def test_orders_returns_and_cancellations(db: Database, tmp_path: Path) -> None:
    path = history_file(
        tmp_path, ["1,A,6,2.55,17850.0", "1,B,10", "C2,A,-1,2.55,17850.0", "3,B,-2,0.00", "4,a,2,2.95,17850.0"]
    )
    assert counts(await run(db, path)) == (5, 0, 0, 2, 2, 3, 1, 0, 2)
    assert await rows(
        db,
        """SELECT o.external_reference, o.status, o.payment_status, o.fulfillment_status, o.currency, o.total_minor,
                  o.placed_at::text, m.external_reference
             FROM orders o LEFT JOIN members m ON m.id = o.member_id ORDER BY 1""",
    ) == [
        ("1", "COMPLETED", "CAPTURED", "FULFILLED", "GBP", 3030, "2010-12-01 08:26:00+00", "online-retail:17850"),
        ("3", "RETURNED", "REFUNDED", "UNFULFILLED", "GBP", 0, "2010-12-01 08:26:00+00", None),
        ("4", "COMPLETED", "CAPTURED", "FULFILLED", "GBP", 590, "2010-12-01 08:26:00+00", "online-retail:17850"),
        ("C2", "RETURNED", "REFUNDED", "UNFULFILLED", "GBP", -255, "2010-12-01 08:26:00+00", "online-retail:17850"),
    ]
    # 8 of A were sold and 1 came back; 10 of B were sold and 2 came back.
    assert await rows(
        db,
        """SELECT v.sku, sum(s.on_hand), sum(s.reserved), sum(s.allocated) FROM stock s
             JOIN variants v ON v.id = s.variant_id GROUP BY 1 ORDER BY 1""",
    ) == [("A", 1, 0, 0), ("B", 2, 0, 0)]
    assert await rows(
        db, "SELECT kind, sum(d_on_hand) FROM ledger GROUP BY 1 HAVING sum(d_on_hand) <> 0 ORDER BY 1"
    ) == [
        ("RECEIVED", 18),
        ("RETURNED", 3),
        ("SHIPPED", -18),
    ]


async def test_short_lines_are_told_and_nothing_is_oversold(db: Database, tmp_path: Path) -> None:
    stock = tmp_path / "stock.csv"
    stock.write_text("sku,quantity\nA,5\n")
    path = history_file(tmp_path, ["1,A,4", "2,A,4", "3,A,1", "4,B,1"])
    assert counts(await run(db, path, stock=stock)) == (4, 0, 0, 4, 0, 1, 0, 3, 0)
    assert await rows(
        db,
        """SELECT o.external_reference, l.quantity, l.fulfilled_quantity, l.short_quantity
             FROM order_lines l JOIN orders o ON o.id = l.order_id ORDER BY 1""",
    ) == [("1", 4, 4, 0), ("2", 4, 1, 3), ("3", 1, 0, 1), ("4", 1, 0, 1)]


async def test_a_second_run_doubles_nothing(db: Database, tmp_path: Path) -> None:
    path = history_file(tmp_path, ["1,A,6", "1,B,10", "C2,A,-1"])
    await run(db, path)
    before = await rows(db, "SELECT entry_id, kind, d_on_hand FROM ledger ORDER BY entry_id")
    assert counts(await run(db, path)) == (3, 3, 0, 0, 0, 0, 0, 0, 0)
    assert await rows(db, "SELECT entry_id, kind, d_on_hand FROM ledger ORDER BY entry_id") == before
    assert await rows(db, "SELECT count(*) FROM orders") == [(2,)]


class PowerCut(Exception):
    """The import stops between two batches."""


async def test_an_interrupted_import_goes_on(db: Database, tmp_path: Path) -> None:
    path = history_file(tmp_path, [f"{invoice},S{sku},1" for invoice in range(30) for sku in range(150)])

    def stop(_rows: int) -> None:
        raise PowerCut

    with pytest.raises(PowerCut):
        await run(db, path, progress=stop)
    [(done,)] = await rows(db, "SELECT count(*) FROM orders")
    assert done == 14
    assert counts(await run(db, path)) == (4500, 2100, 0, 16, 0, 2400, 0, 0, 0)
    assert await rows(db, "SELECT count(*), count(DISTINCT external_reference) FROM orders") == [(30, 30)]
    assert await rows(db, "SELECT sum(on_hand) FROM stock") == [(0,)]


async def test_two_imports_at_once_make_each_order_once(db: Database, tmp_path: Path) -> None:
    path = history_file(tmp_path, [f"{invoice},A,1" for invoice in range(300)])
    results = await asyncio.gather(*(run(db, path) for _ in range(3)), return_exceptions=True)
    assert any(isinstance(result, ImportReport) for result in results)
    final = await run(db, path)
    assert (final.rows_already, final.rows_imported) == (300, 300)
    assert await rows(db, "SELECT count(*), count(DISTINCT external_reference) FROM orders") == [(300, 300)]
    assert await rows(db, "SELECT sum(on_hand) FROM stock") == [(0,)]


async def test_refused_rows_are_told_with_line_and_reason(db: Database, tmp_path: Path) -> None:
    path = history_file(tmp_path, ["1,A,6", "1,B,0", "2,,1", "2,C,many", "3,D,1,-1"])
    report = await run(db, path)
    assert counts(report) == (1, 0, 4, 1, 0, 1, 1, 0, 0)
    assert [(refusal.row_no, refusal.reason) for refusal in report.refusals] == [
        (3, "A quantity lies between 1 and 1,000,000 (returns: negative), not 0."),
        (4, "The row has no usable product code."),
        (5, "'many' is no whole quantity."),
        (6, "'-1' is no price in GBP."),
    ]


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", HEADER.encode() + b'\n1,"A', b"\x1f\x8bxx"])
async def test_an_unreadable_file_changes_nothing(db: Database, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile):
        await run(db, path)
    assert await rows(db, "SELECT (SELECT count(*) FROM products), (SELECT count(*) FROM channels)") == [(0, 0)]


@pytest.mark.skipif(
    not DATA.exists(),
    reason="a retailer's real history is not shipped: its licence is its own",
)
async def test_a_real_month_comes_in_whole(db: Database) -> None:
    report = await run(db, DATA)
    assert counts(report)[:6] == (42_481, 0, 0, 1_629, 396, 41_683)
    assert (report.lines_short, report.lines_returned) == (0, 798)
