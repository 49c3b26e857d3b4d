"""Goods that had left are in stock again."""

import pytest

from app.fulfillment.actions.put_back_units import ReturnedGoods, put_back_units
from app.fulfillment.sql.deliveries import lines_of_fulfillment
from app.inventory.errors import InvalidQuantity
from app.kit.db import Database
from app.kit.errors import DomainError, NotFound
from tests.fulfillment.builders import home, planned_order
from tests.fulfillment.views import everything, fulfillments_of, ship_all, stock_of


async def _put_back(db: Database, order_id: object, goods: ReturnedGoods, at: int | None = None) -> None:
    [fulfillment] = await fulfillments_of(db, order_id)  # type: ignore[arg-type]
    async with db.write() as tx:
        lines = await lines_of_fulfillment(tx, fulfillment.id)
        await put_back_units(tx, fulfillment.order_id, lines, goods, location_id=at, actor="test")


async def test_sound_units_are_on_sale_damaged_ones_set_aside_missing_ones_away(db: Database) -> None:
    shop, order_id = await planned_order(db, lambda shop: home(shop, units=6))
    await ship_all(db, order_id)
    await _put_back(db, order_id, ReturnedGoods(damaged={1: 2}, missing={1: 1}))
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (7, 0)
    assert [row["quantity"] for row in await _set_aside(db)] == [2]
    await _put_back(db, order_id, ReturnedGoods(), at=shop.store)
    assert await stock_of(db, shop.variants[0], shop.store) == (16, 0)


async def _set_aside(db: Database) -> list[dict[str, object]]:
    async with db.read() as tx:
        return [dict(row) for row in await tx.connection.fetch("SELECT * FROM stock_states WHERE quantity > 0")]


@pytest.mark.parametrize(
    ("goods", "refusal"),
    [
        (ReturnedGoods(damaged={1: 3}), InvalidQuantity),
        (ReturnedGoods(damaged={1: 1}, missing={1: 2}), InvalidQuantity),
        (ReturnedGoods(missing={7: 1}), NotFound),
    ],
)
async def test_what_had_not_left_does_not_come_back(
    db: Database, goods: ReturnedGoods, refusal: type[DomainError]
) -> None:
    _, order_id = await planned_order(db, home)
    await ship_all(db, order_id)
    before = await everything(db)
    with pytest.raises(refusal):
        await _put_back(db, order_id, goods)
    assert await everything(db) == before
