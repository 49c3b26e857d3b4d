"""Goods are given to whoever said the code."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from app.fulfillment.actions.cancel_order import cancel_order
from app.fulfillment.actions.expire_pickup import expire_pickup
from app.fulfillment.actions.hand_over import hand_over
from app.fulfillment.errors import PickupCodeLocked, PickupCodeNotVerified
from app.kit.db import Database
from app.kit.errors import InvalidTransition
from app.kit.permissions import Actor
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, konbini_pickup, planned_order, store_pickup
from tests.fulfillment.views import (
    everything,
    fulfillments_of,
    history_of,
    make_arrived,
    make_ready,
    make_verified,
    order_states,
    payment_status,
    pickup_of,
    say_code,
    stock_of,
    wrong_code_of,
)


async def _hand_over(db: Database, pickup_id: UUID, actor: Actor = STAFF, *, now: datetime = NOW) -> None:
    await db.in_write(lambda tx: hand_over(tx, pickup_id, actor=actor, now=now))


async def test_goods_of_a_store_leave_its_stock_and_the_money_is_taken(db: Database) -> None:
    shop, order_id = await planned_order(db, store_pickup, payment="PAY_AT_PICKUP")
    pickup = await make_verified(db, order_id)
    assert await payment_status(db, order_id) == "DUE_AT_PICKUP"
    await _hand_over(db, pickup.id)
    pickup = await pickup_of(db, order_id)
    assert (pickup.status, pickup.collected_at) == ("COLLECTED", NOW)
    [fulfillment] = await fulfillments_of(db, order_id)
    assert (fulfillment.status, fulfillment.completed_at) == ("COMPLETED", NOW)
    assert await stock_of(db, shop.variants[1], shop.store) == (9, 0)
    assert await order_states(db, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")
    assert await payment_status(db, order_id) == "CAPTURED"
    assert "PICKUP_COLLECTED" in await history_of(db, order_id)
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT kind, d_on_hand, actor FROM ledger ORDER BY entry_id DESC LIMIT 1")
    assert [tuple(row) for row in rows] == [("HANDED_OVER", -1, "key:staff")]


async def test_a_point_reports_what_it_hands_over(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    await say_code(db, pickup, actor=shop.partner)
    before = await everything(db)
    with pytest.raises(InvalidTransition, match="pickupReport"):
        await _hand_over(db, pickup.id, shop.partner)
    assert await everything(db) == before


async def test_the_rest_of_an_order_stays_open(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup, home)
    await _hand_over(db, (await make_verified(db, order_id)).id)
    assert await order_states(db, order_id) == ("PLACED", "AUTHORIZED", "PARTIALLY_FULFILLED")
    assert [row.status for row in await fulfillments_of(db, order_id)] == ["COMPLETED", "OPEN"]


async def test_nothing_is_handed_over_without_the_code(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    before = await everything(db)
    with pytest.raises(PickupCodeNotVerified):
        await _hand_over(db, pickup.id)
    assert await everything(db) == before


async def test_a_verification_ends_after_a_quarter_of_an_hour(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_verified(db, order_id)
    before = await everything(db)
    with pytest.raises(PickupCodeNotVerified):
        await _hand_over(db, pickup.id, now=NOW + timedelta(minutes=15))
    assert await everything(db) == before
    await _hand_over(db, pickup.id, now=NOW + timedelta(minutes=14, seconds=59))
    assert (await pickup_of(db, order_id)).status == "COLLECTED"


async def test_a_locked_pickup_is_not_handed_over(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_verified(db, order_id)
    for _ in range(5):
        await say_code(db, pickup, wrong_code_of(pickup))
    before = await everything(db)
    with pytest.raises(PickupCodeLocked):
        await _hand_over(db, pickup.id)
    assert await everything(db) == before


async def test_nothing_is_handed_over_before_it_is_ready(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    before = await everything(db)
    with pytest.raises(InvalidTransition) as refusal:
        await _hand_over(db, (await pickup_of(db, order_id)).id)
    assert refusal.value.facts == {"current_status": "PREPARING"}
    assert await everything(db) == before


async def test_of_many_who_hand_over_at_once_one_does(db: Database) -> None:
    shop, order_id = await planned_order(db, store_pickup, payment="PAY_AT_PICKUP")
    pickup = await make_verified(db, order_id)
    answers = await asyncio.gather(*(_hand_over(db, pickup.id) for _ in range(8)), return_exceptions=True)
    assert [answer for answer in answers if answer is None] == [None]
    refused = [answer for answer in answers if isinstance(answer, InvalidTransition)]
    assert [refusal.facts for refusal in refused] == [{"current_status": "COLLECTED"}] * 7
    assert await stock_of(db, shop.variants[1], shop.store) == (9, 0)
    assert (await history_of(db, order_id)).count("PICKUP_COLLECTED") == 1


@pytest.mark.parametrize("order_of_calls", range(3))
async def test_a_pickup_is_collected_or_expires_or_is_canceled(db: Database, order_of_calls: int) -> None:
    shop, order_id = await planned_order(db, store_pickup)
    pickup = await make_verified(db, order_id)
    rivals = [
        _hand_over(db, pickup.id),
        db.in_write(lambda tx: expire_pickup(tx, pickup.id, actor=STAFF, now=pickup.hold_until)),
        db.in_write(lambda tx: cancel_order(tx, order_id, reason="x", actor="test", now=NOW)),
    ]
    rotated = rivals[order_of_calls:] + rivals[:order_of_calls]
    answers = await asyncio.gather(*rotated, return_exceptions=True)
    # Canceling an order that has expired whole is no change, and so no refusal.
    assert 1 <= sum(answer is None for answer in answers) <= 2
    assert all(answer is None or isinstance(answer, InvalidTransition) for answer in answers)
    status = (await pickup_of(db, order_id)).status
    on_hand = {"COLLECTED": 9, "EXPIRED": 10, "CANCELED": 10}[status]
    assert await stock_of(db, shop.variants[1], shop.store) == (on_hand, 0)
    assert (await order_states(db, order_id))[0] == ("COMPLETED" if status == "COLLECTED" else "CANCELED")
