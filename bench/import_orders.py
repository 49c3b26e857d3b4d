"""How fast an order history comes in: `python -m bench.import_orders FILE`."""

import asyncio
import sys
from pathlib import Path

from app.integrations.actions.import_orders import import_orders
from app.integrations.model import ORDER_LAYOUTS
from app.kit.clock import utc_now
from bench.fresh_database import fresh_database
from bench.record import Table, record


async def main(path: Path) -> None:
    """Import once into an empty database, a second time over it, and record what happened."""
    async with fresh_database() as db:
        options = {"layout": ORDER_LAYOUTS["online-retail"], "channel": "history", "stock": None}
        first = await import_orders(db, path, now=utc_now(), **options)
        again = await import_orders(db, path, now=utc_now(), **options)
    assert (first.oversold, again.oversold) == (0, 0)
    assert first.rows_read == first.rows_imported + first.rows_refused
    assert again.rows_already == again.rows_imported == first.rows_imported
    table = [
        ("rows read", f"{first.rows_read:,}"),
        ("rows imported", f"{first.rows_imported:,}"),
        ("rows refused", f"{first.rows_refused:,}"),
        ("orders / returns", f"{first.orders:,} / {first.returns:,}"),
        ("lines allocated", f"{first.lines_allocated:,}"),
        ("of these split over locations", f"{first.lines_split:,}"),
        ("lines short", f"{first.lines_short:,}"),
        ("lines returned", f"{first.lines_returned:,}"),
        ("oversold", f"{first.oversold}"),
        ("seconds", f"{first.seconds:.1f}"),
        ("rows per second", f"{first.rows_per_second:,}"),
        ("second run over the same file: rows already there", f"{again.rows_already:,}"),
        ("second run: seconds", f"{again.seconds:.1f}"),
    ]
    record(
        "Import of an order history",
        "python -m bench.import_orders FILE",
        Table(table),
        note=f"{path.name}: a month of a retailer's order lines, into an empty database with fsync on, stock `auto`. "
        "Each order is held, shipped and recorded by the actions of live orders; every unit is in the ledger.",
    )


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
