"""Transfers that leave in parts, arrive otherwise than they left, and are closed."""

import asyncio

import pytest

from app.inventory.actions.close_transfer import close_transfer
from app.inventory.errors import InvalidQuantity
from app.inventory.model.corrections import Correction, PromisePolicy
from app.inventory.model.transfers import DiscrepancyReason
from app.inventory.sql import claims_of
from app.inventory.sql.states import states_of
from app.inventory.sql.transfers import lines_of
from app.kit.db import Database
from app.kit.errors import InvalidTransition
from tests.conftest import NOW
from tests.inventory.builders import corrected, counters, facts, hold, stocked, wish
from tests.inventory.transfers import receive, send, ship, state, transit


async def close(db: Database, transfer_id: object, reason: DiscrepancyReason) -> None:
    await db.in_write(
        lambda tx: close_transfer(tx, transfer_id, reason=reason, note="box torn", actor="test", now=NOW)  # type: ignore[arg-type]
    )


async def reasons(db: Database) -> list[tuple[str, int, int, str | None, str | None]]:
    """(kind, on_hand, set aside, reason, note) of the ledger's rows that have a reason."""
    async with db.read() as tx:
        rows = await tx.connection.fetch(
            "SELECT kind, d_on_hand, d_state, reason, note FROM ledger WHERE reason IS NOT NULL ORDER BY entry_id"
        )
    return [tuple(row) for row in rows]


async def test_units_leave_in_parts_and_what_waits_stays_promised(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 6), (shirt, 2))
    await ship(db, transfer_id, {1: 4})
    under_way = await transit(db)
    assert await state(db, transfer_id) == ("IN_TRANSIT", 2, [(6, 4, 0, 0), (2, 0, 0, 0)])
    assert await counters(db) == {(shirt, warehouse): (6, 0, 4, 0), (shirt, under_way): (4, 0, 4, 0)}
    await receive(db, transfer_id)
    assert (await state(db, transfer_id))[0] == "PARTIALLY_RECEIVED"
    for quantities in ({1: 3}, {1: -1}, {1: 0}):
        with pytest.raises(InvalidQuantity):
            await ship(db, transfer_id, quantities)
    await ship(db, transfer_id)
    await receive(db, transfer_id)
    assert await state(db, transfer_id) == ("RECEIVED", 5, [(6, 6, 6, 0), (2, 2, 2, 0)])
    assert await counters(db) == {
        (shirt, warehouse): (2, 0, 0, 0),
        (shirt, under_way): (0, 0, 0, 0),
        (shirt, store): (8, 0, 0, 0),
    }


async def test_damaged_units_are_set_aside_and_surplus_is_sold(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 6))
    await ship(db, transfer_id)
    await receive(
        db,
        transfer_id,
        {1: 3},
        {1: 1},
        damaged={1: 2},
        surplus={1: 4},
        reason=DiscrepancyReason.MISCOUNTED,
        note="two wet",
    )
    assert await state(db, transfer_id) == ("RECEIVED", 3, [(6, 6, 5, 1)])
    async with db.read() as tx:
        [line] = await lines_of(tx, transfer_id)
        assert await states_of(tx, [(shirt, store)]) == {(shirt, store, "DAMAGED"): 2}
    assert (line["damaged_quantity"], line["surplus_quantity"], line["discrepancy_reason"]) == (2, 4, "MISCOUNTED")
    assert await counters(db) == {
        (shirt, warehouse): (4, 0, 0, 0),
        (shirt, await transit(db)): (0, 0, 0, 0),
        (shirt, store): (7, 0, 0, 0),
    }
    assert sorted(await reasons(db)) == [
        ("ADJUSTED", 4, 0, "MISCOUNTED", "two wet"),
        ("LOST_IN_TRANSIT", -1, 0, "MISCOUNTED", "two wet"),
        ("TRANSFERRED_IN", 0, 2, "MISCOUNTED", "two wet"),
    ]
    [fact] = await facts(db, "transfer_received")
    assert (fact["received"], fact["damaged"], fact["lost"], fact["surplus"]) == (
        {"1": 3},
        {"1": 2},
        {"1": 1},
        {"1": 4},
    )


