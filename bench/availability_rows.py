"""Whether one row per variant with an array by location would pay: `python -m bench.availability_rows`."""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from itertools import cycle
from typing import Any

import asyncpg
import psutil

from bench.fresh_database import fresh_database
from bench.record import Table, record

VARIANTS, LOCATIONS, WANTED, LISTED = 15_000, 20, 72, 5
ROUNDS, READS, WRITERS, WRITES = 5, 200, 16, 150

# The numbers are those above.
_TABLES = f"""
    CREATE TABLE by_location (variant_id bigint, location_id int, free int, PRIMARY KEY (variant_id, location_id))
      WITH (fillfactor = 80);
    CREATE TABLE by_variant (variant_id bigint PRIMARY KEY, free int[]) WITH (fillfactor = 80);
    INSERT INTO by_location SELECT v, l, (v * 7 + l * 13) % 40
      FROM generate_series(1, {VARIANTS}) v, generate_series(1, {LOCATIONS}) l;
    INSERT INTO by_variant SELECT variant_id, array_agg(free ORDER BY location_id) FROM by_location GROUP BY 1;
    VACUUM ANALYZE by_location; VACUUM ANALYZE by_variant
"""  # noqa: S608
_ROWS = "SELECT variant_id, location_id, free FROM by_location WHERE variant_id = ANY($1::bigint[]) AND free > 0"
_ARRAYS = "SELECT variant_id, free FROM by_variant WHERE variant_id = ANY($1::bigint[])"
_MOVE = "UPDATE by_location SET free = free - 1 WHERE variant_id = $1 AND location_id = $2"
_MOVE_BOTH = "UPDATE by_variant SET free[$2] = free[$2] - 1 WHERE variant_id = $1"


def best_of_rows(rows: list[Any]) -> dict[int, list[tuple[int, int]]]:
    """Variant to its locations with most units."""
    found: dict[int, list[tuple[int, int]]] = {}
    for variant_id, location_id, free in rows:
        found.setdefault(variant_id, []).append((-free, location_id))
    return {key: sorted(levels)[:LISTED] for key, levels in found.items()}


def best_of_arrays(rows: list[Any]) -> dict[int, list[tuple[int, int]]]:
    """The same from arrays."""
    return {
        variant_id: sorted((-units, place) for place, units in enumerate(free, 1) if units > 0)[:LISTED]
        for variant_id, free in rows
    }


class Meter:
    """CPU of this process and of PostgreSQL's, in seconds."""

    def __init__(self, pids: list[int]) -> None:
        self._processes = [psutil.Process(pid) for pid in (os.getpid(), *pids)]

    def read(self) -> float:
        """So far."""
        return sum(sum(process.cpu_times()[:2]) for process in self._processes)


async def measure(meter: Meter, times: int, work: Callable[[], Awaitable[Any]]) -> float:
    """CPU microseconds of one call, the least of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = meter.read()
        for _ in range(times):
            await work()
        best = min(best, (meter.read() - start) / times * 1e6)
    return best


async def rush(pool: asyncpg.Pool, statements: list[str]) -> float:
    """Changes a second when many sell one variant, each from a store of its own."""

    async def sell(location_id: int) -> None:
        async with pool.acquire() as connection:
            for _ in range(WRITES):
                async with connection.transaction():
                    for statement in statements:
                        await connection.execute(statement, 1, location_id)

    start = time.perf_counter()
    await asyncio.gather(*(sell(1 + number) for number in range(WRITERS)))
    return WRITERS * WRITES / (time.perf_counter() - start)


async def main() -> None:
    """Reads of a page of products, and writes at 16 stores at once, both ways in turns."""
    async with fresh_database() as db, asyncpg.create_pool(db.dsn, min_size=WRITERS, max_size=WRITERS) as pool:
        for statement in _TABLES.split(";"):
            await pool.execute(statement)
        async with pool.acquire() as connection:
            meter = Meter([await connection.fetchval("SELECT pg_backend_pid()")])
            keys = [random.sample(range(1, VARIANTS), WANTED) for _ in range(READS)]
            one, pages = keys[0], cycle(keys)
            rows, arrays = await connection.fetch(_ROWS, one), await connection.fetch(_ARRAYS, one)
            assert best_of_rows(rows) == {key: levels for key, levels in best_of_arrays(arrays).items() if levels}

            async def read_rows() -> None:
                best_of_rows(await connection.fetch(_ROWS, next(pages)))

            async def read_arrays() -> None:
                best_of_arrays(await connection.fetch(_ARRAYS, next(pages)))

            by_row = await measure(meter, READS, read_rows)
            by_array = await measure(meter, READS, read_arrays)
        apart, together = 0.0, 0.0
        for _ in range(3):
            apart = max(apart, await rush(pool, [_MOVE]))
            together = max(together, await rush(pool, [_MOVE, _MOVE_BOTH]))
    record(
        "One row of availability per variant",
        "python -m bench.availability_rows",
        Table(
            [
                (f"reading {WANTED} variants at {LOCATIONS} locations, rows: CPU µs", f"{by_row:.0f}"),
                ("the same from one array per variant: CPU µs", f"{by_array:.0f}"),
                ("arrays ÷ rows", f"{by_array / by_row:.2f}"),
                (f"{WRITERS} stores sell one variant at once, rows: changes/s", f"{apart:,.0f}"),
                ("the same, with the array kept in the same transaction: changes/s", f"{together:,.0f}"),
                ("arrays ÷ rows", f"{together / apart:.2f}"),
            ]
        ),
        note="Server and PostgreSQL together; fsync and synchronous_commit on. Not kept: see docs/decisions/0011.",
    )


if __name__ == "__main__":
    asyncio.run(main())
