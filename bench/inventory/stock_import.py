"""Rows a second of `hikiate import stock` where every row changes: `python -m bench.inventory --rows import`."""

import os
import tempfile
from pathlib import Path

import psutil

from app.integrations.actions.import_stock_file import StockFile, import_stock_file
from app.integrations.model import StockLayout
from app.inventory.invariants import INVARIANTS
from app.kit.clock import utc_now
from bench.fresh_database import fresh_database
from bench.inventory.registry import Options
from bench.record import Table

VARIANTS, LOCATIONS, FILES, TARGET = 15_000, 20, 4, 100_000
_GROUND = f"""
    INSERT INTO products (slug, names, tax_class, sort_name_ja, sort_name_en, search_text, search_grams)
    VALUES ('p', '{{}}', 'STANDARD_10', 'p', 'p', 'p', '{{}}');
    INSERT INTO variants (product_id, sku, names) SELECT p.id, 'SKU-' || lpad(n::text, 7, '0'), '{{}}'
      FROM products p, generate_series(1, {VARIANTS}) n ORDER BY n;
    INSERT INTO locations (code, kind, names, holds_stock, ships_orders, hands_over)
    SELECT 'STORE-' || n, 'STORE', '{{}}', true, true, true FROM generate_series(1, {LOCATIONS}) n ORDER BY n;
"""  # noqa: S608  # the numbers above


def write_file(path: Path, quantity: int) -> None:
    """One row for each variant and location, in their order."""
    with path.open("w") as file:
        file.write("sku,location,quantity\n")
        for variant in range(1, VARIANTS + 1):
            file.writelines(f"SKU-{variant:07d},STORE-{place},{quantity}\n" for place in range(1, LOCATIONS + 1))


def cpu_seconds() -> float:
    """Of all processes of this machine."""
    times = psutil.cpu_times()
    return times.user + times.system


async def measure(_row: str, _options: Options) -> list[Table]:
    """The first file makes all rows of stock, the others change each of them."""
    rows: list[list[str]] = []
    async with fresh_database() as db:
        async with db.write() as tx:
            await tx.connection.execute(_GROUND)
        with tempfile.TemporaryDirectory() as folder:
            for turn in range(FILES):
                path = Path(folder) / f"{turn}.csv"
                write_file(path, 50 + turn)
                await db.refresh_statistics()
                before = cpu_seconds()
                report = await import_stock_file(
                    db, StockFile(path, path.name, StockLayout()), now=utc_now(), refused=Path(folder) / "refused.csv"
                )
                busy = (cpu_seconds() - before) / report.seconds
                assert report.changed == VARIANTS * LOCATIONS, report
                what = "rows of stock are made" if turn == 0 else "every row changes"
                rows.append([what, f"{report.rows_per_second:,}", f"{TARGET:,}", f"{busy:.1f} of {os.cpu_count()}"])
        for claim, query in INVARIANTS.items():
            async with db.read() as tx:
                assert not await tx.connection.fetch(query), claim
    return [Table(rows, ("stock file, absolute", "rows/s", "at least", "cores busy on this machine"))]
