"""Placed orders that are collected in slots."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.capacity.actions.plan_slots import plan_slots
from app.capacity.model.slots import SlotWish
from app.kit.db import Database
from app.kit.statement import Statement
from tests.capacity.slots import TEN, save
from tests.conftest import NOW
from tests.fulfillment.builders import Shop, make_shop

PICKUPS = Statement("SELECT * FROM pickups ORDER BY id")
DELIVERIES = Statement(
    "SELECT id FROM order_deliveries WHERE order_id = :order_id AND mode = 'STORE_PICKUP' ORDER BY id"
)
DUE = Statement("SELECT due_at FROM work_instructions WHERE kind = 'PREPARE_PICKUP' ORDER BY id")
HISTORY = Statement("SELECT facts FROM order_history WHERE kind = 'PICKUP_CHANGED' ORDER BY id")


async def slot_shop(db: Database, capacity: int = 1, **rules: Any) -> Shop:
    """The shop, whose store hands over in slots."""
    async with db.write() as tx:
        shop = await make_shop(tx)
        await save(tx, shop.store, capacity, **rules)
    return shop


async def keep_slot(db: Database, shop: Shop, order_id: UUID, begins: datetime = TEN) -> UUID:
    """As the checkout does it; the delivery's id."""
    async with db.write() as tx:
        [row] = await tx.fetch(DELIVERIES, order_id=order_id)
        plan = await plan_slots(tx, [SlotWish(row.id, order_id, shop.store, begins, NOW)])
        assert plan.refused == {}
        await plan.keep(tx, {row.id})
    return row.id


async def only_pickup(db: Database) -> Any:
    """The one pickup there is."""
    async with db.read() as tx:
        [row] = await tx.fetch(PICKUPS)
    return row


async def due(db: Database) -> list[datetime | None]:
    """When preparations are due."""
    async with db.read() as tx:
        return [row.due_at for row in await tx.fetch(DUE)]
