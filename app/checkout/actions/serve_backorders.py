"""Units of a variant have come: the orders that wait for them get them."""

from datetime import datetime
from uuid import UUID

from app.checkout.actions.raise_transfers import raise_transfers
from app.checkout.events import BackorderServed
from app.checkout.sql import stores_of_orders
from app.inventory.actions.serve_waiting import MOST, serve_waiting
from app.inventory.model import OwnerKind
from app.inventory.model.selling import selling_day
from app.inventory.sql.backorders import owners_waiting
from app.kit.db import WriteTx
from app.kit.outbox import publish
from app.kit.permissions import SYSTEM
from app.orders.actions.add_history import add_history
from app.orders.model import OrderHistoryKind, OrderStatus
from app.orders.sql import lock_orders


async def serve_backorders(tx: WriteTx, variant_id: int, *, now: datetime) -> list[UUID]:
    """Allocate units to placed orders, oldest first; returns the orders that got some.

    What is collected at a store and lies elsewhere is sent there. Publishes BackorderServed for each order. May be
    repeated: what nobody waits for stays on sale.
    """
    rows = await owners_waiting(tx, variant_id, after=0, limit=MOST)
    orders = {row["owner_id"] for row in rows if row["owner_kind"] == OwnerKind.ORDER}
    if not orders:
        return []
    locked = await lock_orders(tx, orders)
    placed = {order_id for order_id, order in locked.items() if order["status"] == OrderStatus.PLACED}
    today, actor = selling_day(now), SYSTEM.reference
    served = await serve_waiting(tx, variant_id, placed, today=today, actor=actor)
    stores = await stores_of_orders(tx, list(served)) if served else {}
    for order_id, claims in served.items():
        lines = {str(claim.line_no): 0 for claim in claims}
        for claim in claims:
            lines[str(claim.line_no)] += claim.quantity
        await raise_transfers(tx, order_id, claims, stores.get(order_id, {}), actor=actor, now=now)
        facts = {"quantities": lines}
        await add_history(tx, order_id, OrderHistoryKind.BACKORDER_ALLOCATED, actor=actor, now=now, facts=facts)
    await publish(tx, *(BackorderServed(order_id) for order_id in served))
    return list(served)
