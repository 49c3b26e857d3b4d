"""One run: a server and a shop of its own, everything at once, and what came of it."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from app.inventory.jobs import sweep_reservations
from app.kit.clock import utc_now
from app.kit.db import Database, is_database
from app.kit.embedded import create_database, start_embedded, stop_embedded
from app.kit.migrations import migrate
from tests.chaos.buyers import Buyers, Store
from tests.chaos.checker import Findings, check
from tests.chaos.cutter import Cutter
from tests.chaos.faults import Clients, Faults, crash_server, terminate_backends
from tests.chaos.feed import Reader, SlowWriter, read_all, read_some
from tests.chaos.journal import ENOUGH, Journal, Progress, read_journals
from tests.scenarios.shop import Shop, make_shop

WRITERS: Final = 16
_SWEEPERS: Final = 2
_STOCK: Final = 400
# Of so many variants units get lost, and promises with them; checkouts are about the others.
_FRAGILE: Final = 3


@dataclass(frozen=True)
class Plan:
    """How much of everything. share_cut: of the commits, so many lose their connection."""

    requests: int
    carts: int
    clients: int = 3
    callers: int = 40
    buyers: int = 8
    variants: int = 12
    share_cut: float = 0.005
    writer_pause: float = 0.3
    client_kills: int = 12
    backend_kills: int = 20
    server_crashes: int = 2
    store_kills: int = 3
    seed: int = 1


class Run:
    """What a run is made of."""

    def __init__(self, plan: Plan, folder: Path, db: Database, shop: Shop, skus: list[str]) -> None:
        self.plan, self.folder, self.db, self.shop, self.skus = plan, folder, db, shop, skus
        self.chance = random.Random(plan.seed)
        self.cutter = Cutter(db.dsn, share=plan.share_cut, chance=self.chance)
        self.store = Store(db.dsn, folder)
        self.readers = [Reader(db, read_all), Reader(db, read_some)]
        self._stop, self._stop_reading = asyncio.Event(), asyncio.Event()
        self.journals = [folder / f"client-{number}.journal" for number in range(plan.clients)]
        self.buyers_journal = folder / "buyers.journal"

    async def go(self) -> Findings:
        """Begin, let break, end, check."""
        await self.cutter.open()
        await self.store.open()
        clients = Clients([self._words(number) for number in range(self.plan.clients)], self.folder)
        clients.start()
        acts = {
            "client processes killed": lambda: asyncio.to_thread(clients.kill_one, self.chance),
            "rounds of ended backends": lambda: terminate_backends(self.db.dsn),
            "database servers killed": lambda: crash_server(self.folder / "data"),
            "web servers killed": self.store.kill,
        }
        plan = self.plan
        times = (plan.client_kills, plan.backend_kills, plan.server_crashes, plan.store_kills)
        faults = Faults(dict(zip(acts, times, strict=True)), acts)
        try:
            async with asyncio.TaskGroup() as tasks:
                readers = [tasks.create_task(reader.run(self._stop_reading)) for reader in self.readers]
                others = [tasks.create_task(work) for work in self._others()]
                await self._until_done(clients, faults, [tasks.create_task(work) for work in self._buying()])
                self._stop.set()
                await asyncio.gather(*others)
                self._stop_reading.set()
                await asyncio.gather(*readers)
        finally:
            clients.stop()
            await self.store.close()
            await self.cutter.remove()
        record = read_journals([*self.journals, self.buyers_journal])
        findings = await check(self.db, record, [reader.heard for reader in self.readers])
        troubles = {f"errors waited out, {name}": count for name, count in Counter(record.trouble).most_common()}
        cuts = {f"connections cut {place} a commit": count for place, count in self.cutter.cuts.items()}
        log = (self.folder / "data" / "cluster" / "log").read_text(errors="replace")
        findings.figures |= {**faults.done, **cuts, **troubles, "deadlocks in the server's log": log.count("deadlock")}
        return findings

    def _words(self, number: int) -> list[str]:
        plan = self.plan
        words = {"dsn": self.cutter.dsn, "folder": self.folder, "number": number, "callers": plan.callers}
        words |= {"seed": plan.seed, "requests": plan.requests // plan.clients}
        return [str(word) for name, value in words.items() for word in (f"--{name}", value)]

    def _buying(self) -> list[Any]:
        enough, carts = self.folder / ENOUGH, self.plan.carts
        journal = Journal(self.buyers_journal)
        buyers = Buyers(self.store, journal, self.skus, self.chance, carts=carts, enough=enough)
        return [buyers.run() for _ in range(self.plan.buyers)]

    def _others(self) -> list[Any]:
        pause = self.plan.writer_pause
        writers = [SlowWriter(self.db, f"writer {number}", self.chance, pause=pause) for number in range(WRITERS)]
        return [*(writer.run(self._stop) for writer in writers), *(self._sweep() for _ in range(_SWEEPERS))]

    async def _sweep(self) -> None:
        """As workers do, by clocks that disagree."""
        while not self._stop.is_set():
            now = utc_now() + timedelta(seconds=self.chance.choice([0, 0, 0, -600, 2, 1_000]))
            try:
                await sweep_reservations(self.db, now=now)
            except Exception as error:
                if not is_database(error):
                    raise
            await asyncio.sleep(self.chance.uniform(0.05, 0.4))

    async def _until_done(self, clients: Clients, faults: Faults, buying: list[asyncio.Task[None]]) -> None:
        progress = Progress(self.journals)
        while not (clients.are_done() and all(task.done() for task in buying)):
            await faults.happen(await asyncio.to_thread(progress.told) / self.plan.requests)
            if faults.are_over:
                (self.folder / ENOUGH).touch()
            await asyncio.sleep(0.1)


async def run(plan: Plan, folder: Path) -> Findings:
    """A run in a folder of its own, where journals and logs stay."""
    data_dir = folder / "data"
    try:
        dsn = await create_database(start_embedded(data_dir), "chaos")
        await migrate(dsn)
        async with _database(dsn) as db:
            shop = await make_shop(db)
            codes = [code for code in shop.places if not code.startswith(("HOSHI", "HAKO"))]
            skus = [await shop.goods(**dict.fromkeys(codes, _STOCK)) for _ in range(plan.variants)]
            async with db.read() as tx:
                rows = await tx.connection.fetch("SELECT id FROM variants ORDER BY id")
            ids = [row["id"] for row in rows]
            shelves = {
                "variants": ids[:-_FRAGILE],
                "fragile": ids[-_FRAGILE:],
                "places": [shop.places[code] for code in codes],
            }
            (folder / "shelves.json").write_bytes(orjson.dumps(shelves))
            return await Run(plan, folder, db, shop, skus[:-_FRAGILE]).go()
    finally:
        stop_embedded(data_dir)


@contextlib.asynccontextmanager
async def _database(dsn: str) -> AsyncGenerator[Database, None]:
    db = await Database.open(dsn, read_connections=4, write_connections=WRITERS + _SWEEPERS + 2)
    try:
        yield db
    finally:
        await db.close()
