"""The live stream of a partner's jobs: its own only, the present ones first, and nothing is missed in between."""

import asyncio
import random
from contextlib import AsyncExitStack
from typing import Any
from unittest.mock import AsyncMock
from uuid import UUID

import orjson
import pytest

from app.fulfillment.actions.cancel_order import cancel_order
from app.fulfillment.actions.create_sandbox_pickup import create_sandbox_pickup
from app.fulfillment.graphql import jobs_live
from app.fulfillment.model.reports import ReportKind
from app.kit import feed
from app.kit.db import Database
from app.kit.permissions import Actor, ActorKind
from app.kit.statement import Statement
from tests.conftest import AS_OWNER, NOW, Execute
from tests.fulfillment.builders import (
    konbini_pickup,
    make_partner,
    make_sandbox,
    one_more_planned,
    planned_order,
    store_pickup,
)
from tests.fulfillment.views import pickup_of, report, ship_all
from tests.inventory.listeners import Listener, Server, running_server
from tests.kit.feed_tools import until

JOBS = """subscription ($after: String, $maxRate: Float) { partnerJobs(after: $after, maxRate: $maxRate) {
  number status version cursor pickup { number status lines { quantity } } } }"""
_GIVE = Statement("UPDATE pickups SET partner_id = :partner_id WHERE order_id = :order_id")


class Watcher(Listener):
    """A partner's system: versions of a pickup never fall, and cursors are kept."""

    def __init__(self, actor: Actor, **variables: Any) -> None:
        super().__init__(actor, **variables)
        self.jobs: list[tuple[str, str]] = []
        self.known: dict[str, tuple[int, str]] = {}

    async def connect(self, server: Server, **variables: Any) -> None:
        from app.engine.request import Request  # noqa: PLC0415  # as the other listener does it

        sent = {**self.variables, "after": self.cursor, **variables}
        prepared = server.hub.engine.prepare(Request(JOBS, sent))
        self._subscribed = await server.hub.subscribe(
            prepared, lambda: server.execute.context(actor=self._actor), self._actor, self
        )

    def read(self, count: int = 1_000_000) -> None:
        for key in list(self._unread)[:count]:
            answer = orjson.loads(self._unread.pop(key))
            assert "errors" not in answer, answer
            job = answer["data"]["partnerJobs"]
            assert job["pickup"]["number"] == job["number"]
            before = self.known.get(job["number"], (0, ""))[0]
            assert job["version"] >= before
            self.known[job["number"]] = (job["version"], job["status"])
            self.cursor = job["cursor"] or self.cursor
            if job["version"] > before:  # else it has come again
                self.jobs.append((job["number"], job["status"]))

    async def told(self, server: Server, count: int) -> list[tuple[str, str]]:
        """So many events, then nothing more."""

        async def is_enough() -> bool:
            self.read()
            return len(self.jobs) >= count

        await until(is_enough)
        await server.idle()
        self.read()
        found, self.jobs = self.jobs, []
        return found


async def numbers(db: Database, *orders: Any) -> list[str]:
    return [(await pickup_of(db, order)).number for order in orders]


async def cancel(db: Database, order_id: UUID) -> None:
    async with db.write() as tx:
        await cancel_order(tx, order_id, reason="for a test", actor="test", now=NOW)


def jobs_key(actor: Actor, **more: Any) -> Actor:
    given: Any = {"scopes": frozenset({"partner:jobs"}), "partner_id": actor.partner_id, **more}
    return Actor(kind=ActorKind.PARTNER, reference="key:jobs", **given)


async def test_the_present_jobs_and_then_each_change(db: Database) -> None:
    shop, first = await planned_order(db, konbini_pickup)
    second = await one_more_planned(db, shop)
    one, two = await numbers(db, first, second)
    async with running_server(db) as server:
        watcher = Watcher(jobs_key(shop.partner))
        await watcher.connect(server)
        assert await watcher.told(server, 2) == [(one, "REQUESTED"), (two, "REQUESTED")]
        await ship_all(db, first)
        assert await watcher.told(server, 1) == [(one, "IN_TRANSIT_TO_POINT")]
        await report(db, (await pickup_of(db, first)).id, ReportKind.ARRIVED, actor=shop.partner)
        assert (await watcher.told(server, 1))[-1] == (one, "READY")
        watcher.disconnect()


