"""What the checkout reads of orders and their carts."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.carts.sql import lock_cart
from app.kit.db import ReadTx, WriteTx
from app.kit.statement import Statement

_STORES: Final = Statement("""
    SELECT line.order_id, line.line_no, delivery.location_id
      FROM order_lines AS line JOIN order_deliveries AS delivery ON delivery.id = line.delivery_id
     WHERE line.order_id = ANY(CAST(:order_ids AS uuid[])) AND delivery.mode = 'STORE_PICKUP'
""")

_CART: Final = Statement("""
    SELECT external_reference FROM orders
     WHERE id = :order_id AND source_system = 'cart' AND status = 'PENDING_PAYMENT'
""")


async def lock_cart_of_order(tx: WriteTx, order_id: UUID) -> UUID | None:
    """The cart of an order that waits for its payment, locked until the transaction ends; None when there is none.

    To be called before the order is locked: `place_orders` too locks the cart first, so nobody waits in a circle.
    """
    reference = await tx.fetchval(_CART, order_id=order_id)
    cart = None if reference is None else await lock_cart(tx, UUID(reference))
    return None if cart is None else cart.id


async def stores_of_orders(tx: ReadTx, order_ids: Sequence[UUID]) -> dict[UUID, dict[int, int]]:
    """By order and line number, the own store where the line is collected; lines that are sent as parcels, and orders
    without any other, are not in it.
    """
    found: dict[UUID, dict[int, int]] = {}
    for row in await tx.fetch(_STORES, order_ids=list(order_ids)):
        found.setdefault(row["order_id"], {})[row["line_no"]] = row["location_id"]
    return found
