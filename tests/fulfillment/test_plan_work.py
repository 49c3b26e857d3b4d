"""A placed order becomes work."""

import asyncio

from app.fulfillment.actions.plan_work import plan_work
from app.inventory.actions.ship_transfer import ship_transfer
from app.kit.db import Database
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.fulfillment.builders import (
    Part,
    home,
    konbini_pickup,
    make_order,
    make_shop,
    planned_order,
    store_pickup,
)
from tests.fulfillment.views import (
    everything,
    fulfillments_of,
    lines_of,
    pickup_of,
    pickups_of,
    transfer_of,
    work_of,
    work_rows,
)


async def test_a_home_delivery_is_picked_then_shipped(db: Database) -> None:
    shop, order_id = await planned_order(db, home)
    [fulfillment] = await fulfillments_of(db, order_id)
    assert (fulfillment.kind, fulfillment.location_id, fulfillment.status) == ("SHIP", shop.warehouse, "OPEN")
    assert await lines_of(db, order_id) == [(1, 2)]
    assert await work_of(db) == [("PICK", shop.warehouse, "OPEN"), ("SHIP", shop.warehouse, "WAITING")]
    assert {(row.order_id, row.fulfillment_id, row.transfer_id) for row in await work_rows(db)} == {
        (order_id, fulfillment.id, None)
    }
    assert await pickups_of(db, order_id) == []


async def test_a_delivery_from_two_places_is_two_parcels(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        shirt, cap = shop.variants
        part = Part("HOME_DELIVERY", [(shirt, 2, shop.warehouse), (cap, 1, shop.store), (cap, 3, shop.warehouse)])
        order_id = await make_order(tx, shop, part)
        ids = await plan_work(tx, order_id, now=NOW)
    rows = await fulfillments_of(db, order_id)
    assert [row.id for row in rows] == ids
    assert {row.location_id for row in rows} == {shop.warehouse, shop.store}
    assert sorted(await lines_of(db, order_id)) == [(1, 2), (2, 1), (3, 3)]
    assert len(await work_of(db)) == 4


async def test_goods_at_the_store_can_be_prepared_at_once(db: Database) -> None:
    shop, order_id = await planned_order(db, store_pickup)
    [fulfillment] = await fulfillments_of(db, order_id)
    assert (fulfillment.kind, fulfillment.location_id) == ("PICKUP", shop.store)
    assert await work_of(db) == [("PREPARE_PICKUP", shop.store, "OPEN")]
    pickup = await pickup_of(db, order_id)
    assert (pickup.status, pickup.location_id, pickup.partner_id) == ("PREPARING", shop.store, None)
    assert pickup.number.startswith("PU-7")


async def test_goods_from_elsewhere_are_waited_for(db: Database) -> None:
    shop, order_id = await planned_order(db, lambda shop: store_pickup(shop, source=shop.other_store))
    [fulfillment] = await fulfillments_of(db, order_id)
    assert fulfillment.location_id == shop.store
    assert sorted(await work_of(db)) == sorted(
        [
            ("PREPARE_PICKUP", shop.store, "WAITING"),
            ("TRANSFER", shop.other_store, "OPEN"),
            ("RECEIVE", shop.store, "WAITING"),
        ]
    )
    assert (await pickup_of(db, order_id)).status == "REQUESTED"


async def test_a_transfer_that_left_before_the_planning_is_found_under_way(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        order_id = await make_order(tx, shop, store_pickup(shop, source=shop.other_store))
    transfer = await transfer_of(db, order_id)
    async with db.write() as tx:
        await ship_transfer(tx, transfer.id, actor="test", now=NOW)
        await plan_work(tx, order_id, now=NOW)
    assert sorted(await work_of(db)) == sorted(
        [
            ("PREPARE_PICKUP", shop.store, "WAITING"),
            ("TRANSFER", shop.other_store, "DONE"),
            ("RECEIVE", shop.store, "OPEN"),
        ]
    )
    [fulfillment] = await fulfillments_of(db, order_id)
    assert fulfillment.location_id == shop.store


async def test_a_partners_point_gets_a_pickup_of_that_partner(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    [fulfillment] = await fulfillments_of(db, order_id)
    assert (fulfillment.kind, fulfillment.location_id) == ("SHIP", shop.warehouse)
    pickup = await pickup_of(db, order_id)
    assert (pickup.status, pickup.location_id, pickup.partner_id) == (
        "REQUESTED",
        shop.konbini,
        shop.partner.partner_id,
    )
    assert pickup.delivery_id == fulfillment.delivery_id


async def test_each_delivery_of_an_order_is_planned_by_itself(db: Database) -> None:
    shop, order_id = await planned_order(db, home, store_pickup, konbini_pickup)
    rows = await fulfillments_of(db, order_id)
    assert len({row.delivery_id for row in rows}) == 3
    assert sorted((row.kind, row.location_id) for row in rows) == sorted(
        [("SHIP", shop.warehouse), ("PICKUP", shop.store), ("SHIP", shop.warehouse)]
    )
    assert len(await pickups_of(db, order_id)) == 2


async def test_planning_twice_changes_nothing(db: Database) -> None:
    _, order_id = await planned_order(db, home, store_pickup)
    before = await everything(db)
    async with db.write() as tx:
        assert await plan_work(tx, order_id, now=NOW) == []
    assert await everything(db) == before


async def test_two_workers_plan_an_order_once(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        order_id = await make_order(tx, shop, home(shop), store_pickup(shop, source=shop.other_store))
    planned = await asyncio.gather(*(db.in_write(lambda tx: plan_work(tx, order_id, now=NOW)) for _ in range(6)))
    assert sorted(len(ids) for ids in planned) == [0, 0, 0, 0, 0, 2]
    assert len(await fulfillments_of(db, order_id)) == 2
    assert len(await work_of(db)) == 5
    assert len(await pickups_of(db, order_id)) == 1


async def test_an_order_that_is_not_placed_or_unknown_is_not_planned(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        order_id = await make_order(tx, shop, home(shop), status="COMPLETED")
        assert await plan_work(tx, order_id, now=NOW) == []
        assert await plan_work(tx, new_id(), now=NOW) == []
    assert await fulfillments_of(db, order_id) == []


async def test_goods_taken_away_at_a_till_ask_for_no_work(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        order_id = await make_order(tx, shop, Part("TAKE_AWAY", [(shop.variants[0], 1, shop.store)], shop.store))
        assert await plan_work(tx, order_id, now=NOW) == []
    assert await work_of(db) == []
