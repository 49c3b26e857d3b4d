"""Stock that was promised to orders turned out to be missing."""

from uuid import UUID

from app.fulfillment.actions.cancel_missing_units import cancel_missing_units
from app.fulfillment.actions.plan_work import plan_work
from app.inventory.model.corrections import Correction, PromisePolicy
from app.kit.db import Database
from tests.conftest import NOW
from tests.fulfillment.builders import Shop, home, make_order, make_shop, planned_order
from tests.fulfillment.views import everything, fulfillments_of, history_of, lines_of, order_states, payment_status
from tests.inventory.builders import corrected, facts


async def _shrink(db: Database, shop: Shop, left: int) -> None:
    """So many units are left where the order's units lie; the facts are heard."""
    places = (shop.warehouse, shop.store, shop.other_store)
    rows = [Correction(variant, place, quantity=left) for variant in shop.variants for place in places]
    await corrected(db, *rows, policy=PromisePolicy.BREAK_YOUNGEST)
    for fact in await facts(db, "promise_broken"):
        order_id, missing = UUID(fact["order_id"]), {fact["line_no"]: fact["quantity"]}
        async with db.write() as tx:
            await cancel_missing_units(tx, order_id, missing, now=NOW)


async def test_an_order_of_which_nothing_is_left_is_canceled_with_its_payment(db: Database) -> None:
    shop, order_id = await planned_order(db, home)
    await _shrink(db, shop, 0)
    assert await order_states(db, order_id) == ("CANCELED", "VOIDED", "CANCELED")
    assert await payment_status(db, order_id) == "VOIDED"
    assert {row.status for row in await fulfillments_of(db, order_id)} == {"CANCELED"}
    assert "UNITS_CANCELED" in await history_of(db, order_id)


async def test_an_order_whose_work_was_not_planned_is_canceled_too(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        order_id = await make_order(tx, shop, home(shop))
    await _shrink(db, shop, 0)
    assert (await order_states(db, order_id))[0] == "CANCELED"
    assert await fulfillments_of(db, order_id) == []


async def test_units_that_are_still_there_are_shipped(db: Database) -> None:
    shop, order_id = await planned_order(db, home)
    assert await lines_of(db, order_id) == [(1, 2)]
    await _shrink(db, shop, 1)
    assert await lines_of(db, order_id) == [(1, 1)]
    assert await order_states(db, order_id) == ("PLACED", "AUTHORIZED", "UNFULFILLED")
    assert {row.status for row in await fulfillments_of(db, order_id)} == {"OPEN"}


async def test_units_that_were_missing_before_the_work_was_planned_are_canceled(db: Database) -> None:
    """The order's placing is heard first: its work is planned with what it claims then."""
    async with db.write() as tx:
        shop = await make_shop(tx)
        order_id = await make_order(tx, shop, home(shop, units=3))
    rows = [Correction(shop.variants[0], shop.warehouse, quantity=1)]
    await corrected(db, *rows, policy=PromisePolicy.BREAK_YOUNGEST)
    async with db.write() as tx:
        await plan_work(tx, order_id, now=NOW)
    for _ in range(2):
        async with db.write() as tx:
            await cancel_missing_units(tx, order_id, {1: 2}, now=NOW)
        assert await lines_of(db, order_id) == [(1, 1)]
        async with db.read() as tx:
            row = await tx.connection.fetchrow("SELECT quantity, canceled_quantity FROM order_lines")
        assert tuple(row or ()) == (3, 2)


async def test_repeating_it_changes_nothing(db: Database) -> None:
    shop, order_id = await planned_order(db, home)
    await _shrink(db, shop, 0)
    before = await everything(db)
    async with db.write() as tx:
        await cancel_missing_units(tx, order_id, {1: 1}, now=NOW)
    assert await everything(db) == before
