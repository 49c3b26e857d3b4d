"""Units for a pickup were lost on their way."""

from collections.abc import Mapping
from uuid import UUID

from app.fulfillment.actions.drop_lost_units import drop_lost_units
from app.fulfillment.actions.follow_transfer import follow_transfer
from app.fulfillment.actions.plan_work import plan_work
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.inventory.model.transfers import Arrival
from app.kit.db import Database
from tests.conftest import NOW
from tests.fulfillment.builders import home, make_order, make_shop, planned_order, store_pickup
from tests.fulfillment.views import (
    everything,
    fulfillments_of,
    history_of,
    lines_of,
    order_states,
    payment_status,
    pickup_of,
    transfer_of,
    work_of,
)


async def _arrive(db: Database, order_id: UUID, lost: Mapping[int, int]) -> None:
    transfer = await transfer_of(db, order_id)
    async with db.write() as tx:
        await ship_transfer(tx, transfer.id, actor="test", now=NOW)
        await receive_transfer(tx, transfer.id, Arrival(lost=lost), actor="test", now=NOW)
        await follow_transfer(tx, transfer.id, now=NOW)


async def test_the_rest_can_still_be_collected(db: Database) -> None:
    shop, order_id = await planned_order(db, lambda shop: store_pickup(shop, units=3, source=shop.other_store))
    await _arrive(db, order_id, {1: 1})
    assert await lines_of(db, order_id) == [(1, 2)]
    assert ("PREPARE_PICKUP", shop.store, "OPEN") in await work_of(db)
    assert (await pickup_of(db, order_id)).status == "PREPARING"
    assert await order_states(db, order_id) == ("PLACED", "AUTHORIZED", "UNFULFILLED")
    assert (await history_of(db, order_id))[-1] == "UNITS_CANCELED"


async def test_a_pickup_of_which_nothing_is_left_is_canceled(db: Database) -> None:
    shop, order_id = await planned_order(db, home, lambda shop: store_pickup(shop, units=2, source=shop.other_store))
    await _arrive(db, order_id, {1: 2})
    assert sorted(row.status for row in await fulfillments_of(db, order_id)) == ["CANCELED", "OPEN"]
    assert (await pickup_of(db, order_id)).status == "CANCELED"
    assert ("PREPARE_PICKUP", shop.store, "CANCELED") in await work_of(db)
    assert (await order_states(db, order_id))[0] == "PLACED"


async def test_an_order_of_which_nothing_is_left_is_canceled_with_its_payment(db: Database) -> None:
    _, order_id = await planned_order(db, lambda shop: store_pickup(shop, source=shop.other_store))
    await _arrive(db, order_id, {1: 1})
    assert await order_states(db, order_id) == ("CANCELED", "VOIDED", "CANCELED")
    assert await payment_status(db, order_id) == "VOIDED"


async def test_without_losses_nothing_changes(db: Database) -> None:
    _, order_id = await planned_order(db, lambda shop: store_pickup(shop, source=shop.other_store))
    before = await everything(db)
    async with db.write() as tx:
        assert await drop_lost_units(tx, order_id, now=NOW) == {}
    assert await everything(db) == before


async def test_units_that_were_lost_before_the_work_was_planned_are_canceled_too(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        order_id = await make_order(tx, shop, store_pickup(shop, units=3, source=shop.other_store))
    await _arrive(db, order_id, {1: 2})
    async with db.write() as tx:
        assert len(await plan_work(tx, order_id, now=NOW)) == 1
    assert await lines_of(db, order_id) == [(1, 1)]
    assert ("PREPARE_PICKUP", shop.store, "OPEN") in await work_of(db)
    assert (await pickup_of(db, order_id)).status == "PREPARING"
    assert (await history_of(db, order_id))[-1] == "UNITS_CANCELED"


async def test_an_order_that_was_lost_before_the_work_was_planned_is_canceled(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        order_id = await make_order(tx, shop, store_pickup(shop, units=3, source=shop.other_store))
    await _arrive(db, order_id, {1: 3})
    async with db.write() as tx:
        await plan_work(tx, order_id, now=NOW)
    assert await order_states(db, order_id) == ("CANCELED", "VOIDED", "CANCELED")
    assert await payment_status(db, order_id) == "VOIDED"
    assert (await pickup_of(db, order_id)).status == "CANCELED"
