"""The lines of a purchase order are put together anew before it is placed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.inventory.events import PurchaseOrderChanged
from app.inventory.model import check_quantity
from app.inventory.model.promises import check_date_to_come
from app.inventory.model.purchases import PURCHASE_ORDER, PurchaseLineDraft, PurchaseOrderStep
from app.inventory.sql.feeds import refuse_bundles
from app.inventory.sql.purchase_orders import (
    lock_purchase_order,
    move_purchase_order_on,
    purchase_lines_of,
    replace_lines,
)
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput
from app.kit.outbox import publish


async def edit_purchase_order(
    tx: WriteTx,
    order_id: UUID,
    lines: Sequence[PurchaseLineDraft],
    *,
    expected_version: int | None = None,
    now: datetime,
) -> None:
    """These lines, numbered from 1, take the place of those that there are.

    Raises NotFound, VersionConflict, InvalidTransition unless it is a DRAFT, InvalidQuantity, and InvalidInput
    without lines, for bundles and for days that have passed.
    """
    if not lines:
        raise InvalidInput("A purchase order has lines.", path=["input", "lines"])
    for index, line in enumerate(lines):
        check_quantity(line.quantity)
        check_date_to_come(line.expected_on, now, "lines", str(index), "expectedOn")
    order = await lock_purchase_order(tx, order_id, expected_version=expected_version)
    status = PURCHASE_ORDER.take(PurchaseOrderStep.EDIT, order["status"])
    await refuse_bundles(tx, [line.variant_id for line in lines], "lines", "sku")
    before = {line["variant_id"] for line in await purchase_lines_of(tx, order_id)}
    await replace_lines(tx, order_id, lines)
    await move_purchase_order_on(tx, order_id, status, now=now)
    variant_ids = sorted(before | {line.variant_id for line in lines})
    await publish(tx, PurchaseOrderChanged(order_id, order["location_id"], status, variant_ids))
