"""What nobody collected at own stores is on sale again, many at a time."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from uuid import UUID

from app.fulfillment.actions.extend_pickup import extend_pickup
from app.fulfillment.actions.hand_over import hand_over
from app.fulfillment.actions.plan_work import plan_work
from app.kit.db import Database
from app.kit.errors import InvalidTransition
from tests.conftest import NOW, Count
from tests.fulfillment.builders import STAFF, Shop, konbini_pickup, make_order, planned_order, store_pickup
from tests.fulfillment.due import expire
from tests.fulfillment.views import make_arrived, make_ready, make_verified, order_states, pickup_of, stock_of

LATE = NOW + timedelta(days=8, seconds=1)


async def _sweep(db: Database, now: datetime = LATE) -> int:
    return await expire(db, now)


async def _ready(db: Database, shop: Shop, payment: str = "PAY_AT_PICKUP") -> UUID:
    async with db.write() as tx:
        order_id = await make_order(tx, shop, store_pickup(shop), payment=payment)
        await plan_work(tx, order_id, now=NOW)
    await make_ready(db, order_id)
    return order_id


async def test_goods_are_given_up_after_their_time_and_a_day(db: Database) -> None:
    shop, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    assert await _sweep(db, pickup.hold_until + timedelta(days=1)) == 0
    assert await _sweep(db, pickup.hold_until + timedelta(days=1, seconds=1)) == 1
    assert (await pickup_of(db, order_id)).status == "EXPIRED"
    assert await stock_of(db, shop.variants[1], shop.store) == (10, 0)
    assert await order_states(db, order_id) == ("CANCELED", "VOIDED", "CANCELED")


async def test_many_at_once_in_as_many_statements_as_one(
    db: Database, count_statements: Callable[[], AbstractContextManager[Count]]
) -> None:
    shop, first = await planned_order(db, store_pickup)
    await make_ready(db, first)
    with count_statements() as one:
        assert await _sweep(db) == 1
    orders = [await _ready(db, shop, payment) for payment in ("CARD", "PAY_AT_PICKUP", "CARD", "PAY_AT_PICKUP")]
    with count_statements() as many:
        assert await _sweep(db) == 4
    assert one.total == many.total
    assert {await order_states(db, order_id) for order_id in orders} == {("CANCELED", "VOIDED", "CANCELED")}
    assert await stock_of(db, shop.variants[1], shop.store) == (10, 0)


async def test_two_pickups_of_one_order_expire_together(db: Database) -> None:
    shop, order_id = await planned_order(db, store_pickup, lambda shop: store_pickup(shop, units=2))
    async with db.write() as tx:
        ids = [row["id"] for row in await tx.connection.fetch("SELECT id FROM pickups ORDER BY id")]
    from app.fulfillment.actions.mark_ready import mark_ready  # noqa: PLC0415

    for pickup_id in ids:
        await db.in_write(lambda tx, pickup_id=pickup_id: mark_ready(tx, pickup_id, actor=STAFF, now=NOW))
    assert await _sweep(db) == 2
    assert await order_states(db, order_id) == ("CANCELED", "VOIDED", "CANCELED")
    assert await stock_of(db, shop.variants[1], shop.store) == (10, 0)


async def test_a_point_gives_up_by_itself(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    await make_arrived(db, shop, order_id)
    assert await _sweep(db, NOW + timedelta(days=90)) == 0
    assert (await pickup_of(db, order_id)).status == "READY"


async def test_goods_that_are_kept_for_longer_stay(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    await db.in_write(lambda tx: extend_pickup(tx, pickup.id, actor=STAFF, now=NOW))
    assert await _sweep(db) == 0
    assert await _sweep(db, LATE + timedelta(days=3)) == 1


async def test_a_hand_over_and_several_sweeps_at_once_end_it_once(db: Database) -> None:
    shop, first = await planned_order(db, store_pickup)
    orders = [first, *[await _ready(db, shop, "CARD") for _ in range(3)]]
    pickup = await make_verified(db, first)
    answers = await asyncio.gather(
        db.in_write(lambda tx: hand_over(tx, pickup.id, actor=STAFF, now=NOW)),
        *(_sweep(db) for _ in range(4)),
        return_exceptions=True,
    )
    assert answers[0] is None or isinstance(answers[0], InvalidTransition)
    while await _sweep(db):
        pass
    statuses = [(await pickup_of(db, order_id)).status for order_id in orders]
    assert statuses[1:] == ["EXPIRED"] * 3
    on_hand = {"COLLECTED": 9, "EXPIRED": 10}[statuses[0]]
    assert await stock_of(db, shop.variants[1], shop.store) == (on_hand, 0)
