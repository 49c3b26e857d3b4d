"""Whoever comes back with a cursor misses nothing and gets nothing twice, whatever happened meanwhile."""

import asyncio
import random
from typing import Any

import pytest

from app.kit.db import Database
from tests.inventory.builders import put_stock
from tests.inventory.listeners import Listener, Server, running_server
from tests.inventory.shop import READER, Shop, open_shop
from tests.kit.feed_tools import until

SKUS = ("SHIRT", "MUG", "HAT")
CODES = ("shibuya", "umeda", "depot", "elsewhere")


async def levels(db: Database, shop: Shop) -> dict[tuple[str, str], tuple[int, int]]:
    """(available, version) by SKU and location."""
    skus = {key: sku for sku, key in shop.variants.items()}
    codes = {key: code for code, key in shop.places.items()}
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT * FROM stock")
    return {
        (skus[row["variant_id"]], codes[row["location_id"]]): (row["on_hand"], row["version"])
        for row in rows
        if row["location_id"] in codes
    }


class Crowd:
    """Writers and clients who do at random what writers and clients do."""

    def __init__(self, db: Database, shop: Shop, seed: int) -> None:
        self.db = db
        self.shop = shop
        self.chance = random.Random(seed)
        self.is_over = False

    async def _pause(self, tx: Any) -> None:
        for _ in range(self.chance.choice((0, 0, 1, 3, 8))):
            await tx.connection.fetchval("SELECT 1")

    async def write(self, rounds: int) -> None:
        """Transactions that begin early, move some units in the order of the keys, and commit at last or not at all."""
        for _ in range(rounds):
            keys = [(sku, code) for sku in SKUS for code in CODES if self.chance.random() < 0.2]
            if self.chance.random() < 0.3:
                keys = sorted(keys * 2)
            async with self.db.write() as tx:
                await tx.connection.fetchval("SELECT pg_current_xact_id()")
                await self._pause(tx)
                work = tx.connection.transaction()
                await work.start()
                for sku, code in sorted(keys, key=lambda key: (self.shop.variants[key[0]], self.shop.places[key[1]])):
                    await put_stock(tx, self.shop.variants[sku], self.shop.places[code], 1)
                    await self._pause(tx)
                await (work.commit() if self.chance.random() < 0.8 else work.rollback())

    async def hold_up(self) -> None:
        """Hold the feed's horizon back for a while, again and again."""
        while not self.is_over:
            async with self.db.write() as tx:
                await tx.connection.fetchval("SELECT pg_current_xact_id()")
                for _ in range(self.chance.choice((0, 5, 60))):
                    await tx.connection.fetchval("SELECT 1")

    async def listen(self, servers: list[Server], listener: Listener) -> None:
        """Connect, read a bit, lose the connection, now to one process, now to the other."""
        while not self.is_over:
            if not listener.is_connected:
                await listener.connect(self.chance.choice(servers))
            for _ in range(self.chance.choice((0, 1, 5, 20))):
                async with self.db.read() as tx:
                    await tx.connection.fetchval("SELECT 1")
                listener.read(self.chance.choice((0, 1, 1, 2, 1_000)))
            if self.chance.random() < 0.7:
                listener.disconnect()
        if not listener.is_connected:
            await listener.connect(self.chance.choice(servers))


@pytest.mark.parametrize("seed", range(4))
async def test_reconnecting_at_random_while_transactions_commit_out_of_order(db: Database, seed: int) -> None:
    shop = await open_shop(db, *SKUS)
    crowd = Crowd(db, shop, seed)
    async with running_server(db) as one, running_server(db) as other:
        servers = [one, other]
        streams: list[dict[str, Any]] = [
            {"skus": list(SKUS)},
            {"skus": list(SKUS)},
            {"skus": list(SKUS), "maxRate": 100},
            {"skus": ["MUG"], "locationIds": [shop.place(code) for code in CODES[1:]]},
            {"skus": ["MUG"]},
        ]
        listeners = [Listener(READER, **stream) for stream in streams for _ in servers]
        tasks = [asyncio.create_task(crowd.listen(servers, listener)) for listener in listeners]
        holding = asyncio.create_task(crowd.hold_up())
        await asyncio.gather(*(crowd.write(12) for _ in range(5)))
        crowd.is_over = True
        await asyncio.gather(holding, *tasks)
        expected = await levels(db, shop)

        def wanted(listener: Listener) -> dict[Any, int]:
            codes = CODES[1:] if "locationIds" in listener.variables else CODES
            found = {
                key: version
                for key, (_, version) in expected.items()
                if key[0] in listener.variables["skus"] and key[1] in codes
            }
            if "locationIds" in listener.variables:
                found = {("MUG", code): 0 for code in codes} | found
            return found

        async def is_complete() -> bool:
            for listener in listeners:
                listener.read()
            return all(listener.versions == wanted(listener) for listener in listeners)

        await until(is_complete)
        for listener in listeners:
            assert listener.ends == []
            for key, available in listener.available.items():
                assert available == expected.get(key, (0, 0))[0]
            listener.disconnect()
            listener.received.clear()
        # All has been told: who comes back now is told nothing.
        for listener in listeners:
            await listener.connect(crowd.chance.choice(servers))
        for server in servers:
            await server.idle()
        assert [listener.take() for listener in listeners] == [[]] * len(listeners)
        for listener in listeners:
            listener.disconnect()
