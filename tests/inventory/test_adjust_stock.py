"""Counts and damages."""

import asyncio

import pytest

from app.inventory.actions.adjust_stock import adjust_stock
from app.inventory.errors import InsufficientStock, InvalidQuantity, QuantityConflict
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.ids import new_id
from tests.inventory.builders import counters, facts, hold, movements, stocked, wish


async def adjust(db: Database, variant_id: int, location_id: int, delta: int, expected: int | None = None) -> int:
    async with db.write() as tx:
        return await adjust_stock(
            tx,
            variant_id=variant_id,
            location_id=location_id,
            delta=delta,
            reason="counted",
            expected_quantity=expected,
            cause_id=new_id(),
            actor="test",
        )


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
