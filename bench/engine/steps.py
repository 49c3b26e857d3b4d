"""Parts of a request alone, in one process without a network: until the first statement, and of an unknown document."""

import asyncio
import cProfile
import logging
import os
import pstats
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from app.api.schema import schema
from app.api.server import create_app
from app.engine.documents import DocumentStore
from app.engine.engine import Engine
from app.engine.generate import (
    completion,
    function_of,  # what happens at the first object of a class
)
from app.engine.plan import Abstract, PlannedField, Selection
from app.engine.request import Refused, Request
from app.kit.db import Database
from app.kit.startup import run
from app.kit.statement import Statement
from app.main import spare_the_collector
from bench.engine.documents import distinct_documents
from bench.engine.raw_writes import CONFIG
from bench.engine.shop import Shop
from bench.engine.usage import minor_faults
from bench.engine.workload import WORKLOADS

FIELDS: Final = 40
_WARM: Final = 200


@dataclass(frozen=True)
class Steps:
    """One entry per request or document, in µs; and page faults per request."""

    before_statement: list[float]
    before_statement_faults: float
    again_at_once: list[float]
    """The same with nothing in between: no statement runs, so the processor's caches stay warm."""
    first_seen: list[float]
    first_seen_faults: float


class BrokenOff(Exception):
    """Instead of the first statement."""


class UntilStatement:
    """Runs the list's document, which is known, and notes what lies between the ASGI call and its first statement.

    is_broken_off: whether requests end there.
    """

    is_broken_off = False

    def __init__(self, db: Database, shop: Shop) -> None:
        self.times: list[float] = []
        self.profiler: cProfile.Profile | None = None
        self._app = create_app(served=schema, db=db, config=CONFIG)
        self._row = WORKLOADS["list"]
        self._bodies = self._row.our_bodies(shop, 1)
        self._began: int | None = None
        db.observe = self._observe

    def _observe(self, _statement: Statement) -> None:
        if self._began is None:
            return
        if self.profiler is not None:
            self.profiler.disable()
        self.times.append((time.perf_counter_ns() - self._began) / 1_000)
        self._began = None
        if self.is_broken_off:
            raise BrokenOff

    async def run(self, times: int) -> None:
        """So many requests, one after the other."""
        for _ in range(times):
            scope, receive, send, answered = asgi_call(next(self._bodies), self._row.headers)
            self._began = time.perf_counter_ns()
            if self.profiler is not None:
                self.profiler.enable()
            await self._app(scope, receive, send)
            assert self.is_broken_off or self._row.marker in b"".join(answered)
            assert self._began is None


async def time_until_statement(db: Database, shop: Shop, times: int) -> tuple[list[float], float, list[float]]:
    """µs of each request until its first statement; page faults per request; µs where none of them runs."""
    requests = UntilStatement(db, shop)
    await requests.run(_WARM)
    requests.times.clear()
    faults = minor_faults(os.getpid())
    await requests.run(times)
    faults = minor_faults(os.getpid()) - faults
    found, requests.times = requests.times, []
    requests.is_broken_off = True
    logging.disable()  # each is an unexpected error
    await requests.run(times)
    return found, faults / times, requests.times[times // 10 :]


def asgi_call(body: bytes, headers: dict[str, str]) -> tuple[Any, Any, Any, list[bytes]]:
    """(scope, receive, send) as uvicorn makes them, and what will be answered."""
    answered: list[bytes] = []
    named = {"host": "127.0.0.1", **headers, "content-length": str(len(body))}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "method": "POST",
        "root_path": "",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        "state": {},
    }

    async def receive() -> Any:
        if answered:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            answered.append(message["body"])

    return scope, receive, send, answered


def time_first_seen(documents: Iterable[str], new_engine: Callable[[], Engine]) -> tuple[list[float], float]:
    """µs of CPU for documents that were never seen: parse, measure, validate, plan, generate; page faults."""
    engine = new_engine()
    found: list[float] = []
    faults = 0
    for number, document in enumerate(documents):
        if number == _WARM // 10:
            found.clear()
            faults = minor_faults(os.getpid())
        began = time.thread_time_ns()
        try:
            prepared = engine.prepare(Request(document))
        except Refused:  # lists inside lists: one that may cost too much is not run at all
            continue
        assert prepared.plan is not None
        for field in prepared.plan.root.fields:
            completion(field)
            _generate(field)
        found.append((time.thread_time_ns() - began) / 1_000)
    return found, (minor_faults(os.getpid()) - faults) / len(found)


