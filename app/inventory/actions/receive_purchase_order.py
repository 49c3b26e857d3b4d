"""A supplier delivers."""

from datetime import datetime
from uuid import UUID

from app.inventory.actions.receive_stock import receive_stock
from app.inventory.events import PurchaseOrderChanged
from app.inventory.model import CauseKind, StockLine
from app.inventory.model.purchases import (
    PURCHASE_ORDER,
    Delivery,
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
from app.kit.outbox import publish


async def receive_purchase_order(
    tx: WriteTx,
    order_id: UUID,
    *,
    delivery: Delivery | None = None,
    over_delivery_percent: int = 0,
    reason: str | None = None,
    actor: str,
    now: datetime,
) -> None:
    """Put units on hand (None: all that are outstanding), with the purchase order as their cause; damaged ones are set
    aside in the state DAMAGED. Both have come.

    A line may bring `over_delivery_percent` (0..100) more than was ordered. The purchase order is RECEIVED once all
    lines are complete. Raises NotFound (purchase order or line), InvalidTransition unless units are expected of it,
    OverDelivery past the tolerance, InvalidQuantity for negative quantities and for nothing at all.
    """
    order = await lock_purchase_order(tx, order_id)
    PURCHASE_ORDER.check(PurchaseOrderStep.RECEIVE, order["status"])
    rows = {row["line_no"]: row for row in await purchase_lines_of(tx, order_id)}
    lines = {no: PurchaseLine(no, row["quantity"], row["received_quantity"]) for no, row in rows.items()}
    found = check_delivery(lines, delivery or Delivery(), over_delivery_percent=over_delivery_percent)
    sound, damaged = (
        [StockLine(rows[no]["variant_id"], order["location_id"], units) for no, units in part.items()]
        for part in (found.sound, found.damaged)
    )
    await receive_stock(
        tx,
        sound,
        damaged=damaged,
        cause_kind=CauseKind.PURCHASE_ORDER,
        cause_id=order_id,
        actor=actor,
        reason=reason,
    )
    await receive_purchase_lines(tx, order_id, found.arriving, found.damaged)
    status = PURCHASE_ORDER.take(PurchaseOrderStep.RECEIVE, order["status"], status_after(lines, found.arriving))
    await move_purchase_order_on(tx, order_id, status, now=now)
    variant_ids = sorted({rows[no]["variant_id"] for no in found.arriving})
    await publish(tx, PurchaseOrderChanged(order_id, order["location_id"], status, variant_ids))
