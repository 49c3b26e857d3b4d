"""Short ways to make pick lists and to look at them."""

from typing import Any
from uuid import UUID

from app.fulfillment.actions.create_pick_list import create_pick_list
from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.sql.pick_lists import LINES_BY_PICK_LIST
from app.kit.db import Database, Row, WriteTx
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, Part, Shop, make_order, make_shop


async def many_orders(db: Database, count: int) -> tuple[Shop, list[UUID]]:
    """So many orders of a shirt and, every second, two caps from the warehouse; their PICK work, oldest first."""
    async with db.write() as tx:
        shop = await make_shop(tx, on_hand=100)
        for number in range(count):
            shirt, caps = (shop.variants[0], 1, shop.warehouse), (shop.variants[1], 2, shop.warehouse)
            lines = [shirt, caps] if number % 2 else [shirt]
            await plan_work(tx, await make_order(tx, shop, Part("HOME_DELIVERY", lines)), now=NOW)
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT id FROM work_instructions WHERE kind = 'PICK' ORDER BY id")
    return shop, [row["id"] for row in rows]


async def listed(db: Database, location_id: int, work_ids: list[UUID] | None = None, **options: Any) -> UUID:
    async def work(tx: WriteTx) -> UUID:
        return await create_pick_list(tx, location_id, work_ids=work_ids, actor=STAFF, now=NOW, **options)

    return await db.in_write(work)


async def list_row(db: Database, list_id: UUID) -> Row:
    async with db.read() as tx:
        found = await tx.connection.fetchrow("SELECT * FROM pick_lists WHERE id = $1", list_id)
    assert found is not None
    return found


async def works_of(db: Database, list_id: UUID) -> list[tuple[UUID, str]]:
    """(id, status) of its work, oldest first."""
    async with db.read() as tx:
        rows = await tx.connection.fetch(
            "SELECT id, status FROM work_instructions WHERE pick_list_id = $1 ORDER BY id", list_id
        )
    return [(row["id"], row["status"]) for row in rows]


async def lines_of_list(db: Database, list_id: UUID) -> list[tuple[str, str | None, int, int]]:
    """(SKU, shelf, units, orders) along the shelves."""
    async with db.read() as tx:
        rows = await tx.fetch(LINES_BY_PICK_LIST, ids=[list_id])
    return [(row["sku"], row["shelf"], row["quantity"], row["orders"]) for row in rows]
