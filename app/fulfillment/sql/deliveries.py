"""Statements about what leaves for many deliveries at once."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.fulfillment.model import FulfillmentState
from app.kit.db import ReadTx, Row
from app.kit.statement import Statement

_LINES_OF_DELIVERIES: Final = Statement("""
    SELECT fulfillment.order_id, fulfillment.location_id, line.*
      FROM fulfillments AS fulfillment JOIN fulfillment_lines AS line ON line.fulfillment_id = fulfillment.id
     WHERE fulfillment.delivery_id = ANY(CAST(:delivery_ids AS uuid[])) AND fulfillment.status = :status
     ORDER BY fulfillment.id, line.line_no
""")
_LINES_OF_FULFILLMENT: Final = Statement("""
    SELECT fulfillment.order_id, fulfillment.location_id, line.*
      FROM fulfillments AS fulfillment JOIN fulfillment_lines AS line ON line.fulfillment_id = fulfillment.id
     WHERE fulfillment.id = :fulfillment_id
     ORDER BY line.line_no
""")
_SOURCES: Final = Statement("""
    SELECT DISTINCT ON (delivery_id) delivery_id, location_id FROM fulfillments
     WHERE delivery_id = ANY(CAST(:delivery_ids AS uuid[])) AND status <> 'CANCELED' ORDER BY delivery_id, id
""")


async def lines_of_deliveries(tx: ReadTx, delivery_ids: Sequence[UUID], state: FulfillmentState) -> list[Row]:
    """Lines of the fulfillments of deliveries in a state: order_id, location_id and all columns of the line."""
    return await tx.fetch(_LINES_OF_DELIVERIES, delivery_ids=list(delivery_ids), status=state)


async def lines_of_fulfillment(tx: ReadTx, fulfillment_id: UUID) -> list[Row]:
    """The lines of one fulfillment, as `lines_of_deliveries` has them."""
    return await tx.fetch(_LINES_OF_FULFILLMENT, fulfillment_id=fulfillment_id)


async def sources_of(tx: ReadTx, delivery_ids: Sequence[UUID]) -> dict[UUID, int]:
    """From where the first parcel of each delivery leaves: location ids."""
    return {row.delivery_id: row.location_id for row in await tx.fetch(_SOURCES, delivery_ids=list(delivery_ids))}


def units_by_order(lines: Sequence[Row]) -> dict[UUID, dict[int, int]]:
    """The units of such lines by order and line number, in the order of the orders' ids."""
    units: dict[UUID, dict[int, int]] = {order_id: {} for order_id in sorted({line.order_id for line in lines})}
    for line in lines:
        of_order = units[line.order_id]
        of_order[line.line_no] = of_order.get(line.line_no, 0) + line.quantity
    return units
