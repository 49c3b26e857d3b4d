"""Units of a planned order are claimed at a place where nothing of it is planned."""

from dataclasses import replace

from app.fulfillment.actions.place_moved_units import place_moved_units
from app.inventory.sql.promises import move_holds, read_promises_to
from app.kit.db import Database
from tests.conftest import NOW
from tests.fulfillment.builders import home, planned_order
from tests.fulfillment.views import fulfillments_of, lines_of


async def test_nothing_is_planned_where_nothing_has_moved(db: Database) -> None:
    _, order_id = await planned_order(db, home)
    async with db.write() as tx:
        assert await place_moved_units(tx, order_id, now=NOW) == {}
    assert await lines_of(db, order_id) == [(1, 2)]


async def test_moved_units_are_planned_once(db: Database) -> None:
    shop, order_id = await planned_order(db, home)
    async with db.write() as tx:
        [promise] = await read_promises_to(tx, [order_id])
        await move_holds(tx, [replace(promise, quantity=1, moved_to=shop.store)], actor="test")
        assert await place_moved_units(tx, order_id, now=NOW) == {1: 1}
        assert await place_moved_units(tx, order_id, now=NOW) == {}
        await tx.connection.execute("UPDATE fulfillment_lines SET quantity = 1")
    assert sorted(row.location_id for row in await fulfillments_of(db, order_id)) == sorted(
        [shop.warehouse, shop.store]
    )
