"""`python -m bench.inventory`: measures, prints the tables, and writes them down when all rows were measured."""

import argparse
import importlib
import os
import sys
import time
from collections.abc import Sequence

import uvloop

from app.main import spare_the_collector
from bench.inventory.registry import ROWS, Options, Tables
from bench.record import record

NOTE = """\
Everything is durable (fsync and synchronous_commit on), on an embedded PostgreSQL with clients and server on the same
cores. Contestants take turns in windows of {seconds:g} s, {rounds} rounds, of which the first warms up and is not
counted; medians over the rest, slowest and fastest in brackets. Each accepted request writes the same five things:
request, hold, ledger, outbox, counter. After each cell the audit (counters against ledger, holds and requests) has to
be empty. Bold misses its target. Load of the machine before it: {load:.1f}."""


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.inventory", description=__doc__)
    parser.add_argument("--rows", default=",".join(ROWS), help="some of " + ", ".join(ROWS))
    parser.add_argument("--seconds", type=float, default=Options.seconds, help="of one window")
    parser.add_argument("--rounds", type=int, default=Options.rounds)
    parser.add_argument("--clients", type=int, default=Options.clients)
    parser.add_argument("--skus", type=int, default=Options.skus)
    parser.add_argument("--store", action="store_true", help="write the tables down although rows are missing")
    asked = parser.parse_args(given)
    asked.rows = asked.rows.split(",")
    if unknown := set(asked.rows) - set(ROWS):
        parser.error(f"There is no row {min(unknown)}.")
    return asked


async def main(given: Sequence[str]) -> None:
    """Run what was asked for."""
    asked = arguments(given)
    options = Options(asked.seconds, asked.rounds, asked.clients, asked.skus)
    load = os.getloadavg()[0]
    tables: Tables = []
    for row in asked.rows:
        tables += await importlib.import_module(ROWS[row]).measure(row, options)
        print(f"{time.strftime('%H:%M:%S')} {row} done", file=sys.stderr, flush=True)
    note = " ".join(NOTE.format(seconds=options.seconds, rounds=options.rounds, load=load).split("\n"))
    is_whole = asked.store or (asked.rows == list(ROWS) and options == Options())
    record("The inventory", " ".join(["python -m bench.inventory", *given]), *tables, note=note, store=is_whole)


if __name__ == "__main__":
    spare_the_collector()  # as a server does before it serves
    uvloop.run(main(sys.argv[1:]))
