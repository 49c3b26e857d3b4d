"""Purchase orders for tests."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any, Final, Literal
from uuid import UUID

from app.inventory.actions.cancel_purchase_order import cancel_purchase_order
from app.inventory.actions.close_purchase_order import close_purchase_order
from app.inventory.actions.create_purchase_order import create_purchase_order
from app.inventory.actions.date_purchase_order import date_purchase_order
from app.inventory.actions.edit_purchase_order import edit_purchase_order
from app.inventory.actions.place_purchase_order import place_purchase_order
from app.inventory.actions.receive_purchase_order import receive_purchase_order
from app.inventory.model.purchases import Delivery, PurchaseLineDraft, PurchaseOrderStatus, PurchaseOrderStep
from app.inventory.sql.purchase_orders import purchase_lines_of
from app.kit.db import Database
from tests.conftest import NOW

Plain = Literal["PLACE", "CLOSE", "CANCEL"]
_PLAIN: Final[Mapping[Plain, Callable[..., Awaitable[None]]]] = {
    "PLACE": place_purchase_order,
    "CLOSE": close_purchase_order,
    "CANCEL": cancel_purchase_order,
}


async def draft(
    db: Database, location_id: int, *lines: tuple[int, int] | tuple[int, int, date], reference: str | None = None
) -> UUID:
    """A draft of (variant, quantity) or (variant, quantity, day)."""
    async with db.write() as tx:
        return await create_purchase_order(
            tx,
            location_id=location_id,
            supplier_name="Tanaka Textiles",
            supplier_reference=reference,
            lines=[PurchaseLineDraft(*line) for line in lines],
            now=NOW,
        )


async def ordered(db: Database, location_id: int, *lines: tuple[int, int] | tuple[int, int, date]) -> UUID:
    """A purchase order that was placed."""
    order_id = await draft(db, location_id, *lines)
    await step(db, order_id, "PLACE")
    return order_id


async def step(db: Database, order_id: UUID, name: Plain, expected_version: int | None = None) -> None:
    """One of the steps that need nothing but the purchase order."""
    async with db.write() as tx:
        await _PLAIN[name](tx, order_id, expected_version=expected_version, now=NOW)


async def edit(db: Database, order_id: UUID, *lines: tuple[int, int], expected_version: int | None = None) -> None:
    """Other lines."""
    drafts = [PurchaseLineDraft(*line) for line in lines]
    async with db.write() as tx:
        await edit_purchase_order(tx, order_id, drafts, expected_version=expected_version, now=NOW)


async def redate(
    db: Database, order_id: UUID, dates: Mapping[int, date | None], expected_version: int | None = None
) -> None:
    """Other days."""
    async with db.write() as tx:
        await date_purchase_order(tx, order_id, dates, expected_version=expected_version, now=NOW)


async def deliver(
    db: Database,
    order_id: UUID,
    quantities: Mapping[int, int] | None = None,
    percent: int = 0,
    damaged: Mapping[int, int] | None = None,
) -> None:
    """A delivery."""
    delivery = Delivery(quantities, damaged or {})
    async with db.write() as tx:
        await receive_purchase_order(
            tx, order_id, delivery=delivery, over_delivery_percent=percent, actor="test", now=NOW
        )


async def in_state(db: Database, status: PurchaseOrderStatus, location_id: int, variant_id: int) -> UUID:
    """A purchase order of 10 units in this state."""
    order_id = await draft(db, location_id, (variant_id, 10))
    if status in {PurchaseOrderStatus.DRAFT, PurchaseOrderStatus.CANCELED}:
        if status is PurchaseOrderStatus.CANCELED:
            await step(db, order_id, "CANCEL")
        return order_id
    await step(db, order_id, "PLACE")
    if status is PurchaseOrderStatus.RECEIVED:
        await deliver(db, order_id)
    elif status is not PurchaseOrderStatus.ORDERED:
        await deliver(db, order_id, {1: 4})
        if status is PurchaseOrderStatus.CLOSED_SHORT:
            await step(db, order_id, "CLOSE")
    return order_id


async def try_step(db: Database, order_id: UUID, name: PurchaseOrderStep, variant_id: int) -> None:
    """Any step, with values that it takes."""
    match name:
        case PurchaseOrderStep.EDIT:
            await edit(db, order_id, (variant_id, 3))
        case PurchaseOrderStep.SET_DATES:
            await redate(db, order_id, {1: None})
        case PurchaseOrderStep.RECEIVE:
            await deliver(db, order_id, {1: 1})
        case _:
            await step(db, order_id, name.value)  # type: ignore[arg-type]


async def purchase(db: Database, order_id: UUID) -> tuple[str, int, list[tuple[int, int, int, Any]]]:
    """(status, version, (variant, quantity, received, day) of each line)."""
    async with db.read() as tx:
        row: Any = await tx.connection.fetchrow("SELECT * FROM purchase_orders WHERE id = $1", order_id)
        lines = await purchase_lines_of(tx, order_id)
    assert (row["closed_at"] == NOW) == (row["status"] in {"RECEIVED", "CLOSED_SHORT", "CANCELED"})
    return (
        row["status"],
        row["version"],
        [(line["variant_id"], line["quantity"], line["received_quantity"], line["expected_on"]) for line in lines],
    )
