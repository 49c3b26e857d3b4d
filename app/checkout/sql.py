"""What the checkout reads of orders and their carts."""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from app.carts.sql import lock_cart
from app.inventory.model.corrections import OwnerLine
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

_STORES: Final = Statement("""
    SELECT line.order_id, line.line_no, delivery.location_id
      FROM order_lines AS line JOIN order_deliveries AS delivery ON delivery.id = line.delivery_id
     WHERE line.order_id = ANY(CAST(:order_ids AS uuid[])) AND delivery.mode = 'STORE_PICKUP'
""")
# Lines that may still come from elsewhere: not what waits for its buyer at a counter. left_from: places whose share of
# the line has left or was called off.
_MOVABLE: Final = Statement("""
    SELECT line.order_id, line.line_no, line.variant_id, line.quantity, sold.channel_id, channel.location_group_id,
           delivery.id AS delivery_id, delivery.mode, delivery.location_id, delivery.address,
           ARRAY(SELECT fulfillment.location_id
                   FROM fulfillments AS fulfillment
                   JOIN fulfillment_lines AS part ON part.fulfillment_id = fulfillment.id
                  WHERE fulfillment.order_id = line.order_id AND part.line_no = line.line_no
                    AND fulfillment.status <> 'OPEN') AS left_from
      FROM unnest(CAST(:order_ids AS uuid[]), CAST(:line_nos AS int[])) AS wanted (order_id, line_no)
      JOIN orders AS sold ON sold.id = wanted.order_id AND sold.status IN ('PENDING_PAYMENT', 'PLACED')
      JOIN channels AS channel ON channel.id = sold.channel_id
      JOIN order_lines AS line ON line.order_id = wanted.order_id AND line.line_no = wanted.line_no
      JOIN order_deliveries AS delivery ON delivery.id = line.delivery_id AND delivery.mode <> 'TAKE_AWAY'
     WHERE NOT EXISTS (
           SELECT FROM pickups AS pickup
            WHERE pickup.delivery_id = delivery.id AND pickup.status NOT IN ('REQUESTED', 'PREPARING'))
     ORDER BY line.order_id, line.line_no
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


async def movable_lines(tx: ReadTx, lines: Collection[OwnerLine]) -> list[Row]:
    """Those of the orders' lines that may still come from elsewhere: order_id, line_no, variant_id, quantity,
    channel_id, location_group_id; delivery_id, mode, location_id and address of the delivery; left_from (location ids).
    """
    wanted = sorted(lines)
    return await tx.fetch(
        _MOVABLE, order_ids=[order_id for order_id, _ in wanted], line_nos=[line_no for _, line_no in wanted]
    )
