"""The live stream of a partner's jobs: its own only, the present ones first, and nothing is missed in between."""

from typing import Any

import pytest

from app.fulfillment.actions.create_sandbox_pickup import create_sandbox_pickup
from app.fulfillment.model.reports import ReportKind
from app.kit.db import Database
from app.kit.permissions import Actor, ActorKind
from app.kit.statement import Statement
from tests.conftest import NOW, Execute
from tests.fulfillment.builders import (
    konbini_pickup,
    make_partner,
    make_sandbox,
    one_more_planned,
    planned_order,
)
from tests.fulfillment.views import pickup_of, report, ship_all
from tests.fulfillment.watchers import JOBS, Watcher, jobs_key, numbers
from tests.inventory.listeners import running_server

_GIVE = Statement("UPDATE pickups SET partner_id = :partner_id WHERE order_id = :order_id")


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
