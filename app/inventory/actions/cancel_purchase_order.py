"""A purchase order is called off before anything has come."""

from datetime import datetime
from uuid import UUID

from app.inventory.events import PurchaseOrderChanged
from app.inventory.model.purchases import PURCHASE_ORDER, PurchaseOrderStep
from app.inventory.sql.purchase_orders import lock_purchase_order, move_purchase_order_on, purchase_lines_of
from app.kit.db import WriteTx
from app.kit.outbox import publish


async def cancel_purchase_order(
    tx: WriteTx, order_id: UUID, *, expected_version: int | None = None, now: datetime
) -> None:
    """End it as CANCELED.

    Raises NotFound, VersionConflict, and InvalidTransition once units have come: close it then.
    """
    order = await lock_purchase_order(tx, order_id, expected_version=expected_version)
    status = PURCHASE_ORDER.take(PurchaseOrderStep.CANCEL, order["status"])
    await move_purchase_order_on(tx, order_id, status, now=now)
    variant_ids = sorted({line["variant_id"] for line in await purchase_lines_of(tx, order_id)})
    await publish(tx, PurchaseOrderChanged(order_id, order["location_id"], status, variant_ids))
