"""An own store has the goods ready."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.fulfillment.actions.mark_ready import mark_ready
from app.kit.db import Database
from app.kit.errors import InvalidTransition
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, konbini_pickup, planned_order, store_pickup
from tests.fulfillment.views import everything, history_of, pickup_of, work_of


async def _mark_ready(db: Database, pickup_id: UUID) -> None:
    async with db.write() as tx:
        await mark_ready(tx, pickup_id, actor=STAFF, now=NOW)


async def test_a_prepared_pickup_is_kept_for_the_stores_hold_days(db: Database) -> None:
    shop, order_id = await planned_order(db, store_pickup)
    await _mark_ready(db, (await pickup_of(db, order_id)).id)
    pickup = await pickup_of(db, order_id)
    assert (pickup.status, pickup.ready_at, pickup.hold_until) == ("READY", NOW, NOW + timedelta(days=7))
    assert await work_of(db) == [("PREPARE_PICKUP", shop.store, "DONE")]
    assert (await history_of(db, order_id))[-1] == "PICKUP_READY"


async def test_a_pickup_is_not_marked_twice(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await pickup_of(db, order_id)
    await _mark_ready(db, pickup.id)
    before = await everything(db)
    with pytest.raises(InvalidTransition) as refusal:
        await _mark_ready(db, pickup.id)
    assert refusal.value.facts == {"current_status": "READY"}
    assert await everything(db) == before


async def test_nothing_is_ready_while_its_goods_are_elsewhere(db: Database) -> None:
    _, order_id = await planned_order(db, lambda shop: store_pickup(shop, source=shop.warehouse))
    before = await everything(db)
    with pytest.raises(InvalidTransition) as refusal:
        await _mark_ready(db, (await pickup_of(db, order_id)).id)
    assert refusal.value.facts == {"current_status": "REQUESTED"}
    assert await everything(db) == before


async def test_staff_does_not_mark_what_is_at_a_partners_point(db: Database) -> None:
    _, order_id = await planned_order(db, konbini_pickup)
    before = await everything(db)
    with pytest.raises(InvalidTransition, match="partner"):
        await _mark_ready(db, (await pickup_of(db, order_id)).id)
    assert await everything(db) == before
