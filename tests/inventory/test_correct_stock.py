"""What is on hand is made what it is: one row or many, by a difference or to a number."""

import asyncio
from typing import Any

import pytest

from app.inventory.errors import InsufficientStock, InvalidQuantity, QuantityConflict
from app.inventory.model.corrections import Correction
from app.kit.db import Database
from app.kit.errors import DomainError, InvalidInput, NotFound
from tests.inventory.builders import corrected, counters, facts, hold, movements, stocked, wish
from tests.inventory.selling import bundled


async def adjust(db: Database, variant_id: int, location_id: int, delta: int, expected: int | None = None) -> int:
    done = await corrected(db, Correction(variant_id, location_id, delta=delta, expected=expected))
    if isinstance(done.results[0], DomainError):
        raise done.results[0]
    return done.results[0]


async def test_units_are_counted_up_and_down(db: Database) -> None:
    shirt, [store, empty] = await stocked(db, 5, 0)
    assert await adjust(db, shirt, store, -2, expected=5) == 3
    assert await adjust(db, shirt, empty, 4, expected=0) == 4
    assert await counters(db) == {(shirt, store): (3, 0, 0, 0), (shirt, empty): (4, 0, 0, 0)}
    assert (await movements(db))[1:] == [("ADJUSTED", -2, 0, 0, store), ("ADJUSTED", 4, 0, 0, empty)]


