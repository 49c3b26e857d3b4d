"""A place does not give units that it had promised to an order."""

import asyncio
from uuid import UUID

import pytest

from app.inventory.actions.give_up_units import Given, give_up_units
from app.inventory.errors import InsufficientStock
from app.inventory.model.corrections import Promise
from app.inventory.model.giving import GivenUp, bundles_of, choose_given, movements_of
from app.kit.db import Database, WriteTx
from app.kit.ids import new_id
from tests.inventory.builders import because, counters, facts, hold, movements, stocked, wish
from tests.inventory.moving import any_of


def _part(variant_id: int, quantity: int, each: int = 0) -> Promise:
    return Promise("ORDER", UUID(int=1), 1, variant_id, 9, quantity, "A", each)


async def _give_up(db: Database, order: UUID, places: list[int], *lines: GivenUp, only_at: int | None = None) -> Given:
    async def work(tx: WriteTx) -> Given:
        cause = because("NOT_IN_STOCK")
        return await give_up_units(tx, order, lines, elsewhere=any_of(places), only_at=only_at, cause=cause)

    return await db.in_write(work)


def test_a_component_takes_its_whole_bundle_along_and_never_more_than_is_held() -> None:
    parts = [_part(7, 6, 2), _part(8, 3, 1)]
    assert [bundles_of(GivenUp(1, 9, units, 7), parts) for units in (1, 2, 3, 9)] == [1, 1, 2, 3]
    assert bundles_of(GivenUp(1, 9, 2), parts) == 2
    assert bundles_of(GivenUp(1, 9, 5), [_part(7, 3)]) == 3
    assert bundles_of(GivenUp(1, 9, 5), []) == 0
    assert [one.quantity for one in choose_given(parts, 2)] == [4, 2]
    assert choose_given(parts, 0) == []


def test_only_what_is_missing_leaves_the_stock() -> None:
    assert movements_of(GivenUp(1, 9, 2), "OTHER") == []
    [gone] = movements_of(GivenUp(1, 9, 2, missing_of=7), "STOLEN")
    assert (gone.variant_id, gone.location_id, gone.kind, gone.on_hand, gone.reason) == (7, 9, "ADJUSTED", -2, "STOLEN")
    [kept] = movements_of(GivenUp(1, 9, 2, missing_of=7, is_damaged=True), "DAMAGED")
    assert (kept.kind, kept.on_hand, kept.state, kept.set_aside) == ("STATE_CHANGED", -2, "DAMAGED", 2)


async def test_others_give_what_they_have_and_the_rest_ends(db: Database) -> None:
    shirt, places = await stocked(db, 9, 2, 1)
    store, depot, attic = places
    order = new_id()
    await hold(db, wish(shirt, 8, store, owner_id=order))
    before = len(await movements(db))
    given = await _give_up(db, order, places, GivenUp(1, store, 5, missing_of=shirt))
    assert [(one.quantity, one.moved_to) for one in given.moved] == [(2, depot), (1, attic)]
    assert [(one.quantity, one.moved_to) for one in given.broken] == [(2, None)]
    assert (given.moved_units, given.broken_units) == (3, 2)
    found = await counters(db)
    assert [found[shirt, place][:3] for place in places] == [(4, 0, 3), (2, 0, 2), (1, 0, 1)]
    assert (await movements(db))[-1] == ("ADJUSTED", -5, 0, 0, store)
    assert len(await movements(db)) == before + 6
    assert [row["order_id"] for row in await facts(db, "promises_moved")] == [str(order)]
    assert [row["quantity"] for row in await facts(db, "promise_broken")] == [2]


async def test_free_units_of_the_place_itself_do_not_replace_them(db: Database) -> None:
    shirt, [store, depot] = await stocked(db, 9, 0)
    order = new_id()
    await hold(db, wish(shirt, 2, store, owner_id=order))
    given = await _give_up(db, order, [store, depot], GivenUp(1, store, 2))
    assert (given.moved_units, given.broken_units) == (0, 2)
    assert (await counters(db))[shirt, store][:3] == (9, 0, 0)


async def test_one_place_takes_all_or_nothing_happens(db: Database) -> None:
    shirt, places = await stocked(db, 5, 2, 9)
    store, depot, attic = places
    order = new_id()
    await hold(db, wish(shirt, 3, store, owner_id=order))
    before = await counters(db)
    with pytest.raises(InsufficientStock) as refusal:
        await _give_up(db, order, places, GivenUp(1, store, 3), only_at=depot)
    assert refusal.value.facts == {"requested": 3, "available": 2, "variant_id": shirt}
    assert await counters(db) == before
    given = await _give_up(db, order, places, GivenUp(1, store, 3), only_at=attic)
    assert [(one.quantity, one.moved_to) for one in given.moved] == [(3, attic)]


async def test_many_orders_at_once_never_get_a_unit_twice(db: Database) -> None:
    shirt, places = await stocked(db, 8, 3)
    store, depot = places
    orders = [new_id() for _ in range(8)]
    for order in orders:
        await hold(db, wish(shirt, 1, store, owner_id=order))
    given = await asyncio.gather(
        *(_give_up(db, order, places, GivenUp(1, store, 1, missing_of=shirt)) for order in orders)
    )
    assert sorted(one.moved_units for one in given) == [0] * 5 + [1] * 3
    assert sum(one.broken_units for one in given) == 5
    found = await counters(db)
    assert [found[shirt, place][:3] for place in places] == [(0, 0, 0), (3, 0, 3)]
    del depot
