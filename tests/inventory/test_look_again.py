"""Before anybody is refused, what is past its time goes back on sale: of these variants and no others."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.inventory.actions import look_again as module
from app.inventory.actions.look_again import fruitful_looks, look_again
from app.inventory.graphql import second_look
from app.kit.db import Database
from tests.conftest import NOW
from tests.inventory.builders import counters, facts, hold, movements, stocked, wish
from tests.inventory.selling import ask, bundled, queue, sell_ahead
from tests.inventory.shop import STAFF, fill, open_shop
from tests.inventory.test_transfer_mutations import CREATE, form

LATER = NOW + timedelta(minutes=15)


async def test_due_reservations_of_these_variants_end_once_for_all_who_ask(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    mug, [shelf] = await stocked(db, 5)
    await hold(db, wish(shirt, 3, store, expires_at=NOW), wish(shirt, 2, store, expires_at=LATER))
    await hold(db, wish(mug, 5, shelf, expires_at=NOW))
    looks = db.group(module._sweep)
    before = looks.batches
    found = await asyncio.gather(*(look_again(db, [shirt], now=NOW) for _ in range(9)))
    assert found == [True] * 9
    assert looks.batches == before + 1
    assert await look_again(db, [shirt], now=NOW) is False
    assert await counters(db) == {(shirt, store): (5, 2, 0, 0), (mug, shelf): (5, 5, 0, 0)}
    assert [row[0] for row in await movements(db)].count("RESERVATION_EXPIRED") == 1
    assert len(await facts(db, "reservation_expired")) == 1


async def test_where_nothing_is_due_nothing_is_locked_or_written(db: Database, count_statements: Any) -> None:
    shirt, [store] = await stocked(db, 5)
    await hold(db, wish(shirt, 3, store, expires_at=LATER))
    with count_statements() as count:
        assert await look_again(db, [shirt], now=NOW) is False
    assert count.total == 2
    assert await counters(db) == {(shirt, store): (5, 3, 0, 0)}


async def test_of_a_bundle_its_components_are_looked_at(db: Database) -> None:
    tea_set, cup, pot, place = await bundled(db, 4, 2)
    await hold(db, wish(cup, 3, place, expires_at=NOW))
    assert await look_again(db, [pot], now=NOW) is False
    assert await look_again(db, [tea_set], now=NOW) is True
    assert (await counters(db))[cup, place] == (4, 0, 0, 0)


async def test_room_in_a_queue_comes_back_too(db: Database) -> None:
    shirt, [store] = await stocked(db, 0)
    mug, [shelf] = await stocked(db, 0)
    async with db.write() as tx:
        await sell_ahead(tx, shirt, 3)
        await sell_ahead(tx, mug, 3)
    await hold(db, await ask(db, shirt, 3, store, expires_at=NOW))
    await hold(db, await ask(db, mug, 3, shelf, expires_at=NOW))
    assert await look_again(db, [shirt], now=NOW) is True
    assert [row[1] for row in await queue(db)] == [mug]


async def test_what_somebody_elses_look_has_ended_meanwhile_counts(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    await hold(db, wish(shirt, 3, store, expires_at=NOW))
    since = fruitful_looks(db)
    assert await look_again(db, [shirt], now=NOW, since=since) is True
    assert await look_again(db, [shirt], now=NOW, since=since) is True
    assert await look_again(db, [shirt], now=NOW, since=fruitful_looks(db)) is False


async def test_of_one_request_that_is_sent_twice_at_once_both_are_told_the_same(db: Database, execute: Any) -> None:
    """The unit that they want is reserved for somebody whose time is up; one of both finds that out."""
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=30)
    for number in range(30):
        await hold(db, wish(shop.variants["SHIRT"], 30 - number, shop.places["depot"], expires_at=NOW))
        variables = {"input": {**form(shop, ("SHIRT", 1)), "idempotencyKey": f"k-{number}"}}

        async def send(delay: float, variables: Any = variables) -> Any:
            await asyncio.sleep(delay)
            return (await execute(CREATE, variables, actor=STAFF, now=NOW))["transferCreate"]

        answers = await asyncio.gather(send(0), send(0.0005 * (number % 12)))
        assert answers[0] == answers[1]
        assert answers[0]["userErrors"] == []


async def test_who_is_told_last_that_nothing_is_left_hears_that_the_same_request_was_served(
    db: Database, execute: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Units come from elsewhere after one of two twins has looked in vain, and before the other one asks."""
    shop = await open_shop(db, "SHIRT")
    variables = {"input": {**form(shop, ("SHIRT", 1)), "idempotencyKey": "k-1"}}
    looking, goes_on = asyncio.Event(), asyncio.Event()

    async def look(*_: Any, **__: Any) -> bool:
        looking.set()
        await goes_on.wait()
        return False

    monkeypatch.setattr(second_look, "look_again", look)
    first = asyncio.create_task(execute(CREATE, variables, actor=STAFF, now=NOW))
    await looking.wait()
    await fill(db, shop, "SHIRT", depot=1)
    second = (await execute(CREATE, variables, actor=STAFF, now=NOW))["transferCreate"]
    goes_on.set()
    assert second["userErrors"] == []
    assert (await first)["transferCreate"] == second
    # Alone, nobody asks more often than that.
    looking.clear()
    variables["input"]["idempotencyKey"] = "k-2"
    refused = (await execute(CREATE, variables, actor=STAFF, now=NOW))["transferCreate"]
    assert [error["code"] for error in refused["userErrors"]] == ["INSUFFICIENT_STOCK"]
