"""A supplier names other days."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from app.inventory.events import PurchaseOrderChanged
from app.inventory.model.promises import check_date_to_come
from app.inventory.model.purchases import PURCHASE_ORDER, PurchaseOrderStatus, PurchaseOrderStep
from app.inventory.sql.purchase_orders import (
    lock_purchase_order,
    move_purchase_order_on,
    purchase_lines_of,
    set_expected_dates,
)
from app.kit.db import WriteTx
from app.kit.errors import NotFound
from app.kit.outbox import publish


async def date_purchase_order(
    tx: WriteTx,
    order_id: UUID,
    dates: Mapping[int, date | None],
    *,
    expected_version: int | None = None,
    now: datetime,
) -> None:
    """The days on which units are to arrive, by line number; None: unknown. Other lines keep theirs.

    Raises NotFound (purchase order or line), VersionConflict, InvalidInput for days that have passed in Japan, and
    InvalidTransition once nothing is expected any more. Paths name the line's place in `dates`.
    """
    order = await lock_purchase_order(tx, order_id, expected_version=expected_version)
    status = PURCHASE_ORDER.take(PurchaseOrderStep.SET_DATES, order["status"], PurchaseOrderStatus(order["status"]))
    lines = await purchase_lines_of(tx, order_id)
    known = {line["line_no"] for line in lines}
    for index, (line_no, day) in enumerate(dates.items()):
        if line_no not in known:
            message = f"The purchase order has no line {line_no}."
            raise NotFound(message, path=["input", "lines", str(index), "lineNo"])
        check_date_to_come(day, now, "lines", str(index), "expectedOn")
    await set_expected_dates(tx, order_id, dates)
    await move_purchase_order_on(tx, order_id, status, now=now)
    variant_ids = sorted({line["variant_id"] for line in lines if line["line_no"] in dates})
    await publish(tx, PurchaseOrderChanged(order_id, order["location_id"], status, variant_ids))
