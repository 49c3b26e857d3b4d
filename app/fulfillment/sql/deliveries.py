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
# Of bundles what they are made of. Where goods were put is in the ledger alone.
_RETURNED_GOODS: Final = Statement("""
    SELECT back.delivery_id, sold.currency, goods.named AS goods, goods.places, price.amount_minor
      FROM (SELECT DISTINCT delivery_id, order_id FROM fulfillments
             WHERE delivery_id = ANY(CAST(:delivery_ids AS uuid[])) AND status = 'RETURNED') AS back
      JOIN orders AS sold ON sold.id = back.order_id
     CROSS JOIN LATERAL (
           SELECT sum(line.quantity * item.unit_price_minor)::int AS amount_minor
             FROM fulfillments AS parcel
             JOIN fulfillment_lines AS line ON line.fulfillment_id = parcel.id
             JOIN order_lines AS item ON item.order_id = back.order_id AND item.line_no = line.line_no
            WHERE parcel.delivery_id = back.delivery_id AND parcel.status = 'RETURNED') AS price
     CROSS JOIN LATERAL (
           SELECT string_agg(variant.sku || ' x ' || unit.quantity, ', ' ORDER BY variant.sku) AS named,
                  (SELECT string_agg(DISTINCT place.code, ', ')
                     FROM ledger AS entry JOIN locations AS place ON place.id = entry.location_id
                    WHERE entry.cause_id = back.order_id AND entry.kind = 'RETURNED'
                      AND entry.variant_id = ANY(array_agg(unit.variant_id))) AS places
             FROM (SELECT coalesce(part.variant_id, line.variant_id) AS variant_id,
                          sum(line.quantity * coalesce(part.quantity, 1)) AS quantity
                     FROM fulfillments AS parcel
                     JOIN fulfillment_lines AS line ON line.fulfillment_id = parcel.id
                     LEFT JOIN order_line_components AS part
                       ON part.order_id = back.order_id AND part.line_no = line.line_no
                    WHERE parcel.delivery_id = back.delivery_id AND parcel.status = 'RETURNED'
                    GROUP BY 1) AS unit
             JOIN variants AS variant ON variant.id = unit.variant_id) AS goods
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


async def returned_goods(tx: ReadTx, delivery_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """What came back of deliveries: goods, as people read it, and the places where such goods of the order were put;
    amount_minor, what it was sold for, and its currency.
    """
    rows = await tx.fetch(_RETURNED_GOODS, delivery_ids=list(delivery_ids))
    return {row.delivery_id: row for row in rows}


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
