"""Units that are there but not sold."""

import asyncio
from typing import Any

import asyncpg
import pytest

from app.inventory.actions.change_stock_state import change_stock_state
from app.inventory.errors import InsufficientStock, InvalidQuantity
from app.inventory.model import StockLine
from app.inventory.model.corrections import Promise, PromisePolicy
from app.inventory.model.states import SET_ASIDE, UNIT, StateStep, StockState
from app.kit.db import Database
from app.kit.errors import InvalidTransition, NotFound
from app.kit.ids import new_id
from tests.inventory.builders import because, counters, facts, hold, movements, stocked, wish

ALL = list(StockState)


async def change(db: Database, variant_id: int, location_id: int, *what: Any, **options: Any) -> list[Promise]:
    """what: units, the state before, the state after."""
    quantity, before, after = what
    line = StockLine(variant_id, location_id, quantity)
    ends = {"before": StockState(before), "after": StockState(after)}
    return await db.in_write(lambda tx: change_stock_state(tx, line, **ends, cause=because("DAMAGE"), **options))


async def aside(db: Database) -> dict[tuple[int, int, str], int]:
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT * FROM stock_states WHERE quantity > 0")
    return {(row["variant_id"], row["location_id"], row["state"]): row["quantity"] for row in rows}


async def test_units_pass_from_state_to_state(db: Database) -> None:
    shirt, [store] = await stocked(db, 10)
    await change(db, shirt, store, 4, "SELLABLE", "QUALITY_CONTROL")
    assert (await counters(db), await aside(db)) == (
        {(shirt, store): (6, 0, 0, 0)},
        {(shirt, store, "QUALITY_CONTROL"): 4},
    )
    await change(db, shirt, store, 1, "QUALITY_CONTROL", "DAMAGED")
    await change(db, shirt, store, 2, "QUALITY_CONTROL", "SELLABLE")
    await change(db, shirt, store, 1, "DAMAGED", "WRITTEN_OFF")
    assert (await counters(db), await aside(db)) == (
        {(shirt, store): (8, 0, 0, 0)},
        {(shirt, store, "QUALITY_CONTROL"): 1},
    )
    assert [row[:2] for row in await movements(db)] == [
        ("RECEIVED", 10),
        ("STATE_CHANGED", -4),
        ("STATE_CHANGED", 0),
        ("STATE_CHANGED", 0),
        ("STATE_CHANGED", 2),
        ("WRITTEN_OFF", 0),
    ]
    told = [(fact["state"], fact["quantity"], fact["version"]) for fact in await facts(db, "stock_state")]
    assert told == [
        ("QUALITY_CONTROL", 4, 2),
        ("DAMAGED", 1, 4),
        ("QUALITY_CONTROL", 3, 4),
        ("QUALITY_CONTROL", 1, 5),
        ("DAMAGED", 0, 6),
    ]


@pytest.mark.parametrize("before", ALL)
@pytest.mark.parametrize("after", ALL)
async def test_every_step_from_every_state(db: Database, before: StockState, after: StockState) -> None:
    shirt, [store] = await stocked(db, 10)
    if before in SET_ASIDE:
        await change(db, shirt, store, 3, "SELLABLE", before)
    stock, others = await counters(db), await aside(db)
    step = StateStep.WRITE_OFF if after is StockState.WRITTEN_OFF else StateStep.MOVE
    if after not in UNIT.steps[step].get(before, ()):
        with pytest.raises(InvalidTransition):
            await change(db, shirt, store, 3, before, after)
        assert (await counters(db), await aside(db)) == (stock, others)
        return
    await change(db, shirt, store, 3, before, after)
    on_hand = {"SELLABLE": 10}.get(after, 7)
    assert await counters(db) == {(shirt, store): (on_hand, 0, 0, 0)}
    assert await aside(db) == ({(shirt, store, after.value): 3} if after in SET_ASIDE else {})


async def test_only_units_in_the_state_can_leave_it(db: Database) -> None:
    shirt, [store, other] = await stocked(db, 10, 10)
    await change(db, shirt, store, 2, "SELLABLE", "DAMAGED")
    for place, units, available in [(store, 3, 2), (other, 1, 0)]:
        with pytest.raises(InsufficientStock) as refusal:
            await change(db, shirt, place, units, "DAMAGED", "SELLABLE")
        assert refusal.value.facts == {"requested": units, "available": available, "variant_id": shirt}
    for quantity in (0, -1):
        with pytest.raises(InvalidQuantity):
            await change(db, shirt, store, quantity, "DAMAGED", "SELLABLE")
    for variant_id, place in [(shirt, 999_999), (999_999, store)]:
        with pytest.raises(NotFound):
            await change(db, variant_id, place, 1, "DAMAGED", "SELLABLE")
    assert await aside(db) == {(shirt, store, "DAMAGED"): 2}


async def test_promised_units_are_kept_or_their_promise_is_broken(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    order = new_id()
    await hold(db, wish(shirt, 4, store, owner_id=order))
    with pytest.raises(InsufficientStock):
        await change(db, shirt, store, 2, "SELLABLE", "DAMAGED")
    assert await aside(db) == {}
    broken = await change(db, shirt, store, 2, "SELLABLE", "DAMAGED", policy=PromisePolicy.BREAK_YOUNGEST)
    assert broken == [Promise("ORDER", order, 1, shirt, store, 1, "A")]
    assert await counters(db) == {(shirt, store): (3, 0, 3, 0)}
    assert await aside(db) == {(shirt, store, "DAMAGED"): 2}


async def test_of_many_who_take_the_last_damaged_units_each_unit_goes_once(db: Database) -> None:
    shirt, [store] = await stocked(db, 10)
    await change(db, shirt, store, 5, "SELLABLE", "DAMAGED")
    done = await asyncio.gather(
        *(change(db, shirt, store, 1, "DAMAGED", "WRITTEN_OFF") for _ in range(16)), return_exceptions=True
    )
    assert sum(isinstance(one, InsufficientStock) for one in done) == 11
    assert done.count([]) == 5
    assert await aside(db) == {}


async def test_nothing_but_the_ledger_moves_them(db: Database) -> None:
    shirt, [store] = await stocked(db, 10)
    await change(db, shirt, store, 5, "SELLABLE", "DAMAGED")
    for statement in (
        "UPDATE stock_states SET quantity = 9",
        "DELETE FROM stock_states",
        "TRUNCATE stock_states",
        f"INSERT INTO stock_states VALUES ({shirt}, {store}, 'DISPLAY', 7)",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.write() as tx:
                await tx.connection.execute(statement)
    with pytest.raises(asyncpg.CheckViolationError):
        async with db.write() as tx:
            await tx.connection.execute(
                "INSERT INTO ledger (variant_id, location_id, state, d_state, kind, cause_kind, cause_id, actor) "
                "VALUES ($1, $2, 'DAMAGED', -6, 'WRITTEN_OFF', 'STAFF', $3, 'test')",
                shirt,
                store,
                new_id(),
            )
    assert await aside(db) == {(shirt, store, "DAMAGED"): 5}
