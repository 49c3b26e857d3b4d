"""A supplier delivers."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from app.inventory.actions.receive_stock import receive_stock
from app.inventory.events import PurchaseOrderChanged
from app.inventory.model import CauseKind, StockLine
from app.inventory.model.purchases import (
    PURCHASE_ORDER,
    PurchaseLine,
    PurchaseOrderStep,
    check_delivery,
    status_after,
)
from app.inventory.sql.purchase_orders import (
    lock_purchase_order,
    move_purchase_order_on,
    purchase_lines_of,
    receive_purchase_lines,
)
from app.kit.db import WriteTx
from app.kit.errors import NotFound
from app.kit.outbox import publish


async def receive_purchase_order(
    tx: WriteTx,
    order_id: UUID,
    *,
    quantities: Mapping[int, int] | None,
    over_delivery_percent: int = 0,
    reason: str | None = None,
    actor: str,
    now: datetime,
) -> None:
    """Put units on hand by line number (None: all that are outstanding), with the purchase order as their cause.

    A line may bring `over_delivery_percent` (0..100) more than was ordered. The purchase order is RECEIVED once all
    lines are complete. Raises NotFound (purchase order or line), InvalidTransition unless units are expected of it,
    OverDelivery past the tolerance, InvalidQuantity for negative quantities and for nothing at all.
    """
    order = await lock_purchase_order(tx, order_id)
    PURCHASE_ORDER.check(PurchaseOrderStep.RECEIVE, order["status"])
    rows = {row["line_no"]: row for row in await purchase_lines_of(tx, order_id)}
    if unknown := (quantities or {}).keys() - rows.keys():
        raise NotFound(f"The purchase order has no line {min(unknown)}.", path=["input", "lines"])
    lines = {no: PurchaseLine(no, row["quantity"], row["received_quantity"]) for no, row in rows.items()}
    arriving = check_delivery(lines, quantities, over_delivery_percent=over_delivery_percent)
    await receive_stock(
        tx,
        [StockLine(rows[no]["variant_id"], order["location_id"], units) for no, units in arriving.items()],
        cause_kind=CauseKind.PURCHASE_ORDER,
        cause_id=order_id,
        actor=actor,
        reason=reason,
    )
    await receive_purchase_lines(tx, order_id, arriving)
    status = PURCHASE_ORDER.take(PurchaseOrderStep.RECEIVE, order["status"], status_after(lines, arriving))
    await move_purchase_order_on(tx, order_id, status, now=now)
    variant_ids = sorted({rows[no]["variant_id"] for no in arriving})
    await publish(tx, PurchaseOrderChanged(order_id, order["location_id"], status, variant_ids))
