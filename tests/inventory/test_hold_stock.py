"""Promises under contention: never more than there is, whatever comes at once. Each test runs in both forms."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.inventory.actions.hold_stock import hold_stock
from app.inventory.errors import InvalidQuantity
from app.inventory.model import Claim, Demand, HoldRequest, Shortage, Verdict
from app.inventory.sql import claims_of, sellable_levels
from app.kit.db import Database
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.inventory.builders import counters, facts, hold, movements, put_stock, stocked, wish


@pytest.fixture(autouse=True, params=["accelerated", "portable"])
def form(request: pytest.FixtureRequest, db: Database, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(db, "accelerated", request.param == "accelerated")
    return request.param


async def test_allocation_moves_counter_ledger_hold_and_feed_together(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    request = wish(shirt, 2, store)
    assert await hold(db, request) == [Verdict((Claim(1, shirt, store, 2),))]
    assert await counters(db) == {(shirt, store): (5, 0, 2, 0)}
    assert await movements(db) == [("RECEIVED", 5, 0, 0, store), ("ALLOCATED", 0, 0, 2, store)]
    async with db.read() as tx:
        assert await claims_of(tx, request.owner_id) == [Claim(1, shirt, store, 2)]
        assert await sellable_levels(tx, [shirt], [store], 0, today=NOW.date()) == ({(shirt, store): 3}, {})
    assert (await facts(db, "stock"))[-1] == {
        "variant_id": shirt,
        "location_id": store,
        "on_hand": 5,
        "reserved": 0,
        "allocated": 2,
        "safety": 0,
        "version": 2,
    }


async def test_reservation_counts_as_reserved(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    await hold(db, wish(shirt, 2, store, expires_at=NOW + timedelta(minutes=15)))
    assert await counters(db) == {(shirt, store): (5, 2, 0, 0)}
    assert (await movements(db))[-1] == ("RESERVED", 0, 2, 0, store)


async def test_a_refusal_says_how_many_are_left_and_changes_nothing(db: Database) -> None:
    shirt, [store] = await stocked(db, 2)
    assert await hold(db, wish(shirt, 3, store)) == [Verdict((), (Shortage(1, shirt, 3, 2),))]
    assert await counters(db) == {(shirt, store): (2, 0, 0, 0)}
    assert len(await facts(db, "stock")) == 1


async def test_split_partial_and_whole_requests_in_one_batch(db: Database) -> None:
    shirt, [near, far] = await stocked(db, 2, 3)
    verdicts = await hold(
        db,
        wish(shirt, 3, near, far, may_split=True),
        wish(shirt, 3, near, far),
        wish(shirt, 9, near, far, may_split=True, partial=True),
        wish(shirt, 1, near, far),
    )
    assert verdicts == [
        Verdict((Claim(1, shirt, near, 2), Claim(1, shirt, far, 1))),
        Verdict((), (Shortage(1, shirt, 3, 2),)),
        Verdict((Claim(1, shirt, far, 2),), (Shortage(1, shirt, 9, 2),)),
        Verdict((), (Shortage(1, shirt, 1, 0),)),
    ]
    assert await counters(db) == {(shirt, near): (2, 0, 2, 0), (shirt, far): (3, 0, 3, 0)}


async def test_one_line_takes_as_many_statements_as_five_hundred(
    db: Database, form: str, count_statements: Callable[[], Any]
) -> None:
    shirt, [store] = await stocked(db, 1_000)
    with count_statements() as one:
        await hold(db, wish(shirt, 1, store))
    with count_statements() as many:
        verdicts = await hold(db, *(wish(shirt, 1, store) for _ in range(500)))
    # Python looks for earlier selves of many before it decides, and for one's when it writes.
    assert (one.total, many.total) == ((1, 1) if form == "accelerated" else (2, 3))
    assert all(verdict.claims == (Claim(1, shirt, store, 1),) for verdict in verdicts)
    assert await counters(db) == {(shirt, store): (1_000, 0, 501, 0)}
    assert [fact["allocated"] for fact in await facts(db, "stock")] == [0, 1, 501]


async def test_a_request_sent_again_gets_the_same_answer_and_holds_nothing_more(db: Database) -> None:
    shirt, [store] = await stocked(db, 3)
    request = wish(shirt, 2, store)
    first = await hold(db, request)
    assert await hold(db, request) == first
    # The others of a batch still get what there is, also when the repeated one alone would leave too little.
    again, other = await hold(db, request, wish(shirt, 1, store))
    assert (again, other) == (first[0], Verdict((Claim(1, shirt, store, 1),)))
    assert await hold(db, request) == first
    assert await counters(db) == {(shirt, store): (3, 0, 3, 0)}


async def test_an_owner_may_hold_another_line_later(db: Database) -> None:
    shirt, [store] = await stocked(db, 3)
    request = wish(shirt, 2, store)
    await hold(db, request)
    second = replace(request, demands=(Demand(2, shirt, 1, (store,)),))
    assert await hold(db, second) == [Verdict((Claim(2, shirt, store, 1),))]
    assert await counters(db) == {(shirt, store): (3, 0, 3, 0)}


async def test_impossible_requests_are_refused(db: Database) -> None:
    shirt, [store] = await stocked(db, 3)
    for quantity in (0, -1, 1_000_001):
        with pytest.raises(InvalidQuantity):
            await hold(db, wish(shirt, quantity, store))
    request = wish(shirt, 1, store)
    with pytest.raises(ValueError, match="twice"):
        await hold(db, request, request)
    assert await hold(db) == []
    assert await counters(db) == {(shirt, store): (3, 0, 0, 0)}


@pytest.mark.parametrize(("units", "takers"), [(1, 100), (3, 8), (8, 3)])
async def test_racing_takers_never_get_more_than_there_is(db: Database, units: int, takers: int) -> None:
    shirt, [store] = await stocked(db, units)
    verdicts = await asyncio.gather(*(hold(db, wish(shirt, 1, store)) for _ in range(takers)))
    assert sum(bool(verdict.claims) for [verdict] in verdicts) == min(units, takers)
    assert all(v.claims or v.shortages == (Shortage(1, shirt, 1, 0),) for [v] in verdicts)
    assert await counters(db) == {(shirt, store): (units, 0, min(units, takers), 0)}


async def test_racing_batches_never_get_more_than_there_is(db: Database) -> None:
    shirt, stores = await stocked(db, 70, 30)
    batches = await asyncio.gather(*(hold(db, *(wish(shirt, 1, *stores) for _ in range(25))) for _ in range(8)))
    got = Counter(v.claims[0].location_id for batch in batches for v in batch if v.claims)
    assert got == {stores[0]: 70, stores[1]: 30}


async def test_orders_that_cross_each_other_never_deadlock(db: Database) -> None:
    """Lines and shelves in opposite orders: every transaction locks in key order all the same."""
    shirt, stores = await stocked(db, 40, 40)
    mug, _ = await stocked(db)
    async with db.write() as tx:
        for store in stores:
            await put_stock(tx, mug, store, 40)
    failures: list[str] = []

    async def order(number: int) -> int:
        variants, places = (shirt, mug)[:: 1 if number % 2 else -1], stores[:: 1 if number % 3 else -1]
        lines = tuple(Demand(line, variant, 1, tuple(places)) for line, variant in enumerate(variants, 1))
        request = HoldRequest("ORDER", new_id(), lines)
        try:
            async with db.write() as tx:
                [verdict] = await hold_stock(tx, [request], actor="test")
        except Exception as error:  # noqa: BLE001  # any failure counts, above all a deadlock
            failures.append(repr(error))
            return 0
        return len(verdict.claims)

    claims = await asyncio.gather(*(order(number) for number in range(100)))
    assert failures == []
    assert sum(claims) == 160
    assert {row[2] for row in (await counters(db)).values()} == {40}


async def test_the_same_request_in_parallel_holds_once(db: Database) -> None:
    shirt, [store] = await stocked(db, 3)
    request = wish(shirt, 2, store)
    verdicts = await asyncio.gather(*(hold(db, request) for _ in range(12)))
    assert verdicts == [[Verdict((Claim(1, shirt, store, 2),))]] * 12
    assert await counters(db) == {(shirt, store): (3, 0, 2, 0)}


async def test_the_last_unit_requested_twice_in_parallel_is_held_once(db: Database) -> None:
    shirt, [store] = await stocked(db, 1)
    request = wish(shirt, 1, store)
    verdicts = await asyncio.gather(*(hold(db, request) for _ in range(12)))
    assert verdicts == [[Verdict((Claim(1, shirt, store, 1),))]] * 12
    assert await counters(db) == {(shirt, store): (1, 0, 1, 0)}
