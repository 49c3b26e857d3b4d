"""Units are to be bought from a supplier."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.inventory.events import PurchaseOrderChanged
from app.inventory.model import check_quantity
from app.inventory.model.promises import check_date_to_come
from app.inventory.model.purchases import PURCHASE_ORDER, PurchaseLineDraft
from app.inventory.sql.feeds import refuse_bundles
from app.inventory.sql.purchase_orders import insert_purchase_order, replace_lines
from app.inventory.sql.stock import stocking_locations
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput, NotFound
from app.kit.ids import new_id
from app.kit.outbox import publish


async def create_purchase_order(
    tx: WriteTx,
    *,
    location_id: int,
    supplier_name: str,
    lines: Sequence[PurchaseLineDraft],
    supplier_reference: str | None = None,
    note: str | None = None,
    now: datetime,
) -> UUID:
    """A DRAFT, which nothing is expected of yet; returns its id. Lines are numbered from 1 in their order.

    Raises InvalidQuantity, InvalidInput without lines, for bundles and for days that have passed, NotFound for a
    location that holds no stock.
    """
    if not lines:
        raise InvalidInput("A purchase order has lines.", path=["input", "lines"])
    for index, line in enumerate(lines):
        check_quantity(line.quantity)
        check_date_to_come(line.expected_on, now, "lines", str(index), "expectedOn")
    if not await stocking_locations(tx, {location_id}):
        raise NotFound("No stock is kept at this location.", path=["input", "locationId"])
    await refuse_bundles(tx, [line.variant_id for line in lines], "lines", "sku")
    order_id = new_id()
    await insert_purchase_order(
        tx,
        order_id,
        location_id=location_id,
        supplier_name=supplier_name,
        supplier_reference=supplier_reference,
        note=note,
        created_at=now,
    )
    await replace_lines(tx, order_id, lines)
    variant_ids = sorted({line.variant_id for line in lines})
    await publish(tx, PurchaseOrderChanged(order_id, location_id, PURCHASE_ORDER.begins[0], variant_ids))
    return order_id
