"""Nobody came."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from app.fulfillment.actions.expire_pickup import expire_pickup
from app.fulfillment.errors import PickupStillHeld
from app.fulfillment.model.pickups import PickupExpiryReason
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
    order_states,
    payment_status,
    pickup_of,
    ship_all,
    stock_of,
)

LATER = NOW + timedelta(days=7)  # the goods of a store are kept until then, those of the point for 4 days


async def _expire(
    db: Database,
    pickup_id: UUID,
    actor: Actor = STAFF,
    *,
    reason: PickupExpiryReason = PickupExpiryReason.HOLD_ENDED,
    now: datetime = LATER,
) -> None:
    async with db.write() as tx:
        await expire_pickup(tx, pickup_id, reason=reason, actor=actor, now=now)


async def test_goods_of_a_store_are_on_sale_again_and_the_order_is_over(db: Database) -> None:
    shop, order_id = await planned_order(db, store_pickup, payment="PAY_AT_PICKUP")
    pickup = await make_ready(db, order_id)
    assert await stock_of(db, shop.variants[1], shop.store) == (10, 1)
    await _expire(db, pickup.id)
    pickup = await pickup_of(db, order_id)
    assert (pickup.status, pickup.expired_at) == ("EXPIRED", LATER)
    assert await stock_of(db, shop.variants[1], shop.store) == (10, 0)
    assert [row.status for row in await fulfillments_of(db, order_id)] == ["CANCELED"]
    assert await order_states(db, order_id) == ("CANCELED", "VOIDED", "CANCELED")
    assert await payment_status(db, order_id) == "VOIDED"
    assert (await history_of(db, order_id))[-2:] == ["PICKUP_EXPIRED", "UNITS_CANCELED"]


async def test_the_rest_of_the_order_goes_on(db: Database) -> None:
    shop, order_id = await planned_order(db, store_pickup, home)
    await _expire(db, (await make_ready(db, order_id)).id)
    assert await order_states(db, order_id) == ("PLACED", "AUTHORIZED", "UNFULFILLED")
    assert await payment_status(db, order_id) == "AUTHORIZED"
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (10, 2)
    await ship_all(db, order_id)
    assert await order_states(db, order_id) == ("COMPLETED", "AUTHORIZED", "FULFILLED")


async def test_the_last_open_pickup_completes_an_order_of_which_a_part_was_shipped(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup, home)
    await ship_all(db, order_id)
    await _expire(db, (await make_ready(db, order_id)).id)
    assert await order_states(db, order_id) == ("COMPLETED", "AUTHORIZED", "FULFILLED")


async def test_a_point_reports_what_it_gives_up(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    before = await everything(db)
    with pytest.raises(InvalidTransition, match="pickupReport"):
        await _expire(db, pickup.id, shop.partner)
    assert await everything(db) == before


async def test_a_pickup_expires_once(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    await _expire(db, pickup.id)
    before = await everything(db)
    with pytest.raises(InvalidTransition) as refusal:
        await _expire(db, pickup.id)
    assert refusal.value.facts == {"current_status": "EXPIRED"}
    assert await everything(db) == before


async def test_a_pickup_that_is_not_ready_does_not_expire(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    before = await everything(db)
    with pytest.raises(InvalidTransition) as refusal:
        await _expire(db, (await pickup_of(db, order_id)).id)
    assert refusal.value.facts == {"current_status": "PREPARING"}
    assert await everything(db) == before


async def test_the_goods_are_kept_until_the_last_moment(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    assert pickup.hold_until == NOW + timedelta(days=7)
    before = await everything(db)
    with pytest.raises(PickupStillHeld) as refusal:
        await _expire(db, pickup.id, now=pickup.hold_until - timedelta(microseconds=1))
    assert refusal.value.facts == {"hold_until": pickup.hold_until}
    assert await everything(db) == before
    await _expire(db, pickup.id, now=pickup.hold_until)
    assert await _reasons(db) == ["HOLD_ENDED"]


@pytest.mark.parametrize("reason", sorted(set(PickupExpiryReason) - {PickupExpiryReason.HOLD_ENDED}))
async def test_other_reasons_end_it_at_once(db: Database, reason: PickupExpiryReason) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    await _expire(db, pickup.id, reason=reason, now=NOW)
    assert (await pickup_of(db, order_id)).expired_at == NOW
    assert await _reasons(db) == [reason]


async def _reasons(db: Database) -> list[str]:
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT facts FROM order_history WHERE kind = 'PICKUP_EXPIRED' ORDER BY id")
    return [row["facts"]["reason"] for row in rows]
