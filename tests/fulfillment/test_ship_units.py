"""Units leave their location."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import pytest

from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.actions.ship_units import ship_units
from app.fulfillment.sql.fulfillments import fulfillments_of_order
from app.inventory.actions.release_holds import release_holds
from app.kit.db import Database, WriteTx
from tests.conftest import NOW
from tests.fulfillment.builders import Part, home, konbini_pickup, make_order, make_shop, planned_order
from tests.fulfillment.views import everything, stock_of


class _Enough(Exception):
    pass


@asynccontextmanager
async def _trial(db: Database) -> AsyncGenerator[WriteTx, None]:
    """A transaction that is rolled back: shipped units without a shipment are no lasting state."""
    with suppress(_Enough):
        async with db.write() as tx:
            yield tx
            raise _Enough


async def test_only_what_the_fulfillment_is_for_leaves(db: Database) -> None:
    shop, order_id = await planned_order(db, home, konbini_pickup)
    before = await everything(db)
    async with _trial(db) as tx:
        first = (await fulfillments_of_order(tx, order_id))[0]
        assert await ship_units(tx, order_id, [first], kind="SHIPPED", actor="test") == {1: 2}
        rows = await tx.connection.fetch("SELECT kind, d_on_hand, d_allocated FROM ledger WHERE kind = 'SHIPPED'")
        assert [tuple(row) for row in rows] == [("SHIPPED", -2, -2)]
    assert await everything(db) == before
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (10, 3)


async def test_a_delivery_from_two_places_leaves_place_by_place(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        shirt = shop.variants[0]
        part = Part("HOME_DELIVERY", [(shirt, 2, shop.warehouse), (shirt, 3, shop.store)])
        order_id = await make_order(tx, shop, part)
        await plan_work(tx, order_id, now=NOW)
    async with _trial(db) as tx:
        rows = await fulfillments_of_order(tx, order_id)
        shipped = {row.location_id: await ship_units(tx, order_id, [row], kind="SHIPPED", actor="test") for row in rows}
        assert shipped == {shop.warehouse: {1: 2}, shop.store: {2: 3}}


async def _ship_without_claims(db: Database, order_id: UUID) -> None:
    async with db.write() as tx:
        await release_holds(tx, order_id, actor="test")
        rows = await fulfillments_of_order(tx, order_id)
        await ship_units(tx, order_id, rows, kind="SHIPPED", actor="test")


async def test_claims_that_do_not_cover_the_parcel_stop_everything(db: Database) -> None:
    _, order_id = await planned_order(db, home)
    before = await everything(db)
    with pytest.raises(RuntimeError, match="do not cover"):
        await _ship_without_claims(db, order_id)
    assert await everything(db) == before
