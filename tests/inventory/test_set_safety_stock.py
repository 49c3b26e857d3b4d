"""Units kept off sale."""

import pytest

from app.inventory.actions.set_safety_stock import set_safety_stock
from app.inventory.errors import InvalidQuantity
from app.inventory.model import Shortage, Verdict
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.ids import new_id
from tests.inventory.builders import counters, facts, hold, movements, stocked, wish


async def keep(db: Database, variant_id: int, location_id: int, quantity: int) -> None:
    async with db.write() as tx:
        await set_safety_stock(
            tx,
            variant_id=variant_id,
            location_id=location_id,
            quantity=quantity,
            cause_id=new_id(),
            actor="test",
        )


async def test_safety_stock_is_not_sold_and_its_changes_are_traced(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    await keep(db, shirt, store, 4)
    assert await hold(db, wish(shirt, 2, store)) == [Verdict((), (Shortage(1, shirt, 2, 1),))]
    await keep(db, shirt, store, 4)
    await keep(db, shirt, store, 1)
    assert await counters(db) == {(shirt, store): (5, 0, 0, 1)}
    assert [row[0] for row in await movements(db)] == ["RECEIVED", "SAFETY_SET", "SAFETY_SET"]
    assert [(fact["safety"], fact["version"]) for fact in await facts(db, "stock")] == [(0, 1), (4, 2), (1, 3)]


async def test_more_than_there_is_may_be_kept_and_promises_stay(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    await hold(db, wish(shirt, 2, store))
    await keep(db, shirt, store, 50)
    assert await counters(db) == {(shirt, store): (5, 0, 2, 50)}
    assert await hold(db, wish(shirt, 1, store)) == [Verdict((), (Shortage(1, shirt, 1, 0),))]


async def test_impossible_values_are_refused(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    for quantity in (-1, 1_000_001):
        with pytest.raises(InvalidQuantity):
            await keep(db, shirt, store, quantity)
    with pytest.raises(NotFound):
        await keep(db, 999_999, store, 1)
    assert await counters(db) == {(shirt, store): (5, 0, 0, 0)}
