"""Units that were promised are not there, and other places keep the promises: who moves, and who does not."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from app.inventory.actions.correct_stock import Correctness
from app.inventory.actions.release_holds import release_holds
from app.inventory.actions.set_safety_stock import set_safety_stock
from app.inventory.model import Claim, Demand, HoldRequest, OwnerKind
from app.inventory.model.corrections import Correction, Promise, PromisePolicy
from app.inventory.model.moves import choose_moved
from app.inventory.sql.claims import claims_of
from app.kit.db import Database
from app.kit.ids import new_id
from tests.inventory.builders import corrected, counters, facts, hold, movements, stocked, wish
from tests.inventory.moving import any_of

ANN, BEN = UUID(int=1), UUID(int=2)
RESOURCE = PromisePolicy.RESOURCE_YOUNGEST


async def lose(db: Database, shirt: int, places: list[int], left: int) -> Correctness:
    return await corrected(db, Correction(shirt, places[0], quantity=left), policy=RESOURCE, elsewhere=any_of(places))


def promise(owner_id: UUID, quantity: int, variant_id: int = 7, each: int = 0) -> Promise:
    return Promise("ORDER", owner_id, 1, variant_id, 1, quantity, "A", each)


def demand(variant_id: int = 7, *places: int) -> Demand:
    return Demand(1, variant_id, 1, places or (1, 2, 3), may_split=True)


def test_the_youngest_gets_what_there_is_and_the_short_place_gives_nothing() -> None:
    demands = {(ANN, 1): demand(), (BEN, 1): demand()}
    moved = choose_moved({(7, 1): 4}, [promise(ANN, 2), promise(BEN, 5)], demands, {(7, 1): 9, (7, 2): 1, (7, 3): 2})
    told = [(one.owner_id, one.quantity, one.moved_to) for one in moved.promises]
    assert told == [(ANN, 1, 2), (ANN, 1, 3), (BEN, 1, 3)]
    assert moved.left == {(7, 1): 1}


def test_whoever_nobody_else_serves_stays_and_an_older_one_moves() -> None:
    moved = choose_moved({(7, 1): 1}, [promise(ANN, 1), promise(BEN, 1)], {(BEN, 1): demand()}, {(7, 2): 5})
    assert [(one.owner_id, one.moved_to) for one in moved.promises] == [(BEN, 2)]
    assert moved.left == {(7, 1): 0}


async def test_an_order_is_served_by_two_places_and_the_rest_of_it_ends(db: Database) -> None:
    shirt, places = await stocked(db, 9, 2, 1)
    store, depot, attic = places
    order = new_id()
    await hold(db, wish(shirt, 8, store, owner_id=order))
    before = len(await movements(db))
    done = await lose(db, shirt, places, 3)
    assert [(one.quantity, one.moved_to) for one in done.broken] == [(2, depot), (1, attic), (2, None)]
    assert (await movements(db))[before:] == [
        ("ALLOCATION_RELEASED", 0, 0, -2, store),
        ("ALLOCATION_RELEASED", 0, 0, -1, store),
        ("ALLOCATED", 0, 0, 2, depot),
        ("ALLOCATED", 0, 0, 1, attic),
        ("ALLOCATION_RELEASED", 0, 0, -2, store),
        ("ADJUSTED", -6, 0, 0, store),
    ]
    async with db.read() as tx:
        assert await claims_of(tx, order) == [
            Claim(1, shirt, store, 3),
            Claim(1, shirt, depot, 2),
            Claim(1, shirt, attic, 1),
        ]
        reasons = await tx.connection.fetch("SELECT DISTINCT reason FROM ledger WHERE cause_id = $1", order)
    assert {row["reason"] for row in reasons} == {None, "SHRINKAGE"}
    assert await facts(db, "promises_moved") == [{"order_id": str(order)}]
    assert [fact["quantity"] for fact in await facts(db, "promise_broken")] == [2]


async def test_units_are_added_to_what_the_line_has_there_already(db: Database) -> None:
    shirt, places = await stocked(db, 4, 9)
    order = new_id()
    parts = Demand(1, shirt, 6, (places[0], places[1]), may_split=True)
    await hold(db, HoldRequest(OwnerKind.ORDER, order, (parts,)))
    await lose(db, shirt, places, 1)
    async with db.read() as tx:
        assert await claims_of(tx, order) == [Claim(1, shirt, places[0], 1), Claim(1, shirt, places[1], 5)]


async def test_carts_transfers_and_staff_do_not_move(db: Database) -> None:
    shirt, places = await stocked(db, 5, 9)
    line = Demand(1, shirt, 5, (places[0],))
    await hold(db, HoldRequest(OwnerKind.STAFF, new_id(), (line,)))
    done = await lose(db, shirt, places, 3)
    assert [one.moved_to for one in done.broken] == [None]
    assert (await counters(db))[shirt, places[1]] == (9, 0, 0, 0)


async def test_safety_stock_is_not_given_to_orders_that_lost_theirs(db: Database) -> None:
    shirt, places = await stocked(db, 3, 3)
    async with db.write() as tx:
        where = {"variant_id": shirt, "location_id": places[1]}
        await set_safety_stock(tx, **where, quantity=2, cause_id=new_id(), actor="test")
    await hold(db, wish(shirt, 3, places[0]))
    done = await lose(db, shirt, places, 0)
    assert [(one.quantity, one.moved_to) for one in done.broken] == [(1, places[1]), (2, None)]


async def test_nothing_is_moved_where_nobody_says_where_to(db: Database) -> None:
    shirt, places = await stocked(db, 3)
    with pytest.raises(ValueError, match="somebody knows"):
        await corrected(db, Correction(shirt, places[0], quantity=0), policy=RESOURCE)


async def test_an_order_that_somebody_is_dealing_with_is_waited_for(db: Database) -> None:
    """The transaction begins again until the other one has ended; here it never does."""
    shirt, places = await stocked(db, 3, 3)
    order = new_id()
    await hold(db, wish(shirt, 3, places[0], owner_id=order))
    async with db.write() as other:
        await other.connection.execute("SELECT FROM holds WHERE owner_id = $1 FOR UPDATE", order)
        with pytest.raises(asyncpg.SerializationError):
            await lose(db, shirt, places, 0)
    assert (await counters(db))[shirt, places[0]] == (3, 0, 3, 0)
    await lose(db, shirt, places, 0)
    assert (await counters(db))[shirt, places[1]] == (3, 0, 3, 0)


async def test_losses_orders_and_cancellations_at_once(db: Database) -> None:
    """C-1: 40 buyers, 30 units at two places, of which 12 turn out to be missing, and orders that are given up."""
    shirt, places = await stocked(db, 18, 12)
    owners = [new_id() for _ in range(40)]

    async def buy(number: int) -> None:
        wanted = Demand(1, shirt, 1, tuple(places if number % 2 else reversed(places)), may_split=True)
        await hold(db, HoldRequest(OwnerKind.ORDER, owners[number], (wanted,)))

    losses = [
        corrected(db, Correction(shirt, place, delta=-3), policy=RESOURCE, elsewhere=any_of(places))
        for place in (*places, *places)
    ]
    gone = [db.in_write(lambda tx, owner=owner: release_holds(tx, owner, actor="x")) for owner in owners[:6]]
    await asyncio.gather(*(buy(number) for number in range(40)), *losses, *gone)
    found = await counters(db)
    assert [found[shirt, place][0] for place in places] == [12, 6]
    assert all(units[1] + units[2] <= units[0] for units in found.values())
    async with db.read() as tx:
        held = await tx.connection.fetchval("SELECT sum(quantity) FROM holds")
    assert held == sum(units[2] for units in found.values()) <= 18
