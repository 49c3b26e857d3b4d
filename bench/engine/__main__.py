"""`python -m bench.engine`: measures, prints the tables, and writes them down when all rows were measured."""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Final

from app.kit.db import Database
from bench.engine.delivery import COUNTS, EVENTS, measure_delivery, profile_delivery
from bench.engine.ground import Ground, prepare
from bench.engine.measure import Row, contest
from bench.engine.sampler import report
from bench.engine.shop import Size
from bench.engine.steps import measure_steps, profile_steps
from bench.engine.table import OTHER_HEADS, delivery_table, http_table, steps_table
from bench.engine.usage import raise_file_limit
from bench.engine.workload import WORKLOADS
from bench.record import Table, record

ROWS: Final = (*WORKLOADS, "delivery", "steps")
NOTE: Final = """\
CPU is what the server process and the PostgreSQL backends of its connections use for one request, by the scheduler's
clock, with 16 connections and random keys; what the client uses is not counted. Raw is a bare ASGI handler on the same
uvicorn, uvloop and httptools with asyncpg and orjson, for the same bytes, which is checked before. Plain: one good
statement for each level, on the driver's pool. Tuned: the best of several forms that keep reference data in the
process, have PostgreSQL make one plan for all values, and lend connections without ceremony, as we do. Windows of
{seconds:g} s, {windows} for each, one contestant after the other; {pins}. Shop: {products:,} products, 3 variants each,
stock at 5 locations each, {wide:,} products with stock at 20; embedded PostgreSQL, durable. Own work is what both sides
do for a mutation: the look at the key, the action in its transaction, the reads after it, and the feed that hears it.
Bold is above the limit."""


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.engine", description=__doc__)
    parser.add_argument("--rows", default=",".join(ROWS), help=f"some of {', '.join(ROWS)}")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a window")
    parser.add_argument("--windows", type=int, default=7, help="windows of each contestant")
    parser.add_argument("--sockets", default=",".join(map(str, COUNTS)), help="numbers of sockets, rising")
    parser.add_argument("--products", type=int, default=Size.products, help="in the shop")
    parser.add_argument("--documents", type=int, default=400, help="that are seen for the first time")
    parser.add_argument("--store", action="store_true", help="write the tables down although rows are missing")
    parser.add_argument(
        "--profile", choices=ROWS, metavar="ROW", help="where our server spends the CPU time of one row"
    )
    parser.add_argument("--profile-raw", action="store_true", help="with --profile: the hand-written server instead")
    asked = parser.parse_args(given)
    asked.rows = asked.rows.split(",")
    if unknown := set(asked.rows) - set(ROWS):
        parser.error(f"There is no row {min(unknown)}.")
    return asked


async def main(given: Sequence[str], db: Database | None = None) -> None:
    """Run what was asked for. db: see `prepare`."""
    asked = _arguments(given)
    raise_file_limit()
    size = Size(asked.products, asked.products // 10, min(2_000, asked.products))
    async with prepare(size, db) as ground:
        if asked.profile is not None:
            await _profile(ground, asked)
            return
        tables = await _tables(ground, asked)
    note = NOTE.format(seconds=asked.seconds, windows=asked.windows, pins=ground.pins, **vars(size))
    is_whole = asked.store or (set(asked.rows) == set(ROWS) and asked.products == Size.products)
    command = " ".join(["python -m bench.engine", *given])
    record("The engine", command, *tables, note=" ".join(note.split("\n")), store=is_whole)


async def _tables(ground: Ground, asked: argparse.Namespace) -> list[Table]:
    tables: list[Table] = []
    workloads = [WORKLOADS[name] for name in asked.rows if name in WORKLOADS]
    if workloads:
        kinds = sorted({"raw", *(row.kind for row in workloads)})
        rows: list[Row] = []
        async with contest(ground, kinds) as servers:
            for row in workloads:
                rows.append(await servers.row(row, seconds=asked.seconds, windows=asked.windows))
                _tell(f"{row.name} done")
        tables.append(http_table(rows))
    others: list[Sequence[str]] = []
    if "delivery" in asked.rows:
        counts = tuple(int(count) for count in asked.sockets.split(","))
        others += delivery_table(await measure_delivery(ground, counts, EVENTS[: len(counts)]))
        _tell("delivery done")
    if "steps" in asked.rows:
        dsn = ground.dsn("ours")
        steps = await measure_steps(
            dsn, ground.file, ground.server_core, times=asked.documents * 5, documents=asked.documents
        )
        others += steps_table(steps)
    return [*tables, Table(others, OTHER_HEADS)] if others else tables


async def _profile(ground: Ground, asked: argparse.Namespace) -> None:
    """One row, sampled for as many seconds as there would be windows."""
    if asked.profile == "steps":
        print(await profile_steps(ground.dsn("ours"), ground.file, ground.server_core, times=asked.documents))
        return
    if asked.profile == "delivery":
        found, count = await profile_delivery(ground, int(asked.sockets.split(",")[0]), asked.windows * 20)
        print(report(found, count, what="deliveries"))
        return
    row = WORKLOADS[asked.profile]
    kind = "raw" if asked.profile_raw else row.kind
    path = ground.file.with_name("samples")
    async with contest(ground, [kind], profile=path) as servers:
        form = row.forms[0] if kind == "raw" else ""
        await servers.window(kind, row, form, asked.seconds)
        servers.servers[kind].begin_profile()
        windows = [await servers.window(kind, row, form, asked.seconds) for _ in range(asked.windows)]
        found = await servers.servers[kind].end_profile(path)
    print(f"{row.title}: {kind}, PostgreSQL {statistics.median(window.pg_us for window in windows):,.0f} µs")
    print(report(found, round(sum(window.per_second for window in windows) * asked.seconds)))


def _tell(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