async def test_nobody_hears_of_anothers_points(db: Database) -> None:
    shop, mine = await planned_order(db, konbini_pickup)
    others = await one_more_planned(db, shop)
    async with db.write() as tx:
        other = await make_partner(tx, "OTHER")
        await tx.execute(_GIVE, partner_id=other, order_id=others)
    [own], [foreign] = await numbers(db, mine), await numbers(db, others)
    actors = {
        "own": jobs_key(shop.partner),
        "other": Actor(kind=ActorKind.PARTNER, reference="key:o", scopes=frozenset({"partner:jobs"}), partner_id=other),
        "nowhere": jobs_key(shop.partner, location_ids=frozenset({shop.store})),
        "staff": Actor(kind=ActorKind.STAFF, reference="key:s", scopes=frozenset({"fulfillment:read"})),
    }
    async with running_server(db) as server:
        watchers = {name: Watcher(actor) for name, actor in actors.items()}
        for watcher in watchers.values():
            await watcher.connect(server)
        counts = {"own": 1, "other": 1, "nowhere": 0, "staff": 2}
        heard = {name: dict(await watcher.told(server, counts[name])) for name, watcher in watchers.items()}
        assert {name: set(jobs) for name, jobs in heard.items()} == {
            "own": {own}, "other": {foreign}, "nowhere": set(), "staff": {own, foreign},
        }  # fmt: skip
        await ship_all(db, mine)
        await ship_all(db, others)
        heard = {name: dict(await watcher.told(server, counts[name])) for name, watcher in watchers.items()}
        assert heard == {
            "own": {own: "IN_TRANSIT_TO_POINT"},
            "other": {foreign: "IN_TRANSIT_TO_POINT"},
            "nowhere": {},
            "staff": {own: "IN_TRANSIT_TO_POINT", foreign: "IN_TRANSIT_TO_POINT"},
        }
        for watcher in watchers.values():
            watcher.disconnect()


async def test_who_comes_back_is_told_what_was_missed(db: Database) -> None:
    shop, first = await planned_order(db, konbini_pickup)
    second, third = await one_more_planned(db, shop), await one_more_planned(db, shop)
    one, two, _ = await numbers(db, first, second, third)
    async with running_server(db) as server:
        watcher = Watcher(jobs_key(shop.partner))
        await watcher.connect(server)
        assert len(await watcher.told(server, 3)) == 3
        watcher.disconnect()
        await ship_all(db, first)
        await report(db, (await pickup_of(db, first)).id, ReportKind.ARRIVED, actor=shop.partner)
        await ship_all(db, second)
        await watcher.connect(server)
        assert await watcher.told(server, 2) == [(one, "READY"), (two, "IN_TRANSIT_TO_POINT")]
        watcher.disconnect()
        await watcher.connect(server)
        await server.idle()
        assert await watcher.told(server, 0) == []
        watcher.disconnect()


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
            monkeypatch.setattr(jobs_live, "MAX_FACTS", 1)
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


@pytest.mark.parametrize(
    ("given", "path"), [({"maxRate": 0}, "maxRate"), ({"maxRate": 101}, "maxRate"), ({"after": "x"}, "after")]
)
async def test_arguments_that_cannot_be(execute: Execute, given: dict[str, Any], path: str) -> None:
    from app.api.schema import schema  # noqa: PLC0415  # only tests that use it need the whole roof

    actor = Actor(kind=ActorKind.STAFF, reference="key:s", scopes=frozenset({"fulfillment:read"}))
    context = execute.context(actor=actor)
    result: Any = await schema.subscribe(JOBS, variable_values=given, context_value=context)
    if not hasattr(result, "errors"):
        result = await anext(result)
    assert path in str(result.errors)


async def test_nobody_listens_without_a_scope(execute: Execute) -> None:
    from app.api.schema import schema  # noqa: PLC0415  # only tests that use it need the whole roof

    result: Any = await schema.subscribe(JOBS, context_value=execute.context())
    if not hasattr(result, "errors"):
        result = await anext(result)
    assert "partner:jobs" in str(result.errors)


async def test_tests_of_a_partner_are_told_to_nobody_else(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    real = await numbers(db, order_id)
    async with db.write() as tx:
        mine, other = await make_sandbox(tx), await make_sandbox(tx, "OTHER")
        first = await create_sandbox_pickup(tx, actor=mine, point=1, now=NOW)
    staff = Actor(kind=ActorKind.STAFF, reference="key:staff", scopes=frozenset({"fulfillment:read"}))
    async with running_server(db) as server:
        watchers = [Watcher(actor) for actor in (mine, other, jobs_key(shop.partner), staff)]
        for watcher in watchers:
            await watcher.connect(server)
        async with db.write() as tx:
            await create_sandbox_pickup(tx, actor=mine, point=2, now=NOW)
        await report(db, first, ReportKind.ARRIVED, actor=mine)
        told = [await watcher.told(server, count) for watcher, count in zip(watchers, (3, 0, 1, 1), strict=True)]
    assert [status for _, status in told[0]] == ["IN_TRANSIT_TO_POINT", "IN_TRANSIT_TO_POINT", "READY"]
    assert told[1:] == [[], [(real[0], "REQUESTED")], [(real[0], "REQUESTED")]]