async def test_what_is_missing_is_lost_and_what_waits_goes_on_sale(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 6), (shirt, 2))
    await ship(db, transfer_id, {1: 5})
    await receive(db, transfer_id, {1: 2})
    await close(db, transfer_id, DiscrepancyReason.STOLEN)
    assert await state(db, transfer_id) == ("RECEIVED", 4, [(6, 5, 2, 3), (2, 0, 0, 0)])
    assert await counters(db) == {
        (shirt, warehouse): (5, 0, 0, 0),
        (shirt, await transit(db)): (0, 0, 0, 0),
        (shirt, store): (2, 0, 0, 0),
    }
    assert ("LOST_IN_TRANSIT", -3, 0, "STOLEN", "box torn") in await reasons(db)


async def test_units_that_were_not_sent_lie_at_the_source(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 6))
    await ship(db, transfer_id)
    await close(db, transfer_id, DiscrepancyReason.NOT_SENT)
    assert await state(db, transfer_id) == ("RECEIVED", 3, [(6, 6, 0, 6)])
    assert await counters(db) == {(shirt, warehouse): (10, 0, 0, 0), (shirt, await transit(db)): (0, 0, 0, 0)}


async def test_an_order_loses_what_does_not_come_to_it(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    request = wish(shirt, 7, warehouse)
    await hold(db, request)
    transfer_id = await send(db, warehouse, store, (shirt, 7, 1), order_id=request.owner_id)
    await ship(db, transfer_id, {1: 5})
    await receive(db, transfer_id, {1: 2}, damaged={1: 1})
    await close(db, transfer_id, DiscrepancyReason.LOST)
    async with db.read() as tx:
        assert [(c.location_id, c.quantity) for c in await claims_of(tx, request.owner_id)] == [(store, 2)]
    assert await counters(db) == {
        (shirt, warehouse): (5, 0, 0, 0),
        (shirt, await transit(db)): (0, 0, 0, 0),
        (shirt, store): (2, 0, 2, 0),
    }


async def test_shrinkage_takes_what_has_not_left_and_lets_the_rest_arrive(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 8))
    await ship(db, transfer_id, {1: 5})
    done = await corrected(db, Correction(shirt, warehouse, quantity=2), policy=PromisePolicy.BREAK_YOUNGEST)
    assert [(promise.owner_kind, promise.quantity) for promise in done.broken] == [("TRANSFER", 3)]
    assert await counters(db) == {(shirt, warehouse): (2, 0, 0, 0), (shirt, await transit(db)): (5, 0, 5, 0)}
    assert await facts(db, "transfer_canceled") == []
    await receive(db, transfer_id)
    assert await state(db, transfer_id) == ("RECEIVED", 4, [(8, 5, 5, 0)])


async def test_receipts_parts_and_a_close_race_and_no_unit_is_counted_twice(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 40, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 40))
    await ship(db, transfer_id, {1: 20})
    jobs = [ship(db, transfer_id, {1: 2}) for _ in range(8)] + [receive(db, transfer_id, {1: 3}) for _ in range(8)]
    jobs.append(close(db, transfer_id, DiscrepancyReason.LOST))
    results = await asyncio.gather(*jobs, return_exceptions=True)
    assert all(one is None or isinstance(one, InvalidTransition | InvalidQuantity) for one in results)
    status, _, [(quantity, shipped, received, lost)] = await state(db, transfer_id)
    assert (status, quantity, received + lost) == ("RECEIVED", 40, shipped)
    assert await counters(db) == {
        key: units
        for key, units in {
            (shirt, warehouse): (40 - shipped, 0, 0, 0),
            (shirt, await transit(db)): (0, 0, 0, 0),
            (shirt, store): (received, 0, 0, 0),
        }.items()
        if key[1] != store or received
    }
