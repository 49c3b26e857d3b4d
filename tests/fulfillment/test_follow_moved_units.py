"""Other places than planned give units of an order: the work goes there, once."""

from uuid import UUID

import pytest

from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.fulfillment.actions.create_shipment import create_shipment
from app.fulfillment.actions.follow_moved_units import follow_moved_units
from app.fulfillment.actions.mark_ready import mark_ready
from app.fulfillment.model.packages import PackageDraft
from app.inventory.model.corrections import Correction, PromisePolicy
from app.kit.db import Database
from app.kit.errors import InvalidTransition
from app.kit.ids import new_id
from app.kit.permissions import SYSTEM
from tests.conftest import NOW
from tests.fulfillment.builders import (
    Part,
    Shop,
    home,
    konbini_pickup,
    make_order,
    make_shop,
    planned_order,
    store_pickup,
)
from tests.fulfillment.views import everything, fulfillments_of, pickup_of, work_of
from tests.inventory.builders import corrected
from tests.pump import pump


async def _lose(db: Database, variant_id: int, place: int) -> None:
    policy = PromisePolicy.RESOURCE_YOUNGEST
    await corrected(db, Correction(variant_id, place, quantity=0), policy=policy, elsewhere=ORDERS_ELSEWHERE)


async def _follow(db: Database, order_id: UUID) -> None:
    async with db.write() as tx:
        await follow_moved_units(tx, order_id, now=NOW)


async def test_work_goes_to_the_new_place_and_repeating_it_changes_nothing(db: Database) -> None:
    shop, order_id = await planned_order(db, home)
    await _lose(db, shop.variants[0], shop.warehouse)
    await _follow(db, order_id)
    rows = [(row.location_id == shop.warehouse, row.status) for row in await fulfillments_of(db, order_id)]
    assert rows == [(True, "CANCELED"), (False, "OPEN")]
    before = await everything(db)
    await _follow(db, order_id)
    await _follow(db, new_id())
    assert await everything(db) == before


async def test_what_is_not_planned_is_planned_where_the_units_are(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        order_id = await make_order(tx, shop, home(shop))
    await _lose(db, shop.variants[0], shop.warehouse)
    await pump(db, now=NOW)
    [row] = await fulfillments_of(db, order_id)
    assert row.location_id != shop.warehouse
    assert [status for _, _, status in await work_of(db)] == ["OPEN", "WAITING"]


async def test_a_pickup_that_misses_units_cannot_be_made_ready(db: Database) -> None:
    """The store has not heard of it yet."""
    shop, order_id = await planned_order(db, store_pickup)
    await _lose(db, shop.variants[1], shop.store)
    pickup = await pickup_of(db, order_id)
    async with db.write() as tx:
        with pytest.raises(InvalidTransition):
            await mark_ready(tx, pickup.id, actor=SYSTEM, now=NOW)
    await _follow(db, order_id)
    assert (await pickup_of(db, order_id)).status == "REQUESTED"


async def test_a_place_that_sends_a_parcel_already_sends_more(db: Database) -> None:
    """The other parcel is called off; the pickup is on its way when this one has left."""

    def two(shop: Shop) -> Part:
        return konbini_pickup(shop, sources=[shop.warehouse, shop.store])

    shop, order_id = await planned_order(db, two)
    await _lose(db, shop.variants[0], shop.store)
    await _follow(db, order_id)
    rows = {row.location_id: row.status for row in await fulfillments_of(db, order_id)}
    assert rows == {shop.warehouse: "OPEN", shop.store: "CANCELED"}
    [parcel] = [row.id for row in await fulfillments_of(db, order_id) if row.status == "OPEN"]
    async with db.write() as tx:
        await create_shipment(tx, parcel, [PackageDraft("x", "1")], actor=SYSTEM, now=NOW)
    assert (await pickup_of(db, order_id)).status == "IN_TRANSIT_TO_POINT"


async def test_a_parcel_whose_sibling_has_left_takes_the_pickup_on_its_way_when_it_is_called_off(db: Database) -> None:
    def two(shop: Shop) -> Part:
        return konbini_pickup(shop, sources=[shop.warehouse, shop.store])

    shop, order_id = await planned_order(db, two)
    [first] = [row for row in await fulfillments_of(db, order_id) if row.location_id == shop.warehouse]
    async with db.write() as tx:
        await create_shipment(tx, first.id, [PackageDraft("x", "1")], actor=SYSTEM, now=NOW)
    keys = [Correction(shop.variants[0], place, quantity=0) for place in (shop.store, shop.other_store)]
    await corrected(db, *keys, policy=PromisePolicy.BREAK_YOUNGEST)
    await pump(db, now=NOW)
    assert sorted(row.status for row in await fulfillments_of(db, order_id)) == ["CANCELED", "SHIPPED"]
    assert (await pickup_of(db, order_id)).status == "IN_TRANSIT_TO_POINT"
