"""People count, and the ledger's figure of the moment is kept beside."""

import asyncio

import pytest

from app.inventory.errors import BeingCounted, InvalidQuantity
from app.inventory.model.counts import Found
from app.kit.db import Database
from app.kit.errors import InvalidInput, NotFound
from tests.catalog.builders import make_variant
from tests.inventory.builders import counters, movements, put_stock, stocked
from tests.inventory.counts import count, opened, records, session


async def test_each_record_keeps_the_figure_of_its_moment(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    count_id = await opened(db, store, shirt)
    await count(db, count_id, (shirt, 4), by="ann")
    async with db.write() as tx:
        await put_stock(tx, shirt, store, 10)
    await count(db, count_id, (shirt, 14), by="bob")
    assert await records(db, count_id) == [(shirt, 1, 1, 4, 5, "ann"), (shirt, 2, 1, 14, 15, "bob")]
    assert (await session(db, count_id))[:2] == ("OPEN", 3)
    assert await counters(db) == {(shirt, store): (15, 0, 0, 0)}
    assert len(await movements(db)) == 2


async def test_what_was_never_here_is_counted_from_nothing(db: Database) -> None:
    shirt, [store, other] = await stocked(db, 5, 0)
    count_id = await opened(db, other)
    await count(db, count_id, (shirt, 2))
    assert await records(db, count_id) == [(shirt, 1, 1, 2, 0, "ann")]
    assert (await session(db, count_id))[2] == [(shirt, True, 1, None)]
    assert await counters(db) == {(shirt, store): (5, 0, 0, 0)}


async def test_impossible_counts_are_refused(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    async with db.write() as tx:
        mug = await make_variant(tx, "MUG")
    count_id = await opened(db, store, shirt)
    for units in (-1, 1_000_001):
        with pytest.raises(InvalidQuantity):
            await count(db, count_id, (shirt, units))
    for twice in ([], [(shirt, 1), (shirt, 2)]):
        with pytest.raises(InvalidInput):
            await count(db, count_id, *twice)
    with pytest.raises(NotFound):
        await count(db, count_id, (shirt, 1), (mug, 1))
    free = await opened(db, store)
    with pytest.raises(BeingCounted):
        await count(db, free, (mug, 1), (shirt, 1))
    assert await records(db, count_id) == []
    assert (await session(db, free)) == ("OPEN", 1, [])


async def test_many_counters_at_once_lose_no_record(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    count_id = await opened(db, store, shirt)
    await asyncio.gather(*(count(db, count_id, (shirt, number), by=f"c{number}") for number in range(8)))
    rows = await records(db, count_id)
    assert [row[1] for row in rows] == list(range(1, 9))
    assert {(row[3], row[5]) for row in rows} == {(number, f"c{number}") for number in range(8)}


@pytest.mark.parametrize("size", [1, 40])
async def test_the_statements_do_not_depend_on_the_lines(db: Database, count_statements: object, size: int) -> None:
    _, [store] = await stocked(db, 5)
    async with db.write() as tx:
        found = [Found(await make_variant(tx, f"V-{number}"), 1) for number in range(size)]
    count_id = await opened(db, store)
    with count_statements() as counted:  # type: ignore[operator]
        await count(db, count_id, *((one.variant_id, one.quantity) for one in found))
    assert counted.total == 8
