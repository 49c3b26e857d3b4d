"""One request among many: exact, answered alike, and not hurt by its neighbours. Each test runs in both forms."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from app.inventory.actions import promise_units as module
from app.inventory.actions.promise_units import promise_units
from app.inventory.errors import InvalidQuantity
from app.inventory.model import Claim, Demand, HoldRequest, Shortage, Verdict
from app.inventory.sql.sold_out import sold_out
from app.kit.db import Database
from app.kit.feed import Feed
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.inventory.builders import counters, hold, movements, put_stock, stocked, wish
from tests.kit.feed_tools import until

LATER = NOW + timedelta(minutes=15)


@pytest.fixture(autouse=True, params=["accelerated", "portable"])
def form(request: pytest.FixtureRequest, db: Database, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(db, "accelerated", request.param == "accelerated")
    return request.param


@pytest.fixture
async def feed(db: Database) -> AsyncGenerator[Feed, None]:
    """Heard by this process, whose marks count for as long as the test runs."""
    feed = Feed(db)
    await feed.start()
    marks = sold_out(db)
    marks.listen(feed)
    clock, marks._clock = marks._clock, lambda: 0.0
    yield feed
    marks._clock = clock
    await feed.close()


async def ask(db: Database, request: HoldRequest, **options: Any) -> Verdict:
    return await promise_units(db, request, actor="test", now=NOW, **options)


async def test_many_share_a_commit_and_no_unit_is_promised_twice(db: Database) -> None:
    shirt, stores = await stocked(db, 70, 30)
    group, looks = db.group(module._hold, lanes=module.LANES), db.group(module._sweep)
    before = group.batches, looks.batches
    verdicts = await asyncio.gather(*(ask(db, wish(shirt, 1, *stores)) for _ in range(150)))
    assert sum(len(verdict.claims) for verdict in verdicts) == 100
    assert [verdict for verdict in verdicts[:100] if not verdict.claims] == []
    assert {verdict.shortages for verdict in verdicts[100:]} == {(Shortage(1, shirt, 1, 0),)}
    assert await counters(db) == {(shirt, stores[0]): (70, 0, 70, 0), (shirt, stores[1]): (30, 0, 30, 0)}
    # One commit for all, and one look at the rows for those who got nothing.
    assert (group.batches, looks.batches) == (before[0] + 1, before[1] + 1)


async def test_processes_that_sell_one_product_stay_exact(db: Database) -> None:
    shirt, [store] = await stocked(db, 120)
    other = await Database.open(db.dsn, read_connections=1, write_connections=1)
    try:
        other.accelerated = not db.accelerated
        asked = [ask(each, wish(shirt, 1, store)) for _ in range(100) for each in (db, other)]
        verdicts = await asyncio.gather(*asked)
    finally:
        await other.close()
    assert sum(len(verdict.claims) for verdict in verdicts) == 120
    assert await counters(db) == {(shirt, store): (120, 0, 120, 0)}


async def test_twins_are_answered_alike_and_hold_once(db: Database) -> None:
    shirt, [store] = await stocked(db, 3)
    other = await Database.open(db.dsn, read_connections=1, write_connections=1)
    request = wish(shirt, 2, store)
    try:
        twins = [ask(each, request) for _ in range(4) for each in (db, other)]
        verdicts = await asyncio.gather(*twins, ask(db, wish(shirt, 1, store)))
    finally:
        await other.close()
    assert verdicts == [Verdict((Claim(1, shirt, store, 2),))] * 8 + [Verdict((Claim(1, shirt, store, 1),))]
    assert await counters(db) == {(shirt, store): (3, 0, 3, 0)}


async def test_poisoned_requests_hurt_only_themselves(db: Database) -> None:
    shirt, [store] = await stocked(db, 50)
    good = [wish(shirt, 1, store) for _ in range(20)]
    zero, twice = wish(shirt, 0, store), wish(shirt, 1, store)
    twice = replace(twice, demands=twice.demands * 2)
    foreign = replace(wish(shirt, 1, store), owner_kind="NOBODY")
    asked = [*good[:10], zero, twice, foreign, *good[10:]]
    answers = await asyncio.gather(*(ask(db, request) for request in asked), return_exceptions=True)
    bad = {type(answer) for answer in answers[10:13]}
    assert bad == {InvalidQuantity, ValueError, asyncpg.CheckViolationError}
    assert [answer for answer in answers[:10] + answers[13:] if not isinstance(answer, Verdict)] == []
    assert await counters(db) == {(shirt, store): (50, 0, 20, 0)}


async def test_expired_reservations_of_this_product_come_back_before_it_is_sold_out(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    mug, [shelf] = await stocked(db, 5)
    await hold(db, wish(shirt, 3, store, expires_at=NOW), wish(shirt, 2, store, expires_at=LATER))
    await hold(db, wish(mug, 5, shelf, expires_at=NOW))
    takers = await asyncio.gather(*(ask(db, wish(shirt, 1, store)) for _ in range(5)))
    assert sum(len(verdict.claims) for verdict in takers) == 3
    assert takers[4] == Verdict((), (Shortage(1, shirt, 1, 0),))
    assert await counters(db) == {(shirt, store): (5, 2, 3, 0), (mug, shelf): (5, 5, 0, 0)}
    assert [row[0] for row in await movements(db)].count("RESERVATION_EXPIRED") == 1


async def test_a_partial_request_gets_what_comes_back_too(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    await hold(db, wish(shirt, 3, store, expires_at=NOW))
    verdict = await ask(db, wish(shirt, 9, store, partial=True))
    assert verdict == Verdict((Claim(1, shirt, store, 5),), (Shortage(1, shirt, 9, 5),))
    assert await counters(db) == {(shirt, store): (5, 0, 5, 0)}


async def test_sold_out_does_not_reach_the_database(db: Database, feed: Feed, count_statements: Any) -> None:
    shirt, [store] = await stocked(db, 1)
    owner = wish(shirt, 1, store)
    assert (await ask(db, owner)).claims
    refused = Verdict((), (Shortage(1, shirt, 1, 0),))
    assert await ask(db, wish(shirt, 1, store)) == refused
    assert sold_out(db).is_known(owner)
    with count_statements() as count:
        verdicts = await asyncio.gather(*(ask(db, wish(shirt, 1, store), is_new=True) for _ in range(50)))
        assert [one for one in verdicts if one != refused] == []
    own = [one for one in count.statements if "stock" in one.text or "hold" in one.text]
    assert own == []
    # Who may hold it already is asked for by his id.
    assert await ask(db, owner) == Verdict((Claim(1, shirt, store, 1),))
    assert await ask(db, wish(shirt, 1, store)) == refused
    assert await counters(db) == {(shirt, store): (1, 0, 1, 0)}


async def test_a_restock_takes_the_mark_away(db: Database, feed: Feed) -> None:
    shirt, [store] = await stocked(db, 1)
    await ask(db, wish(shirt, 1, store))
    assert not (await ask(db, wish(shirt, 1, store))).claims
    async with db.write() as tx:
        await put_stock(tx, shirt, store, 2)

    async def is_gone() -> bool:
        return not sold_out(db).is_known(wish(shirt, 1, store))

    await until(is_gone)
    assert await ask(db, wish(shirt, 1, store)) == Verdict((Claim(1, shirt, store, 1),))


async def test_a_mark_is_about_all_places_and_lines(db: Database, feed: Feed) -> None:
    shirt, [near, far] = await stocked(db, 1, 5)
    mug, [shelf] = await stocked(db, 5)
    await ask(db, wish(shirt, 1, near))
    assert not (await ask(db, wish(shirt, 1, near))).claims
    assert sold_out(db).is_known(wish(shirt, 1, near))
    assert await ask(db, wish(shirt, 1, near, far)) == Verdict((Claim(1, shirt, far, 1),))
    lines = (Demand(1, shirt, 1, (near,)), Demand(2, mug, 9, (shelf,)))
    verdict = await ask(db, HoldRequest("ORDER", new_id(), lines))
    assert verdict.shortages == (Shortage(1, shirt, 1, 0), Shortage(2, mug, 9, 5))


async def test_without_a_feed_nothing_is_remembered(db: Database) -> None:
    shirt, [store] = await stocked(db, 1)
    await ask(db, wish(shirt, 1, store))
    assert not (await ask(db, wish(shirt, 1, store))).claims
    assert not sold_out(db).is_known(wish(shirt, 1, store))


async def test_restocks_and_a_rush_never_leave_a_unit_behind(db: Database, feed: Feed) -> None:
    """Whatever is heard when: once all is heard, what is there can be had."""
    shirt, [store] = await stocked(db, 1)
    taken = 0
    for _ in range(15):
        async with db.write() as tx:
            await put_stock(tx, shirt, store, 2)
        verdicts = await asyncio.gather(*(ask(db, wish(shirt, 1, store), is_new=True) for _ in range(9)))
        taken += sum(len(verdict.claims) for verdict in verdicts)
    async with asyncio.timeout(20):
        while taken < 31:
            taken += len((await ask(db, wish(shirt, 1, store), is_new=True)).claims)
            await asyncio.sleep(0.002)
    assert await counters(db) == {(shirt, store): (31, 0, 31, 0)}
