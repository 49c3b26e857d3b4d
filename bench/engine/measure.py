"""The rows over HTTP: the same questions to both servers, window by window, and what each of them cost."""

import itertools
import statistics
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson

from bench.engine.client import Client
from bench.engine.ground import Ground
from bench.engine.process import Running, server
from bench.engine.usage import read_usage
from bench.engine.workload import Workload

CHECKED: Final = 20


@dataclass(frozen=True, slots=True)
class Window:
    """Per request: µs of the server process and of its PostgreSQL backends, page faults; and requests per second."""

    app_us: float
    pg_us: float
    faults: float
    per_second: float

    @property
    def cpu_us(self) -> float:
        """Both together."""
        return self.app_us + self.pg_us


@dataclass
class Series:
    """The windows of one contestant."""

    name: str
    windows: list[Window] = field(default_factory=list)

    def median(self, of: Callable[[Window], float] = lambda window: window.cpu_us) -> float:
        """Of any figure of a window."""
        return statistics.median(map(of, self.windows))

    def minimum(self) -> float:
        """The least CPU, in µs."""
        return min(window.cpu_us for window in self.windows)

    def beyond(self, other: "Series") -> float:
        """The median of how much more CPU it took than another in the same round, in µs."""
        pairs = zip(self.windows, other.windows, strict=True)
        return statistics.median(window.cpu_us - base.cpu_us for window, base in pairs)


@dataclass
class Row:
    """One row of the table. raw: one series per hand-written form; own: the work that both sides do, alone;
    plain: the handler without anything tuned.
    """

    workload: Workload
    ours: Series
    raw: list[Series]
    own: Series | None = None
    plain: Series | None = None
    bytes: int = 0

    @property
    def best(self) -> Series:
        """The hand-written form that took the least."""
        return min(self.raw, key=Series.median)


@dataclass
class Contest:
    """The two servers and the clients of both. reference: a third one, for one of the rows."""

    ground: Ground
    servers: dict[str, Running]
    clients: dict[str, Client]
    seeds: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def check(self, row: Workload) -> int:
        """Compare the answers, byte by byte; the length of one. The second one to a mutation is its replay."""
        first = b""
        forms = (*row.forms, *((row.plain,) if row.plain else ()))
        for number, form in enumerate(forms * CHECKED):
            seed = next(self.seeds)
            ours = self._ask(row.kind, row, next(row.our_bodies(self.ground.shop, seed)))
            raw = self._ask("raw", row, next(row.raw_bodies(self.ground.shop, seed)), form)
            first, second = [await each for each in ((ours, raw) if number // len(forms) % 2 else (raw, ours))]
            if first != second or row.marker not in first:
                raise AssertionError(f"{row.kind} and raw/{form} differ in {row.name}: {difference(first, second)}")
        return len(first)

    async def _ask(self, kind: str, row: Workload, body: bytes, form: str = "") -> bytes:
        path = "/graphql" if kind != "raw" else f"/{row.path}/{form}"
        return await self.clients[kind].ask(path, row.headers, body)

    async def window(self, kind: str, row: Workload, form: str, seconds: float) -> Window:
        """One window. form: of the hand-written handler; `own` for the work alone."""
        running, client, seed = self.servers[kind], self.clients[kind], next(self.seeds)
        before = await read_usage(self.ground.monitor, running.pid, running.user)
        if form == "own":
            body = orjson.dumps({"row": row.name, "seconds": seconds, "seed": seed})
            count = orjson.loads(await client.ask(f"/{row.name}/own", row.headers, body))["count"]
        elif kind == "raw":
            bodies = row.raw_bodies(self.ground.shop, seed)
            count = await client.run(f"/{row.path}/{form}", row.headers, bodies, seconds, row.marker)
        else:
            bodies = row.our_bodies(self.ground.shop, seed)
            count = await client.run("/graphql", row.headers, bodies, seconds, row.marker)
        after = await read_usage(self.ground.monitor, running.pid, running.user)
        app_us, pg_us, faults = after.since(before)
        return Window(app_us / count, pg_us / count, faults / count, count / seconds)

    async def row(self, row: Workload, *, seconds: float, windows: int) -> Row:
        """All contestants in turn, as often as there are windows, after a short run that warms everything up."""
        size = await self.check(row)
        series = {(row.kind, ""): Series(row.kind), **{("raw", form): Series(form) for form in row.forms}}
        if row.is_action:
            series["raw", "own"] = Series("own work")
        if row.plain:
            series["raw", row.plain] = Series(row.plain)
        for kind, form in series:
            await self.window(kind, row, form, seconds / 2)
        # What is left of a mutation without its own work is small beside the noise of the whole: twice the windows.
        for _ in range(windows * 2 if row.is_action else windows):
            for (kind, form), each in series.items():
                each.windows.append(await self.window(kind, row, form, seconds))
        raw = [series["raw", form] for form in row.forms]
        return Row(row, series[row.kind, ""], raw, series.get(("raw", "own")), series.get(("raw", row.plain)), size)


def difference(first: bytes, second: bytes) -> str:
    """The place where two answers part."""
    pairs = enumerate(zip(first, second, strict=False))
    at = max(next((number for number, (one, other) in pairs if one != other), min(len(first), len(second))) - 40, 0)
    return "\n" + "\n".join(text[at : at + 200].decode(errors="replace") for text in (first, second))


@asynccontextmanager
async def contest(
    ground: Ground, kinds: Sequence[str], *, profile: Path | None = None
) -> AsyncGenerator[Contest, None]:
    """Start the servers and connect to them. profile: where ours writes its samples."""
    with ExitStack() as stack:
        servers = {
            kind: stack.enter_context(
                server(kind, ground.dsn(kind), ground.file, core=ground.server_core, profile=profile)
            )
            for kind in kinds
        }
        clients = {kind: await Client.open(running.port) for kind, running in servers.items()}
        try:
            yield Contest(ground, servers, clients)
        finally:
            for client in clients.values():
                client.close()
