"""What a pickup needs depends on how its goods come, not on whose place it is."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.fulfillment.actions.mark_ready import mark_ready
from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.jobs import expire_pickups
from app.fulfillment.model.reports import ReportKind
from app.fulfillment.sql.pickups import record_attempt
from app.kit.clock import utc_now
from app.kit.db import Database
from app.kit.errors import InvalidTransition
from app.kit.statement import Statement
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, Shop, konbini_pickup, make_order, make_shop, store_pickup
from tests.fulfillment.views import everything, make_ready, order_states, pickup_of, report, ship_all, stock_of

_OWNER = Statement("UPDATE locations SET partner_id = :partner_id WHERE id = :id")


async def _order_at_an_own_point(db: Database) -> tuple[Shop, UUID]:
    """A parcel to a point that no partner runs, such as the shop's own lockers."""
    async with db.write() as tx:
        shop = await make_shop(tx)
        await tx.execute(_OWNER, id=shop.konbini, partner_id=None)
        order_id = await make_order(tx, shop, konbini_pickup(shop))
        await plan_work(tx, order_id, now=NOW)
    await ship_all(db, order_id)
    return shop, order_id


async def test_goods_at_an_own_point_are_handed_over(db: Database) -> None:
    shop, order_id = await _order_at_an_own_point(db)
    pickup_id = (await pickup_of(db, order_id)).id
    await report(db, pickup_id, ReportKind.ARRIVED)
    async with db.write() as tx:
        await record_attempt(tx, pickup_id, failed_attempts=0, is_locked=False, verified_at=NOW)
    await report(db, pickup_id, ReportKind.COLLECTED)
    assert await order_states(db, order_id) == ("COMPLETED", "AUTHORIZED", "FULFILLED")
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (9, 0)


async def test_goods_at_an_own_point_are_not_there_before_they_arrive(db: Database) -> None:
    _, order_id = await _order_at_an_own_point(db)
    before = await everything(db)
    with pytest.raises(InvalidTransition):
        async with db.write() as tx:
            await mark_ready(tx, (await pickup_of(db, order_id)).id, actor=STAFF, now=NOW)
    assert await everything(db) == before


async def test_nobody_sells_goods_that_lie_expired_at_an_own_point(db: Database) -> None:
    _, order_id = await _order_at_an_own_point(db)
    pickup_id = (await pickup_of(db, order_id)).id
    await report(db, pickup_id, ReportKind.ARRIVED)
    assert await expire_pickups(db, now=utc_now().replace(year=2100)) == 0
    await report(db, pickup_id, ReportKind.EXPIRED, at=NOW + timedelta(days=60))
    assert (await pickup_of(db, order_id)).status == "EXPIRED"
    assert await order_states(db, order_id) == ("PLACED", "AUTHORIZED", "UNFULFILLED")


async def test_a_store_that_a_partner_runs_prepares_and_gives_back_like_an_own_one(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await tx.execute(_OWNER, id=shop.store, partner_id=shop.partner.partner_id)
        order_id = await make_order(tx, shop, store_pickup(shop))
        await plan_work(tx, order_id, now=NOW)
    pickup = await make_ready(db, order_id)
    assert await expire_pickups(db, now=utc_now().replace(year=2100)) == 1
    assert (await pickup_of(db, order_id)).status == "EXPIRED"
    assert await stock_of(db, shop.variants[1], shop.store) == (10, 0)
    assert pickup.status == "READY"
