"""Suppliers deliver."""

import asyncio

import pytest

from app.inventory.errors import InvalidQuantity, OverDelivery
from app.kit.db import Database
from app.kit.errors import InvalidTransition, NotFound
from tests.inventory.builders import counters, facts, movements, stocked
from tests.inventory.purchases import deliver, ordered, purchase


async def test_units_come_in_parts(db: Database) -> None:
    shirt, [store] = await stocked(db, 2)
    order_id = await ordered(db, store, (shirt, 10), (shirt, 5))
    await deliver(db, order_id, {1: 4, 2: 0})
    assert await purchase(db, order_id) == ("PARTIALLY_RECEIVED", 3, [(shirt, 10, 4, None), (shirt, 5, 0, None)])
    assert await counters(db) == {(shirt, store): (6, 0, 0, 0)}
    await deliver(db, order_id)
    assert await purchase(db, order_id) == ("RECEIVED", 4, [(shirt, 10, 10, None), (shirt, 5, 5, None)])
    assert await counters(db) == {(shirt, store): (17, 0, 0, 0)}
    assert [row[:2] for row in await movements(db)] == [
        ("RECEIVED", 2),
        ("RECEIVED", 4),
        ("RECEIVED", 6),
        ("RECEIVED", 5),
    ]
    async with db.read() as tx:
        causes = await tx.connection.fetch(
            "SELECT DISTINCT cause_kind, cause_id, actor FROM ledger WHERE cause_kind <> 'TEST'"
        )
    assert [tuple(row) for row in causes] == [("PURCHASE_ORDER", order_id, "test")]
    assert [fact["status"] for fact in await facts(db, "purchase_order_changed")] == [
        "DRAFT",
        "ORDERED",
        "PARTIALLY_RECEIVED",
        "RECEIVED",
    ]


async def test_more_than_was_ordered_needs_a_tolerance(db: Database) -> None:
    shirt, [store] = await stocked(db, 0)
    order_id = await ordered(db, store, (shirt, 25), (shirt, 3))
    await deliver(db, order_id, {1: 20})
    with pytest.raises(OverDelivery) as refusal:
        await deliver(db, order_id, {1: 8, 2: 3}, percent=10)
    assert refusal.value.facts == {
        "line_no": 1,
        "ordered_quantity": 25,
        "received_quantity": 20,
        "maximum": 7,  # 10 % of 25 is 2 and a half; a half unit does not exist
    }
    assert await counters(db) == {(shirt, store): (20, 0, 0, 0)}
    await deliver(db, order_id, {1: 7}, percent=10)
    assert await purchase(db, order_id) == ("PARTIALLY_RECEIVED", 4, [(shirt, 25, 27, None), (shirt, 3, 0, None)])
    with pytest.raises(OverDelivery) as refusal:
        await deliver(db, order_id, {1: 1, 2: 3})
    assert refusal.value.facts["maximum"] == 0
    await deliver(db, order_id)
    assert await purchase(db, order_id) == ("RECEIVED", 5, [(shirt, 25, 27, None), (shirt, 3, 3, None)])
    assert await counters(db) == {(shirt, store): (30, 0, 0, 0)}


async def test_a_full_tolerance_doubles_the_order_at_most(db: Database) -> None:
    shirt, [store] = await stocked(db, 0)
    order_id = await ordered(db, store, (shirt, 2))
    with pytest.raises(OverDelivery):
        await deliver(db, order_id, {1: 5}, percent=100)
    await deliver(db, order_id, {1: 4}, percent=100)
    assert await counters(db) == {(shirt, store): (4, 0, 0, 0)}


async def test_damaged_units_count_as_received_and_fill_the_tolerance(db: Database) -> None:
    shirt, [store] = await stocked(db, 0)
    order_id = await ordered(db, store, (shirt, 10))
    await deliver(db, order_id, {1: 0}, damaged={1: 4})
    assert await purchase(db, order_id) == ("PARTIALLY_RECEIVED", 3, [(shirt, 10, 4, None)])
    with pytest.raises(OverDelivery) as refusal:
        await deliver(db, order_id, {1: 6}, damaged={1: 1})
    assert refusal.value.facts["maximum"] == 6
    assert refusal.value.path == ["input", "lines", "0", "quantity"]
    await deliver(db, order_id, {1: 5}, damaged={1: 1})
    assert (await purchase(db, order_id))[0] == "RECEIVED"
    assert await counters(db) == {(shirt, store): (5, 0, 0, 0)}
    async with db.read() as tx:
        states = await tx.connection.fetch("SELECT state, quantity FROM stock_states")
        damaged = await tx.connection.fetchval("SELECT damaged_quantity FROM purchase_order_lines")
    assert ([tuple(row) for row in states], damaged) == ([("DAMAGED", 5)], 5)


async def test_impossible_deliveries_are_refused(db: Database) -> None:
    shirt, [store] = await stocked(db, 0)
    order_id = await ordered(db, store, (shirt, 10))
    with pytest.raises(NotFound):
        await deliver(db, order_id, {2: 1})
    for quantities, percent in [({1: 0}, 0), ({1: -1}, 0), ({}, 0), ({1: 1}, 101), ({1: 1}, -1), ({1: 1_000_001}, 0)]:
        with pytest.raises(InvalidQuantity):
            await deliver(db, order_id, quantities, percent)
    assert await counters(db) == {}
    assert (await purchase(db, order_id))[:2] == ("ORDERED", 2)


async def test_the_same_delivery_at_two_gates_is_taken_once(db: Database) -> None:
    shirt, [store] = await stocked(db, 0)
    order_id = await ordered(db, store, (shirt, 10))
    results = await asyncio.gather(*(deliver(db, order_id) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(result, InvalidTransition) for result in results) == 7
    assert results.count(None) == 1
    assert await counters(db) == {(shirt, store): (10, 0, 0, 0)}


async def test_gates_that_receive_parts_take_no_more_than_was_ordered(db: Database) -> None:
    shirt, [store] = await stocked(db, 0)
    order_id = await ordered(db, store, (shirt, 10))
    results = await asyncio.gather(*(deliver(db, order_id, {1: 3}) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(result, OverDelivery) for result in results) == 5
    assert await counters(db) == {(shirt, store): (9, 0, 0, 0)}
    assert (await purchase(db, order_id))[0] == "PARTIALLY_RECEIVED"
