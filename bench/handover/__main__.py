"""`python -m bench.handover`: measures, prints the table, and writes it down."""

import argparse
import os
import re
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import asyncpg
import uvloop

from app.fulfillment.jobs import expire_pickups, remind_buyers
from app.fulfillment.sql.pickups import pickup_page
from app.kit.clock import utc_now
from app.kit.db import Database
from bench.engine.process import server
from bench.engine.usage import read_usage
from bench.fresh_database import fresh_database
from bench.handover.ground import Ground, make_ground, put_under_way, put_waiting
from bench.handover.lockers import BUYERS, reserve_compartments
from bench.handover.reporting import Points
from bench.record import Table, record

CLIENTS: Final = 64
PAGE: Final = 51
USER: Final = f"bench_points_{os.getpid()}"
SLICES: Final = ("fulfillment", "inventory", "orders", "payments")
_RAW: Final = """
    SELECT id, number, order_id, status, location_id, hold_until, created_at FROM pickups
     WHERE partner_id = $1 AND status = 'IN_TRANSIT_TO_POINT' ORDER BY id LIMIT 51
"""
Row = tuple[str, str, str]


async def main(given: list[str]) -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(prog="python -m bench.handover", description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000, help="open jobs of the company")
    parser.add_argument("--pickups", type=int, default=100_000, help="of the sweeps")
    parser.add_argument("--seconds", type=float, default=10.0, help="of reporting")
    parser.add_argument("--buyers", type=int, default=BUYERS, help="who reserve compartments")
    parser.add_argument("--store", action="store_true", help="write the table down although sizes were given")
    asked = parser.parse_args(given)
    load = os.getloadavg()[0]
    rows = await measure(asked.jobs, asked.pickups, asked.seconds, asked.buyers)
    note = (
        "Everything is durable, on an embedded PostgreSQL with clients and server on the same cores. Bold misses its "
        f"target. Load of the machine before it: {load:.1f}."
    )
    title, command = "The hand-over", " ".join(["python -m bench.handover", *given])
    record(title, command, Table(rows, ("what", "target", "measured")), note=note, store=asked.store or not given)


async def measure(jobs: int, pickups: int, seconds: float, buyers: int) -> list[Row]:
    """All rows of the table; raises when an invariant does not hold at the end."""
    async with fresh_database() as db:
        now = utc_now()
        ground = await make_ground(db, now - timedelta(hours=2))
        numbers = await put_under_way(db, ground, jobs, now - timedelta(hours=1))
        await db.refresh_statistics()
        rows = [await _queue(db, ground)]
        rows += await _reports(db, ground, numbers, now - timedelta(hours=1), seconds)
        rows.append(await _lockers(db, now, buyers))
        rows += await _sweeps(db, ground, pickups, now)
        print(*rows, sep="\n", file=sys.stderr)
        await _check(db)
    return rows


async def _queue(db: Database, ground: Ground) -> Row:
    """The statement of the first page beside a bare read of an index."""
    values: dict[str, Any] = {"partner_id": ground.partner_id, "status": "IN_TRANSIT_TO_POINT"}
    page = pickup_page(frozenset(values))
    times: dict[str, list[float]] = {"ours": [], "raw": []}
    async with db.read() as tx:
        for _ in range(300):
            for name, taken in times.items():
                start = time.perf_counter()
                found = await (
                    tx.fetch(page, limit=PAGE, **values)
                    if name == "ours"
                    else tx.connection.fetch(_RAW, ground.partner_id)
                )
                taken.append(time.perf_counter() - start)
                assert len(found) == PAGE
    ours, raw = (statistics.median(times[name]) for name in ("ours", "raw"))
    return _row("first page of a company's open jobs ÷ bare read", "2", ours / raw, 2, f"{ours / raw:.2f}", most=True)


async def _reports(db: Database, ground: Ground, numbers: list[str], began: datetime, seconds: float) -> list[Row]:
    monitor = await asyncpg.connect(db.dsn)
    await monitor.execute(f"CREATE ROLE {USER} SUPERUSER LOGIN")
    try:
        dsn = re.sub(r"//[^/]*@", f"//{USER}@", db.dsn)
        with server("ours", dsn, Path("none"), core=None) as running:
            points = Points(running.port, ground.key, numbers, began)
            await points.report(CLIENTS, seconds / 5)
            points.times.clear()
            before = await read_usage(monitor, running.pid, USER)
            took = await points.report(CLIENTS, seconds)
            after = await read_usage(monitor, running.pid, USER)
        app_us, pg_us, _ = after.since(before)
    finally:
        await monitor.execute(f"DROP ROLE {USER}")
        await monitor.close()
    assert set(points.effects) == {"APPLIED"}, points.effects
    count = len(points.times)
    rate, cpu = count / took, (app_us + pg_us) / count / 1_000
    return [
        _row(f"reports by {CLIENTS} clients", "1,000/s", rate, 1_000, f"{rate:,.0f}/s, {_tail(points.times)}"),
        _row(
            "CPU of a report: server and PostgreSQL", "1.2 ms", cpu, 1.2,
            f"{cpu:.2f} ms ({app_us / count / 1e3:.2f} and {pg_us / count / 1e3:.2f})", most=True,
        ),
    ]  # fmt: skip


async def _lockers(db: Database, now: datetime, buyers: int) -> Row:
    reserved = await reserve_compartments(db, now, CLIENTS, buyers)
    rate = reserved.taken / reserved.took
    what = f"compartments of one station by {CLIENTS} buyers, never two in one"
    return _row(what, "500/s", rate, 500, f"{rate:,.0f}/s, {_tail(reserved.times)}")


async def _sweeps(db: Database, ground: Ground, pickups: int, now: datetime) -> list[Row]:
    await put_waiting(db, ground, pickups, now, now - timedelta(days=6, hours=1))
    await db.refresh_statistics()
    later = now + timedelta(days=3)
    return [
        await _sweep("reminders", remind_buyers, db, now, pickups),
        await _sweep("expiries, with stock, orders and payments", expire_pickups, db, later, pickups),
    ]


async def _sweep(name: str, job: Callable[..., Awaitable[int]], db: Database, now: datetime, pickups: int) -> Row:
    start = time.perf_counter()
    swept = await job(db, now=now)
    rate = swept / (time.perf_counter() - start)
    assert swept == pickups, swept
    return _row(f"{name}, {pickups:,} pickups", "5,000/s", rate, 5_000, f"{rate:,.0f}/s")


def _tail(taken: Sequence[float]) -> str:
    """Of single answers, in seconds."""
    times, count = sorted(taken), len(taken)
    return f"half in {times[count // 2] * 1e3:.0f} ms, 99 of 100 in {times[count * 99 // 100] * 1e3:.0f} ms"


def _row(what: str, target: str, measured: float, limit: float, text: str, *, most: bool = False) -> Row:
    met = measured <= limit if most else measured >= limit
    return (what, f"{'≤' if most else '≥'} {target}", text if met else f"**{text}**")


async def _check(db: Database) -> None:
    async with db.read() as tx:
        for part in SLICES:
            for claim, query in import_module(f"app.{part}.invariants").INVARIANTS.items():
                if claim.startswith("finished fulfillments ask for no more work"):
                    continue  # nobody planned any here
                broken = await tx.connection.fetch(query)
                assert broken == [], (claim, broken[:3])


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1:]))
