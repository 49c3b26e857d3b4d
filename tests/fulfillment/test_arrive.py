"""A partner reports an arrival."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.fulfillment.actions.arrive import arrive
from app.kit.db import Database
from app.kit.errors import InvalidTransition
from app.kit.permissions import Actor
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, konbini_pickup, planned_order, store_pickup
from tests.fulfillment.views import everything, history_of, pickup_of, ship_all


async def _arrive(db: Database, pickup_id: UUID, actor: Actor) -> None:
    async with db.write() as tx:
        await arrive(tx, pickup_id, actor=actor, now=NOW)


async def test_goods_that_arrived_are_kept_for_the_points_hold_days(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    await ship_all(db, order_id)
    await _arrive(db, (await pickup_of(db, order_id)).id, shop.partner)
    pickup = await pickup_of(db, order_id)
    assert (pickup.status, pickup.ready_at, pickup.hold_until) == ("READY", NOW, NOW + timedelta(days=4))
    assert (await history_of(db, order_id))[-1] == "PICKUP_ARRIVED"


async def test_an_arrival_is_reported_once(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    await ship_all(db, order_id)
    pickup = await pickup_of(db, order_id)
    await _arrive(db, pickup.id, shop.partner)
    before = await everything(db)
    with pytest.raises(InvalidTransition) as refusal:
        await _arrive(db, pickup.id, shop.partner)
    assert refusal.value.facts == {"current_status": "READY"}
    assert await everything(db) == before


async def test_goods_that_have_not_left_do_not_arrive(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    before = await everything(db)
    with pytest.raises(InvalidTransition) as refusal:
        await _arrive(db, (await pickup_of(db, order_id)).id, shop.partner)
    assert refusal.value.facts == {"current_status": "REQUESTED"}
    assert await everything(db) == before


async def test_nothing_arrives_at_an_own_store_by_a_partners_report(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    before = await everything(db)
    with pytest.raises(InvalidTransition) as refusal:
        await _arrive(db, (await pickup_of(db, order_id)).id, STAFF)
    assert refusal.value.facts == {"current_status": "PREPARING"}
    assert await everything(db) == before
