"""Counters that somebody has changed by hand are brought back to the truth, while the shop sells."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.inventory.actions.change_stock_state import change_stock_state
from app.inventory.actions.repair_stock import Repair
from app.inventory.model import Demand, HoldRequest, OwnerKind, StockLine
from app.inventory.model.corrections import Promise
from app.inventory.model.states import StockState
from app.kit.db import Database
from app.kit.ids import new_id
from tests.conftest import NOW, broken_invariants
from tests.inventory.builders import because, counters, facts, hold, movements, stocked, wish
from tests.inventory.drifting import drifts, repair, tamper

LATER = NOW + timedelta(hours=1)


async def stands(db: Database) -> list[dict[str, Any]]:
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT before, after, reason, note, actor FROM stock_repairs ORDER BY at")
    return [dict(row) for row in rows]


async def test_a_counter_goes_back_to_the_sum_of_its_ledger(db: Database) -> None:
    shirt, [store, depot] = await stocked(db, 5, 8)
    await hold(db, wish(shirt, 2, store))
    before = await movements(db)
    await tamper(db, f"UPDATE stock SET on_hand = 50, safety = 3, version = 1 WHERE location_id = {store}")
    assert [row["location_id"] for row in await drifts(db, (shirt, store), (shirt, depot))] == [store]
    assert await repair(db, shirt, store) == Repair(is_needed=True, broken=[])
    assert await counters(db) == {(shirt, store): (5, 0, 2, 0), (shirt, depot): (8, 0, 0, 0)}
    assert await movements(db) == [*before, ("REPAIRED", 0, 0, 0, store)]
    assert await stands(db) == [
        {
            "before": {"on_hand": 50, "reserved": 0, "allocated": 2, "safety": 3, "version": 1},
            "after": {"on_hand": 5, "reserved": 0, "allocated": 2, "safety": 0, "version": 3},
            "reason": "CORRECTION",
            "note": "somebody typed into the database",
            "actor": "key:boss",
        }
    ]
    heard = (await facts(db, "stock"))[-1]
    assert (heard["on_hand"], heard["allocated"], heard["safety"], heard["version"]) == (5, 2, 0, 3)
    assert await drifts(db, (shirt, store)) == []


async def test_what_differs_in_nothing_is_left_alone(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    before = await movements(db)
    for counted in (None, 3):
        assert not (await repair(db, shirt, store, counted)).is_needed
    assert await movements(db) == before
    assert await stands(db) == []
    assert await counters(db) == {(shirt, store): (5, 0, 0, 0)}


@pytest.mark.parametrize("counted", [0, 3, 12])
async def test_what_was_counted_counts(db: Database, counted: int) -> None:
    shirt, [store] = await stocked(db, 5)
    await tamper(db, "UPDATE stock SET on_hand = 50")
    await repair(db, shirt, store, counted)
    assert await counters(db) == {(shirt, store): (counted, 0, 0, 0)}
    assert (await movements(db))[1:] == [("REPAIRED", 0, 0, 0, store), ("REPAIRED", counted - 5, 0, 0, store)]


async def test_a_promise_that_no_counter_knows_is_kept(db: Database) -> None:
    """A hold is somebody's order; the ledger learns of it."""
    shirt, [store] = await stocked(db, 5)
    owner, cart = new_id(), new_id()
    await hold(db, wish(shirt, 1, store, owner_id=owner))
    await hold(db, HoldRequest(OwnerKind.CART, cart, wish(shirt, 1, store).demands, LATER))
    await tamper(
        db,
        f"UPDATE holds SET quantity = 3 WHERE owner_id = '{owner}'",
        f"DELETE FROM holds WHERE owner_id = '{cart}'",
        "UPDATE stock SET reserved = 0, allocated = 0",
    )
    assert await repair(db, shirt, store) == Repair(is_needed=True, broken=[])
    assert await counters(db) == {(shirt, store): (5, 0, 3, 0)}
    # What the cart had reserved is not any more, in its own name; the order's two units more are the repair's.
    assert sorted((await movements(db))[3:]) == [("REPAIRED", 0, -1, 0, store), ("REPAIRED", 0, 0, 2, store)]


