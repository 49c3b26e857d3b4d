"""The live stream of a partner's jobs where cursors, connections and the feed fail."""

import asyncio
import random
from contextlib import AsyncExitStack
from unittest.mock import AsyncMock

import pytest

from app.fulfillment.model.reports import ReportKind
from app.kit import feed
from app.kit.db import Database
from app.kit.graphql import state_live
from app.kit.permissions import Actor, ActorKind
from tests.conftest import AS_OWNER
from tests.fulfillment.builders import (
    konbini_pickup,
    one_more_planned,
    planned_order,
    store_pickup,
)
from tests.fulfillment.views import pickup_of, report, ship_all
from tests.fulfillment.watchers import Watcher, cancel, jobs_key, numbers
from tests.inventory.listeners import Server, running_server
from tests.kit.feed_tools import until


@pytest.mark.parametrize("lost", ["pruned", "too_much", "another_caller"])
async def test_a_cursor_that_leads_nowhere_begins_anew(
    db: Database, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    shop, first = await planned_order(db, konbini_pickup)
    [one] = await numbers(db, first)
    staff = Actor(kind=ActorKind.STAFF, reference="key:s", scopes=frozenset({"fulfillment:read"}))
    async with running_server(db) as server:
        watcher = Watcher(jobs_key(shop.partner))
        await watcher.connect(server)
        await watcher.told(server, 1)
        watcher.disconnect()
        await ship_all(db, first)
        if lost == "pruned":
            async with db.write() as tx:
                await tx.connection.execute(
                    f"{AS_OWNER}; INSERT INTO feed_floor (xid, id)"
                    " SELECT xid, id FROM outbox ORDER BY xid DESC, id DESC LIMIT 1"
                )
        elif lost == "too_much":
            monkeypatch.setattr(state_live, "MAX_FACTS", 1)
        else:
            cursor, watcher = watcher.cursor, Watcher(staff)
            watcher.cursor = cursor
        second = await one_more_planned(db, shop)
        [two] = await numbers(db, second)
        await watcher.connect(server)
        assert sorted(await watcher.told(server, 2)) == [(one, "IN_TRANSIT_TO_POINT"), (two, "REQUESTED")]
        watcher.disconnect()


async def test_jobs_that_are_over_are_not_told_of_at_the_beginning(db: Database) -> None:
    shop, first = await planned_order(db, konbini_pickup, store_pickup)
    second = await one_more_planned(db, shop)
    [two] = await numbers(db, second)
    await cancel(db, first)
    async with running_server(db) as server:
        watcher = Watcher(jobs_key(shop.partner))
        await watcher.connect(server)
        assert await watcher.told(server, 1) == [(two, "REQUESTED")]
        await cancel(db, second)
        assert await watcher.told(server, 1) == [(two, "CANCELED")]
        watcher.disconnect()


@pytest.mark.parametrize("late", ["an open transaction", "a slow reader"])
async def test_what_a_beginning_has_seen_is_not_told_again_when_the_feed_brings_it(
    db: Database, monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    shop, first = await planned_order(db, konbini_pickup)
    second = await one_more_planned(db, shop)
    one, two = await numbers(db, first, second)
    async with running_server(db) as server, AsyncExitStack() as held:
        early, newcomer = Watcher(jobs_key(shop.partner)), Watcher(jobs_key(shop.partner))
        await early.connect(server)
        assert await early.told(server, 2) == [(one, "REQUESTED"), (two, "REQUESTED")]
        if late == "an open transaction":
            tx = await held.enter_async_context(db.write())
            await tx.connection.fetchval("SELECT pg_current_xact_id()")
        else:
            held.enter_context(monkeypatch.context()).setattr(feed, "read_feed", AsyncMock(return_value=[]))
        await cancel(db, first)
        await newcomer.connect(server)
        # Who listens already hears at once what the beginning has seen.
        assert await early.told(server, 1) == [(one, "CANCELED")]
        assert await newcomer.told(server, 1) == [(two, "REQUESTED")]
        await held.aclose()
        await cancel(db, second)
        for watcher in (early, newcomer):
            assert await watcher.told(server, 1) == [(two, "CANCELED")]
            watcher.disconnect()


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_breaks_every_job_ends_as_it_is(db: Database, seed: int) -> None:
    chance = random.Random(seed)
    shop, first = await planned_order(db, konbini_pickup)
    orders = [first, *[await one_more_planned(db, shop) for _ in range(6)]]
    is_over = False

    async def work() -> None:
        for order in orders:
            await ship_all(db, order)
            await asyncio.sleep(0)
            await report(db, (await pickup_of(db, order)).id, ReportKind.ARRIVED, actor=shop.partner)

    async def hold_up() -> None:
        while not is_over:
            async with db.write() as tx:
                await tx.connection.fetchval("SELECT pg_current_xact_id()")
                for _ in range(chance.choice((0, 5, 30))):
                    await tx.connection.fetchval("SELECT 1")

    async def listen(server: Server, watcher: Watcher) -> None:
        while not is_over:
            await watcher.connect(server)
            for _ in range(chance.choice((1, 3, 20))):
                async with db.read() as tx:
                    await tx.connection.fetchval("SELECT 1")
                watcher.read(chance.choice((0, 1, 1, 2)))
            watcher.disconnect()

    async with running_server(db) as server:
        watchers = [Watcher(jobs_key(shop.partner)) for _ in range(3)]
        listening = [asyncio.create_task(listen(server, watcher)) for watcher in watchers]
        holding = asyncio.create_task(hold_up())
        await work()
        is_over = True
        await asyncio.gather(*listening, holding)
        expected = {}
        for order in orders:
            row = await pickup_of(db, order)
            expected[row.number] = (row.version, row.status)
        for watcher in watchers:
            await watcher.connect(server)

            async def is_told(watcher: Watcher = watcher) -> bool:
                watcher.read()
                return watcher.known == expected

            await until(is_told)
            watcher.disconnect()
