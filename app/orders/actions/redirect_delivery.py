"""Goods are collected somewhere else than was ordered."""

from uuid import UUID

from app.kit.db import WriteTx
from app.orders import sql


async def redirect_delivery(tx: WriteTx, delivery_id: UUID, location_id: int) -> None:
    """Write the place of a pickup's delivery. Its order is locked; telling of it is the caller's matter."""
    await tx.execute(sql.REDIRECT_DELIVERY, delivery_id=delivery_id, location_id=location_id)
