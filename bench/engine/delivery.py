"""One change of stock, told to thousands of sockets: CPU and memory per socket, and when the last one has it."""

import asyncio
import contextlib
import statistics
import sys
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from app.inventory.actions.receive_stock import receive_stock
from app.inventory.model import StockLine
from app.kit.feed import CHANNEL as FEED_CHANNEL
from app.kit.ids import new_id
from bench.engine.ground import Ground
from bench.engine.process import Running, server
from bench.engine.usage import read_usage, resident_kib

DOCUMENT: Final = "subscription Live($skus: [String!]!) { stockChanged(skus: $skus) { available version } }"
COUNTS: Final = (1_000, 10_000)
EVENTS: Final = (20, 8)


@dataclass
class Delivery:
    """Figures of one number of sockets. Per event: CPU µs per delivery, page faults per delivery, seconds to the last.

    kib: memory per socket. open_us: CPU per socket to be opened and subscribed.
    """

    sockets: int
    kib: float
    open_us: float
    cpu_us: list[float] = field(default_factory=list)
    faults: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def median_us(self) -> float:
        """CPU per delivery."""
        return statistics.median(self.cpu_us)


class Listeners:
    """The process that holds the sockets."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @contextlib.asynccontextmanager
    async def start(cls, port: int, sku: str, core: int | None) -> AsyncGenerator["Listeners", None]:
        """Without a socket yet."""
        message = {"id": "1", "type": "subscribe", "payload": {"query": DOCUMENT, "variables": {"skus": [sku]}}}
        given = {"port": port, "core": core, "subscribe": orjson.dumps(message).decode()}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bench.engine.sockets", orjson.dumps(given).decode()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            yield cls(process)
        finally:
            process.kill()
            await process.wait()

    async def tell(self, **what: Any) -> dict[str, Any]:
        """One order, and its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(orjson.dumps(what) + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("The listeners broke off.")
        answer = orjson.loads(line)
        if answer.get("lost"):
            raise RuntimeError(f"Sockets were lost: {answer['lost']}")
        return answer


async def profile_delivery(ground: Ground, sockets: int, times: int) -> tuple[dict[str, Any], int]:
    """The samples of the server, and of how many deliveries."""
    (variant_id, location_id), (sku, _) = ground.shop.keys[0], ground.shop.levels[0]
    path = ground.file.with_name("samples")
    with server("ours", ground.dsn("ours"), ground.file, core=ground.server_core, profile=path) as running:
        async with Listeners.start(running.port, sku, ground.other_core) as listeners:
            await listeners.tell(open=sockets)
            running.begin_profile()
            for _ in range(times):
                await _change(ground, running, listeners, variant_id, location_id)
            return await running.end_profile(path), times * sockets


async def measure_delivery(ground: Ground, counts: tuple[int, ...], events: tuple[int, ...]) -> list[Delivery]:
    """One server; its sockets grow from one count to the next."""
    (variant_id, location_id), (sku, _) = ground.shop.keys[0], ground.shop.levels[0]
    found: list[Delivery] = []
    with server("ours", ground.dsn("ours"), ground.file, core=ground.server_core) as running:
        async with Listeners.start(running.port, sku, ground.other_core) as listeners:
            # What is imported, compiled and connected once does not belong to any socket.
            await listeners.tell(open=10)
            await _change(ground, running, listeners, variant_id, location_id)
            base, opened = resident_kib(running.pid), 10
            for count, times in zip(counts, events, strict=True):
                before = await read_usage(ground.monitor, running.pid, running.user)
                await listeners.tell(open=count - opened)
                after = await read_usage(ground.monitor, running.pid, running.user)
                app_us, pg_us, _ = after.since(before)
                kib = (resident_kib(running.pid) - base) / (count - 10)
                delivery = Delivery(count, kib, (app_us + pg_us) / (count - opened))
                opened = count
                for _ in range(times):
                    seconds, cpu_us, faults = await _change(ground, running, listeners, variant_id, location_id)
                    delivery.seconds.append(seconds)
                    delivery.cpu_us.append(cpu_us / count)
                    delivery.faults.append(faults / count)
                found.append(delivery)
    return found


async def _change(
    ground: Ground, running: Running, listeners: Listeners, variant_id: int, location_id: int
) -> tuple[float, float, int]:
    """Move one unit; (seconds from before the commit until the last socket has it, CPU µs, page faults)."""
    version = await ground.monitor.fetchval(
        "SELECT version FROM stock WHERE variant_id = $1 AND location_id = $2", variant_id, location_id
    )
    before = await read_usage(ground.monitor, running.pid, running.user)
    await listeners.tell(expect=version + 1)
    async with ground.db.write() as tx:
        lines = [StockLine(variant_id, location_id, 1)]
        await receive_stock(tx, lines, cause_kind="STAFF", cause_id=new_id(), actor="bench")
        # As any other process of the shop would: heard when this commits.
        await tx.connection.execute("SELECT pg_notify($1, 'bench')", FEED_CHANNEL)
        began = time.monotonic_ns()
    told = await listeners.tell(wait=True)
    if told["count"] != told["sockets"]:
        raise RuntimeError(f"Only {told['count']} of {told['sockets']} sockets were told.")
    after = await read_usage(ground.monitor, running.pid, running.user)
    app_us, pg_us, faults = after.since(before)
    return (told["last_ns"] - began) / 1e9, app_us + pg_us, faults
