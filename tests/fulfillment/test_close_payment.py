"""With two pickups each is paid by itself; what nobody collected is not paid."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.fulfillment.actions.close_payment import close_payment
from app.fulfillment.actions.expire_pickup import expire_pickup
from app.fulfillment.actions.follow_transfer import follow_transfer
from app.fulfillment.actions.hand_over import hand_over
from app.fulfillment.actions.mark_ready import mark_ready
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.inventory.model.transfers import Arrival
from app.kit.db import Database, Row, WriteTx
from app.kit.ids import global_id
from tests.conftest import NOW, Execute
from tests.fulfillment.builders import STAFF, Part, Shop, planned_order, store_pickup
from tests.fulfillment.views import (
    everything,
    history_of,
    make_ready,
    order_states,
    pickups_of,
    say_code,
    transfer_of,
)

LATER = NOW + timedelta(days=30)
ORDER = """query ($id: ID!) { order(id: $id) {
  total { amount } payment { status captured { amount currency } }
  pickups { status amountDue { amount currency } lines { quantity } }
} }"""


def _other_pickup(shop: Shop) -> Part:
    return Part("STORE_PICKUP", [(shop.variants[1], 2, shop.other_store)], shop.other_store)


async def _two_pickups(db: Database, payment: str = "PAY_AT_PICKUP") -> tuple[UUID, list[Row]]:
    """One cap for 1,000 yen at one store, two at another; both READY."""
    _, order_id = await planned_order(db, store_pickup, _other_pickup, payment=payment)
    async with db.write() as tx:
        for pickup in await pickups_of(db, order_id):
            await mark_ready(tx, pickup.id, actor=STAFF, now=NOW)
    return order_id, await pickups_of(db, order_id)


async def _collect(db: Database, pickup: Row) -> None:
    assert await say_code(db, pickup) is None
    async with db.write() as tx:
        await hand_over(tx, pickup.id, actor=STAFF, now=NOW)


async def _expire(db: Database, pickup: Row) -> None:
    async with db.write() as tx:
        await expire_pickup(tx, pickup.id, actor=STAFF, now=LATER)


async def _payment(db: Database) -> tuple[str, int]:
    async with db.read() as tx:
        [row] = await tx.connection.fetch("SELECT status, captured_minor FROM payments")
    return row["status"], row["captured_minor"]


async def test_each_pickup_is_paid_by_itself(db: Database) -> None:
    order_id, [first, second] = await _two_pickups(db)
    await _collect(db, first)
    assert await _payment(db) == ("DUE_AT_PICKUP", 1000)
    assert await order_states(db, order_id) == ("PLACED", "DUE_AT_PICKUP", "PARTIALLY_FULFILLED")
    await _collect(db, second)
    assert await _payment(db) == ("CAPTURED", 3000)
    assert await order_states(db, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")
    assert (await history_of(db, order_id))[-3:] == ["PICKUP_COLLECTED", "COMPLETED", "PAYMENT_CHANGED"]
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT facts FROM order_history WHERE kind = 'PICKUP_COLLECTED' ORDER BY id")
    assert [row["facts"]["paidMinor"] for row in rows] == [1000, 2000]


@pytest.mark.parametrize(("given_up", "paid"), [(0, 2000), (1, 1000)])
@pytest.mark.parametrize("is_first", [True, False])
async def test_what_nobody_collected_is_not_paid(db: Database, given_up: int, paid: int, is_first: bool) -> None:
    order_id, pickups = await _two_pickups(db)
    steps: Sequence[tuple[Any, Row]] = [(_expire, pickups[given_up]), (_collect, pickups[1 - given_up])]
    for step, pickup in steps if is_first else reversed(steps):
        await step(db, pickup)
    assert await _payment(db) == ("CAPTURED", paid)
    assert await order_states(db, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")


async def test_nothing_collected_nothing_paid(db: Database) -> None:
    order_id, pickups = await _two_pickups(db)
    for pickup in pickups:
        await _expire(db, pickup)
    assert await _payment(db) == ("VOIDED", 0)
    assert await order_states(db, order_id) == ("CANCELED", "VOIDED", "CANCELED")


async def test_units_that_were_lost_on_their_way_are_not_paid(db: Database, execute: Execute) -> None:
    _, order_id = await planned_order(
        db, lambda shop: store_pickup(shop, units=3, source=shop.other_store), payment="PAY_AT_PICKUP"
    )
    transfer = await transfer_of(db, order_id)
    async with db.write() as tx:
        await ship_transfer(tx, transfer.id, actor="test", now=NOW)
        await receive_transfer(tx, transfer.id, Arrival({1: 2}, lost={1: 1}), actor="test", now=NOW)
        await follow_transfer(tx, transfer.id, now=NOW)
    [pickup] = (await execute(ORDER, {"id": global_id("Order", order_id)}))["order"]["pickups"]
    assert (pickup["lines"], pickup["amountDue"]["amount"]) == ([{"quantity": 2}], 2000)
    await _collect(db, await make_ready(db, order_id))
    assert await _payment(db) == ("CAPTURED", 2000)


async def test_the_shopper_sees_what_is_to_be_paid_where(db: Database, execute: Execute) -> None:
    order_id, [first, second] = await _two_pickups(db)

    async def seen() -> tuple[Any, list[int]]:
        order = (await execute(ORDER, {"id": global_id("Order", order_id)}))["order"]
        assert {pickup["amountDue"]["currency"] for pickup in order["pickups"]} == {"JPY"}
        return order["payment"], [pickup["amountDue"]["amount"] for pickup in order["pickups"]]

    assert await seen() == ({"status": "DUE_AT_PICKUP", "captured": {"amount": 0, "currency": "JPY"}}, [1000, 2000])
    await _collect(db, first)
    assert await seen() == ({"status": "DUE_AT_PICKUP", "captured": {"amount": 1000, "currency": "JPY"}}, [0, 2000])
    await _expire(db, second)
    assert await seen() == ({"status": "CAPTURED", "captured": {"amount": 1000, "currency": "JPY"}}, [0, 0])


async def test_nothing_is_due_for_who_paid_by_card(db: Database, execute: Execute) -> None:
    order_id, [first, _] = await _two_pickups(db, "CARD")
    await _collect(db, first)
    assert await _payment(db) == ("AUTHORIZED", 0)
    order = (await execute(ORDER, {"id": global_id("Order", order_id)}))["order"]
    assert [pickup["amountDue"]["amount"] for pickup in order["pickups"]] == [0, 0]


async def test_the_payment_of_an_open_order_stays_open(db: Database) -> None:
    order_id, _ = await _two_pickups(db)
    before = await everything(db)

    async def close(tx: WriteTx) -> None:
        await close_payment(tx, order_id, actor="test", now=NOW)

    await db.in_write(close)
    assert await everything(db) == before
