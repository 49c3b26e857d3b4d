"""What the checkout reads of orders."""

from typing import Final
from uuid import UUID

from app.kit.db import ReadTx
from app.kit.statement import Statement

_STORES: Final = Statement("""
    SELECT line.line_no, delivery.location_id
      FROM order_lines AS line JOIN order_deliveries AS delivery ON delivery.id = line.delivery_id
     WHERE line.order_id = :order_id AND delivery.mode = 'STORE_PICKUP'
""")


async def stores_of_order(tx: ReadTx, order_id: UUID) -> dict[int, int]:
    """By line number, the own store where the line is collected; lines that are sent as parcels are not in it."""
    return {row["line_no"]: row["location_id"] for row in await tx.fetch(_STORES, order_id=order_id)}