async def test_promises_of_more_than_there_is_end_the_youngest_first(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    old, young = new_id(), new_id()
    await hold(db, wish(shirt, 2, store, owner_id=old))
    await hold(db, wish(shirt, 2, store, owner_id=young))
    await tamper(db, "UPDATE holds SET quantity = quantity * 2")
    done = await repair(db, shirt, store)
    assert done.broken == [Promise("ORDER", young, 1, shirt, store, 3, "A")]
    assert await counters(db) == {(shirt, store): (5, 0, 5, 0)}
    assert [fact["quantity"] for fact in await facts(db, "promise_broken")] == [3]


async def test_a_row_that_is_gone_is_made_again(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    await hold(db, wish(shirt, 2, store))
    await tamper(db, "DELETE FROM stock")
    assert (await repair(db, shirt, store)).is_needed
    assert await counters(db) == {(shirt, store): (5, 0, 2, 0)}


@pytest.mark.parametrize(
    ("damage", "after"),
    [
        ("DELETE FROM ledger WHERE kind = 'RECEIVED'", (3, 1, 2, 0)),
        ("DELETE FROM ledger WHERE kind = 'ALLOCATED'", (9, 1, 2, 0)),
        ("DELETE FROM ledger WHERE kind IN ('RECEIVED', 'RESERVED')", (3, 1, 2, 0)),
        ("UPDATE ledger SET d_on_hand = 2 WHERE kind = 'RECEIVED'", (3, 1, 2, 0)),
        ("UPDATE ledger SET d_allocated = -4 WHERE kind = 'ALLOCATED'", (9, 1, 2, 0)),
        ("UPDATE ledger SET d_reserved = -7 WHERE kind = 'RESERVED'", (9, 1, 2, 0)),
        ("UPDATE ledger SET d_safety = -4 WHERE kind = 'ALLOCATED'", (9, 1, 2, 0)),
    ],
)
async def test_a_ledger_that_contradicts_itself_is_set_right_by_what_was_counted(
    db: Database, damage: str, after: tuple[int, int, int, int]
) -> None:
    """Rows of history are gone or forged: what is held stays, as long as the count allows it."""
    shirt, [store] = await stocked(db, 9)
    await hold(db, wish(shirt, 2, store))
    await hold(db, wish(shirt, 1, store, expires_at=LATER))
    await tamper(db, damage)
    done = await repair(db, shirt, store, after[0])
    assert (done.is_needed, done.broken) == (True, [])
    assert await counters(db) == {(shirt, store): after}
    heard = (await facts(db, "stock"))[-1]
    assert (heard["on_hand"], heard["reserved"], heard["allocated"], heard["safety"]) == after


async def test_units_that_are_set_aside_go_back_too(db: Database) -> None:
    shirt, [store] = await stocked(db, 9)
    line = StockLine(shirt, store, 4)
    await db.in_write(
        lambda tx: change_stock_state(
            tx, line, before=StockState.SELLABLE, after=StockState.DAMAGED, cause=because("DAMAGE")
        )
    )
    await tamper(
        db,
        "UPDATE stock_states SET quantity = 1",
        f"INSERT INTO stock_states (variant_id, location_id, state, quantity) VALUES ({shirt}, {store}, 'DISPLAY', 2)",
    )
    [found] = await drifts(db, (shirt, store))
    assert (found["is_unlike_ledger"], found["is_unlike_holds"], found["is_unlike_states"]) == (False, False, True)
    await repair(db, shirt, store)
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT state, quantity FROM stock_states ORDER BY state")
    assert [tuple(row) for row in rows] == [("DAMAGED", 4), ("DISPLAY", 0)]


async def test_forged_states_are_brought_back_to_none(db: Database) -> None:
    shirt, [store] = await stocked(db, 9)
    await tamper(db, "UPDATE ledger SET state = 'DAMAGED', d_state = -3")
    await repair(db, shirt, store)
    assert await counters(db) == {(shirt, store): (9, 0, 0, 0)}
    assert await drifts(db, (shirt, store)) == []


async def test_a_repair_while_forty_buyers_hold(db: Database) -> None:
    """C-1: the counter was forged upwards; whoever comes before, with or after the repair, nothing is sold twice."""
    shirt, [store] = await stocked(db, 20)

    async def buy() -> int:
        return sum(claim.quantity for [verdict] in [await hold(db, wish(shirt, 1, store))] for claim in verdict.claims)

    first = await asyncio.gather(*(buy() for _ in range(5)))
    await tamper(db, "UPDATE stock SET on_hand = 26, version = version + 7")
    done, *sold = await asyncio.gather(repair(db, shirt, store), *(buy() for _ in range(40)))
    later = await asyncio.gather(*(buy() for _ in range(5)))
    broken = sum(promise.quantity for promise in done.broken)
    assert sum(first) + sum(sold) + sum(later) - broken == 20
    assert sum(sold) <= 21
    assert await counters(db) == {(shirt, store): (20, 0, 20, 0)}
    assert sum(fact["quantity"] for fact in await facts(db, "promise_broken")) == broken


async def test_many_repairs_at_once_are_one(db: Database) -> None:
    shirt, [store] = await stocked(db, 20)
    await tamper(db, "UPDATE stock SET on_hand = 26")
    done = await asyncio.gather(*(repair(db, shirt, store, 19) for _ in range(8)))
    assert sum(one.is_needed for one in done) == 1
    assert await counters(db) == {(shirt, store): (19, 0, 0, 0)}
    assert len(await stands(db)) == 1


async def test_two_rows_that_break_promises_of_the_same_carts(db: Database) -> None:
    """Each repair ends carts that hold units of the other's row, too: neither waits for the other in a circle."""
    shirt, [store, depot] = await stocked(db, 10, 10)

    for number in range(8):
        places = (store, depot) if number % 2 else (depot, store)
        lines = tuple(Demand(line_no, shirt, 1, (place,)) for line_no, place in enumerate(places, 1))
        await hold(db, HoldRequest(OwnerKind.CART, new_id(), lines, LATER))
    await tamper(db, "UPDATE stock SET on_hand = 30")
    await asyncio.gather(repair(db, shirt, store, 3), repair(db, shirt, depot, 2))
    left = await counters(db)
    assert {key[1]: units[0] for key, units in left.items()} == {store: 3, depot: 2}
    assert left[shirt, store][1] == left[shirt, depot][1] <= 2


async def test_the_invariants_hold_after_each(db: Database) -> None:
    """They are what a repair is for: before it some do not."""
    shirt, [store] = await stocked(db, 5)
    await tamper(db, "UPDATE stock SET on_hand = 6")
    assert list(await broken_invariants(db)) == [
        "app.inventory.invariants: counters are the sums of the ledger, and versions its length"
    ]
    await repair(db, shirt, store)
    assert await broken_invariants(db) == {}