async def test_promised_units_cannot_be_counted_away(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    await hold(db, wish(shirt, 3, store))
    with pytest.raises(InsufficientStock) as refusal:
        await adjust(db, shirt, store, -3)
    assert refusal.value.facts == {"requested": 3, "available": 2, "variant_id": shirt}
    assert str(refusal.value) == "2 of 3 units can be taken off; 3 of 5 are promised."
    assert await counters(db) == {(shirt, store): (5, 0, 3, 0)}
    assert await adjust(db, shirt, store, -2) == 3


async def test_another_number_than_expected_is_told(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    with pytest.raises(QuantityConflict) as refusal:
        await adjust(db, shirt, store, 1, expected=4)
    assert refusal.value.facts == {"current_quantity": 5}
    assert await counters(db) == {(shirt, store): (5, 0, 0, 0)}
    assert len(await facts(db, "stock")) == 1


async def test_impossible_adjustments_are_refused(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    for delta in (0, 1_000_001, -1_000_001):
        with pytest.raises(InvalidQuantity):
            await adjust(db, shirt, store, delta)
    async with db.read() as tx:
        transit: int = await tx.connection.fetchval("SELECT id FROM locations WHERE kind = 'IN_TRANSIT'")
    for variant_id, location_id in [(shirt, transit), (shirt, 999_999), (999_999, store)]:
        with pytest.raises(NotFound):
            await adjust(db, variant_id, location_id, 1)
    assert await counters(db) == {(shirt, store): (5, 0, 0, 0)}


@pytest.mark.parametrize("on_hand", [0, 7])
async def test_of_callers_who_expect_the_same_number_one_gets_through(db: Database, on_hand: int) -> None:
    shirt, [store] = await stocked(db, on_hand)

    results = await asyncio.gather(
        *(adjust(db, shirt, store, 5, expected=on_hand) for _ in range(8)), return_exceptions=True
    )
    refusals = [result.facts for result in results if isinstance(result, QuantityConflict)]
    assert [result for result in results if not isinstance(result, BaseException)] == [on_hand + 5]
    assert refusals == [{"current_quantity": on_hand + 5}] * 7
    assert await counters(db) == {(shirt, store): (on_hand + 5, 0, 0, 0)}


async def test_of_16_callers_who_set_the_number_they_know_exactly_one_wins(db: Database) -> None:
    """`inventorySet` with a compare-and-swap, the field's answer to lost updates (C-1, C-7)."""
    shirt, [store] = await stocked(db, 9)
    rows = [Correction(shirt, store, quantity=100 + number, expected=9) for number in range(16)]
    done = await asyncio.gather(*(corrected(db, row) for row in rows))
    won = [one.results[0] for one in done if isinstance(one.results[0], int)]
    lost = [one.results[0].facts for one in done if isinstance(one.results[0], QuantityConflict)]
    assert len(won) == 1
    assert lost == [{"current_quantity": won[0]}] * 15
    assert await counters(db) == {(shirt, store): (won[0], 0, 0, 0)}
    assert len(await movements(db)) == 2


async def test_many_rows_change_together_or_each_for_itself(db: Database) -> None:
    shirt, [depot, store] = await stocked(db, 5, 7)
    rows = [
        Correction(shirt, depot, quantity=3, expected=5),
        Correction(shirt, store, quantity=1, expected=99),
        Correction(shirt, depot, delta=4, expected=3),
    ]
    together = await corrected(db, *rows)
    assert [type(result) for result in together.results] == [int, QuantityConflict, int]
    assert await counters(db) == {(shirt, depot): (5, 0, 0, 0), (shirt, store): (7, 0, 0, 0)}
    apart = await corrected(db, *rows, is_each_for_itself=True)
    assert apart.results[0] == 3
    assert isinstance(apart.results[1], QuantityConflict)
    assert apart.results[1].facts == {"current_quantity": 7}
    assert apart.results[2] == 7
    assert await counters(db) == {(shirt, depot): (7, 0, 0, 0), (shirt, store): (7, 0, 0, 0)}
    assert [row[:2] for row in await movements(db)][2:] == [("ADJUSTED", -2), ("ADJUSTED", 4)]


async def test_a_number_that_is_right_already_moves_nothing(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    assert (await corrected(db, Correction(shirt, store, quantity=5))).results == [5]
    assert len(await movements(db)) == 1


@pytest.mark.parametrize("count", [1, 100])
async def test_the_statements_do_not_depend_on_the_rows(db: Database, count_statements: Any, count: int) -> None:
    shirt, stores = await stocked(db, *([5] * count))
    with count_statements() as counted:
        await corrected(db, *(Correction(shirt, store, quantity=7) for store in stores))
    assert counted.total == 3


async def test_corrections_of_the_same_rows_in_other_orders_do_not_deadlock(db: Database) -> None:
    """C-8: lock and update by one order of keys, whatever the caller's order is."""
    shirt, stores = await stocked(db, *([50] * 6))
    orders = [stores[turn:] + stores[:turn] for turn in range(6)] * 3
    before: int = await deadlocks(db)
    done = await asyncio.gather(
        *(corrected(db, *(Correction(shirt, store, delta=-1) for store in order)) for order in orders)
    )
    assert all(isinstance(result, int) for one in done for result in one.results)
    assert await deadlocks(db) == before
    assert await counters(db) == {(shirt, store): (32, 0, 0, 0) for store in stores}


async def deadlocks(db: Database) -> int:
    async with db.read() as tx:
        found: int = await tx.connection.fetchval(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
    return found


async def test_rows_of_bundles_are_refused_and_the_others_corrected(db: Database) -> None:
    tea_set, cup, _, place = await bundled(db, 4, 1)
    rows = [
        Correction(cup, place, quantity=6),
        Correction(tea_set, place, delta=2),
        Correction(tea_set, place, quantity=0),
    ]
    before = await counters(db)
    together = await corrected(db, *rows)
    assert [type(result) for result in together.results] == [int, InvalidInput, int]
    assert {key: value for key, value in (await counters(db)).items() if any(value)} == before
    apart = await corrected(db, *rows, is_each_for_itself=True)
    assert apart.results[::2] == [6, 0]
    assert str(apart.results[1]) == "A bundle has no stock of its own: give that of its components."
    assert {key: value for key, value in (await counters(db)).items() if any(value)} == {
        **before,
        (cup, place): (6, 0, 0, 0),
    }
