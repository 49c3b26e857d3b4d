"""Units are to be sent elsewhere."""

import asyncio

import pytest

from app.inventory.errors import InsufficientStock, InvalidQuantity
from app.kit.db import Database
from app.kit.errors import InvalidInput, NotFound
from app.kit.ids import new_id
from tests.inventory.builders import counters, facts, stocked
from tests.inventory.selling import bundled
from tests.inventory.transfers import send, state, transit
from tests.locations.builders import make_location


async def test_a_transfer_of_its_own_allocates_its_units_at_the_source(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 4), (shirt, 2))
    assert await state(db, transfer_id) == ("READY_TO_SHIP", 1, [(4, 0, 0, 0), (2, 0, 0, 0)])
    assert await counters(db) == {(shirt, warehouse): (10, 0, 6, 0)}
    assert await facts(db, "transfer_created") == [
        {
            "transfer_id": str(transfer_id),
            "order_id": None,
            "from_location_id": warehouse,
            "to_location_id": store,
            "status": "READY_TO_SHIP",
        }
    ]


async def test_a_transfer_of_an_order_moves_no_counter(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 4, 1), order_id=new_id())
    assert (await state(db, transfer_id))[0] == "READY_TO_SHIP"
    assert await counters(db) == {(shirt, warehouse): (10, 0, 0, 0)}


async def test_more_than_there_is_cannot_be_sent(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 3, 0)
    with pytest.raises(InsufficientStock) as refusal:
        await send(db, warehouse, store, (shirt, 2), (shirt, 2))
    assert refusal.value.facts == {"requested": 2, "available": 1, "variant_id": shirt, "line_no": 2}
    assert await counters(db) == {(shirt, warehouse): (3, 0, 0, 0)}
    assert await facts(db, "transfer_created") == []


async def test_impossible_transfers_are_refused(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 3, 0)
    async with db.write() as tx:
        locker = await make_location(tx, kind="LOCKER_STATION")
    with pytest.raises(InvalidInput):
        await send(db, warehouse, warehouse, (shirt, 1))
    with pytest.raises(InvalidInput):
        await send(db, warehouse, store)
    with pytest.raises(InvalidInput):
        await send(db, warehouse, store, (shirt, 1), order_id=new_id())
    with pytest.raises(InvalidQuantity):
        await send(db, warehouse, store, (shirt, 0))
    for destination in (locker, await transit(db), 999_999):
        with pytest.raises(NotFound):
            await send(db, warehouse, destination, (shirt, 1))
    assert await counters(db) == {(shirt, warehouse): (3, 0, 0, 0)}


async def test_transfers_that_race_for_the_same_units_never_get_more(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 5, 0)
    results = await asyncio.gather(*(send(db, warehouse, store, (shirt, 2)) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(result, InsufficientStock) for result in results) == 6
    assert await counters(db) == {(shirt, warehouse): (5, 0, 4, 0)}


async def test_bundles_are_not_sent(db: Database) -> None:
    """Their components are: a draft with a bundle could never be made ready."""
    tea_set, cup, _, place = await bundled(db, 4, 1)
    _, [store] = await stocked(db, 0)
    before = await counters(db)
    for is_draft in (True, False):
        with pytest.raises(InvalidInput) as refusal:
            await send(db, place, store, (cup, 1), (tea_set, 1), is_draft=is_draft)
        assert refusal.value.path == ["input", "lines", "1", "sku"]
    assert await counters(db) == before
    assert await facts(db, "transfer_created") == []