def _generate(field: PlannedField) -> None:
    """The functions that the first objects of the answer bring about."""
    child = field.child
    if isinstance(child, Abstract):
        child = child.selection(min(child.possible))
    if isinstance(child, Selection):
        for is_many in (False, True):
            function_of(child, is_record=True, is_many=is_many)
        for below in child.fields:
            _generate(below)


def new_engine() -> Engine:
    """As in production: without introspection."""
    store = DocumentStore(schema._schema, introspection=False, kept=100_000)  # noqa: SLF001
    return Engine(schema, store=store, publish=lambda error, _code: error)


async def _measure(given: dict[str, Any]) -> dict[str, Any]:
    spare_the_collector()  # as a server does before it serves
    db = await Database.open(given["dsn"], read_connections=2, write_connections=2)
    try:
        before, before_faults, again = await time_until_statement(db, Shop.load(Path(given["shop"])), given["times"])
    finally:
        await db.close()
    texts = distinct_documents(schema._schema, FIELDS, given["documents"])  # noqa: SLF001
    first, first_faults = time_first_seen(texts, new_engine)
    return {
        "before_statement": before,
        "before_statement_faults": before_faults,
        "again_at_once": again,
        "first_seen": first,
        "first_seen_faults": first_faults,
    }


async def _profile(given: dict[str, Any]) -> dict[str, Any]:
    """Two tables of cProfile, which makes everything slower: their proportions tell."""
    spare_the_collector()
    times, profiler = given["times"], cProfile.Profile()
    db = await Database.open(given["dsn"], read_connections=2, write_connections=2)
    try:
        requests = UntilStatement(db, Shop.load(Path(given["shop"])))
        await requests.run(_WARM)
        requests.profiler = profiler
        await requests.run(times)
    finally:
        await db.close()
    tables = [_table(profiler, times, "until the first statement")]
    texts = distinct_documents(schema._schema, FIELDS, times)  # noqa: SLF001
    profiler = cProfile.Profile()
    profiler.enable()
    found, _ = time_first_seen(texts, new_engine)
    profiler.disable()
    return {"text": "\n\n".join([*tables, _table(profiler, len(found), "documents seen for the first time")])}


def _table(profiler: cProfile.Profile, times: int, title: str, top: int = 40) -> str:
    profiler.create_stats()
    stats: dict[Any, Any] = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    rows = sorted(((own, every, calls, where) for where, (_, calls, own, every, _) in stats.items()), reverse=True)
    lines = [
        f"{own / times * 1e6:9.1f} {every / times * 1e6:9.1f} {calls / times:7.1f}  {_place(where)}"
        for own, every, calls, where in rows[:top]
    ]
    return "\n".join([title, "   µs own  with all   calls", *lines])


def _place(where: tuple[str, int, str]) -> str:
    path, line, name = where
    return f"{'/'.join(Path(path).parts[-3:])}:{line} {name}" if line else name


async def _run(dsn: str, shop: Path, core: int | None, **what: Any) -> Any:
    """In a process of its own."""
    given = {"dsn": dsn, "shop": str(shop), "core": core, **what}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.engine.steps", orjson.dumps(given).decode(), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("The steps broke off.")
    return orjson.loads(output)


async def measure_steps(dsn: str, shop: Path, core: int | None, *, times: int, documents: int) -> Steps:
    """times: requests until their first statement."""
    return Steps(**await _run(dsn, shop, core, times=times, documents=documents))


async def profile_steps(dsn: str, shop: Path, core: int | None, *, times: int) -> str:
    """Where the time of both goes."""
    return (await _run(dsn, shop, core, times=times, profile=True))["text"]


if __name__ == "__main__":
    asked = orjson.loads(sys.argv[1])
    if asked["core"] is not None:
        os.sched_setaffinity(0, {asked["core"]})
    print(orjson.dumps(run(_profile(asked) if asked.get("profile") else _measure(asked))).decode())
