"""A transfer arrives."""

import asyncio
from collections.abc import Mapping

import pytest

from app.inventory.actions.release_holds import release_holds
from app.inventory.errors import InvalidQuantity
from app.inventory.model import Claim, Demand, HoldRequest
from app.inventory.sql import claims_of
from app.kit.db import Database
from app.kit.errors import InvalidTransition, NotFound
from app.kit.ids import new_id
from tests.inventory.builders import counters, facts, hold, movements, stocked, wish
from tests.inventory.transfers import receive, send, ship, state, transit


async def test_units_of_a_transfer_of_its_own_go_on_sale_at_the_destination(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 4))
    await ship(db, transfer_id)
    await receive(db, transfer_id)
    under_way = await transit(db)
    assert await state(db, transfer_id) == ("RECEIVED", 3, [(4, 4, 4, 0)])
    assert await counters(db) == {
        (shirt, warehouse): (6, 0, 0, 0),
        (shirt, store): (4, 0, 0, 0),
        (shirt, under_way): (0, 0, 0, 0),
    }
    assert sorted((await movements(db))[4:]) == [
        ("TRANSFERRED_IN", 4, 0, 0, store),
        ("TRANSFERRED_OUT", -4, 0, -4, under_way),
    ]


async def test_an_orders_units_are_allocated_to_it_at_the_destination(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 1)
    request = wish(shirt, 4, store, warehouse, may_split=True)
    await hold(db, request)
    transfer_id = await send(db, warehouse, store, (shirt, 3, 1), order_id=request.owner_id)
    await ship(db, transfer_id)
    await receive(db, transfer_id, {1: 2})
    async with db.read() as tx:
        assert sorted((c.location_id, c.quantity) for c in await claims_of(tx, request.owner_id)) == sorted(
            [(store, 3), (await transit(db), 1)]
        )
    await receive(db, transfer_id)
    async with db.read() as tx:
        assert await claims_of(tx, request.owner_id) == [Claim(1, shirt, store, 4)]
    assert (await counters(db))[shirt, store] == (4, 0, 4, 0)
    assert [(fact["status"], fact["received"]) for fact in await facts(db, "transfer_received")] == [
        ("PARTIALLY_RECEIVED", {"1": 2}),
        ("RECEIVED", {"1": 1}),
    ]


async def test_lost_units_leave_the_books_and_the_promise(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    request = wish(shirt, 5, warehouse)
    await hold(db, request)
    transfer_id = await send(db, warehouse, store, (shirt, 3, 1), (shirt, 2, 1), order_id=request.owner_id)
    await ship(db, transfer_id)
    await receive(db, transfer_id, {1: 1}, lost={2: 2})
    assert await state(db, transfer_id) == ("PARTIALLY_RECEIVED", 3, [(3, 3, 1, 0), (2, 2, 0, 2)])
    await receive(db, transfer_id, lost={1: 1})
    under_way = await transit(db)
    assert await state(db, transfer_id) == ("RECEIVED", 4, [(3, 3, 2, 1), (2, 2, 0, 2)])
    assert await counters(db) == {
        (shirt, warehouse): (5, 0, 0, 0),
        (shirt, store): (2, 0, 2, 0),
        (shirt, under_way): (0, 0, 0, 0),
    }
    lost = [row for row in await movements(db) if row[0] == "LOST_IN_TRANSIT"]
    assert lost == [("LOST_IN_TRANSIT", -2, 0, -2, under_way), ("LOST_IN_TRANSIT", -1, 0, -1, under_way)]
    assert [fact["lost"] for fact in await facts(db, "transfer_received")] == [{"2": 2}, {"1": 1}]


async def test_units_of_an_order_that_let_them_go_are_received_for_sale(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    request = wish(shirt, 3, warehouse)
    await hold(db, request)
    transfer_id = await send(db, warehouse, store, (shirt, 3, 1), order_id=request.owner_id)
    await ship(db, transfer_id)
    async with db.write() as tx:
        await release_holds(tx, request.owner_id, actor="test")
    await receive(db, transfer_id, lost={1: 1})
    assert (await counters(db))[shirt, store] == (2, 0, 0, 0)
    assert (await counters(db))[shirt, await transit(db)] == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("quantities", "lost", "maximum"),
    [({1: 5}, None, 4), ({1: -1}, None, 4), ({1: 3}, {1: 2}, 4), ({1: 0}, None, 4), (None, {1: 5}, 4), ({}, {}, 4)],
)
async def test_no_more_arrives_than_is_under_way(
    db: Database, quantities: Mapping[int, int] | None, lost: Mapping[int, int] | None, maximum: int
) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 4))
    await ship(db, transfer_id)
    before = await counters(db)
    with pytest.raises(InvalidQuantity) as refusal:
        await receive(db, transfer_id, quantities, lost)
    assert refusal.value.facts["maximum"] == maximum
    assert await counters(db) == before
    assert (await state(db, transfer_id))[0] == "IN_TRANSIT"


async def test_unknown_lines_and_wrong_states_are_refused(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 4))
    with pytest.raises(InvalidTransition):
        await receive(db, transfer_id)
    await ship(db, transfer_id)
    with pytest.raises(NotFound):
        await receive(db, transfer_id, {2: 1})
    with pytest.raises(NotFound):
        await receive(db, new_id())
    await receive(db, transfer_id)
    with pytest.raises(InvalidTransition):
        await receive(db, transfer_id)
    assert (await counters(db))[shirt, store] == (4, 0, 0, 0)


async def test_received_twice_in_parallel_arrives_once(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 4))
    await ship(db, transfer_id)
    results = await asyncio.gather(*(receive(db, transfer_id) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(result, InvalidTransition) for result in results) == 5
    assert (await counters(db))[shirt, store] == (4, 0, 0, 0)


async def test_arrivals_race_with_releases_of_their_order(db: Database) -> None:
    """Whichever comes first, every unit ends at the store, and none is promised twice."""
    shirt, [warehouse, store] = await stocked(db, 60, 0)
    lines = (Demand(1, shirt, 2, (warehouse,)), Demand(2, shirt, 1, (warehouse,)))
    owners = [new_id() for _ in range(20)]
    await hold(db, *(HoldRequest("ORDER", owner, lines) for owner in owners))
    transfers = [await send(db, warehouse, store, (shirt, 2, 1), (shirt, 1, 2), order_id=owner) for owner in owners]
    for transfer_id in transfers:
        await ship(db, transfer_id)

    async def release(number: int) -> None:
        async with db.write() as tx:
            await release_holds(tx, owners[number], actor="test")

    await asyncio.gather(*(job for number in range(20) for job in (receive(db, transfers[number]), release(number))))
    on_hand, reserved, allocated, _ = (await counters(db))[shirt, store]
    assert (on_hand, reserved, allocated) == (60, 0, 0)
