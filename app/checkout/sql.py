"""What the checkout reads of orders and their carts."""

from typing import Final
from uuid import UUID

from app.carts.sql import lock_cart
from app.kit.db import ReadTx, WriteTx
from app.kit.statement import Statement

_STORES: Final = Statement("""
    SELECT line.line_no, delivery.location_id
      FROM order_lines AS line JOIN order_deliveries AS delivery ON delivery.id = line.delivery_id
     WHERE line.order_id = :order_id AND delivery.mode = 'STORE_PICKUP'
""")

_CART: Final = Statement("""
    SELECT external_reference FROM orders
     WHERE id = :order_id AND source_system = 'cart' AND status = 'PENDING_PAYMENT'
""")


async def lock_cart_of_order(tx: WriteTx, order_id: UUID) -> UUID | None:
    """The cart of an order that waits for its payment, locked until the transaction ends; None when there is none.

    To be called before the order is locked: `place_order` too locks the cart first, so nobody waits in a circle.
    """
    reference = await tx.fetchval(_CART, order_id=order_id)
    cart = None if reference is None else await lock_cart(tx, UUID(reference))
    return None if cart is None else cart.id


async def stores_of_order(tx: ReadTx, order_id: UUID) -> dict[int, int]:
    """By line number, the own store where the line is collected; lines that are sent as parcels are not in it."""
    return {row["line_no"]: row["location_id"] for row in await tx.fetch(_STORES, order_id=order_id)}
