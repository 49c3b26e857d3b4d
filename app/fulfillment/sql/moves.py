"""Statements about units that come from other places than was planned."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

# Units that a delivery whose work is planned claims at a place beyond those that are planned there; what is collected
# at an own store leaves from there, wherever it is claimed. A line is in one parcel at each place: the one that it was
# in, if any.
_MOVED: Final = Statement("""
    SELECT delivery.id AS delivery_id, delivery.mode, delivery.location_id AS destination_id, line.line_no,
           line.variant_id, claim.location_id, (claim.units - coalesce(part.quantity, 0))::int AS quantity,
           fulfillment.id AS fulfillment_id
      FROM claimed_line_units AS claim
      JOIN order_lines AS line ON line.order_id = claim.order_id AND line.line_no = claim.line_no
      JOIN order_deliveries AS delivery ON delivery.id = line.delivery_id
      LEFT JOIN LATERAL (
           SELECT open.id FROM fulfillments AS open
            WHERE open.delivery_id = delivery.id AND open.location_id = claim.location_id AND open.status = 'OPEN'
            ORDER BY NOT EXISTS (SELECT FROM fulfillment_lines AS own
                                  WHERE own.fulfillment_id = open.id AND own.line_no = line.line_no), open.id
            LIMIT 1) AS fulfillment ON true
      LEFT JOIN fulfillment_lines AS part
        ON part.fulfillment_id = fulfillment.id AND part.line_no = line.line_no
     WHERE claim.order_id = :order_id AND delivery.mode NOT IN ('TAKE_AWAY', 'STORE_PICKUP')
       AND claim.units > coalesce(part.quantity, 0)
       AND EXISTS (SELECT FROM fulfillments AS planned WHERE planned.delivery_id = delivery.id)
     ORDER BY delivery.id, claim.location_id, line.line_no
""")
_GROW: Final = Statement("""
    INSERT INTO fulfillment_lines (fulfillment_id, line_no, variant_id, quantity)
    SELECT * FROM unnest(CAST(:fulfillment_ids AS uuid[]), CAST(:line_nos AS int[]),
                         CAST(:variant_ids AS bigint[]), CAST(:quantities AS int[]))
        ON CONFLICT (fulfillment_id, line_no) DO UPDATE SET quantity = fulfillment_lines.quantity + EXCLUDED.quantity
""")


async def moved_units(tx: ReadTx, order_id: UUID) -> list[Row]:
    """Units that the order's planned deliveries claim where they are not planned: what `ClaimedUnits` has, and
    fulfillment_id (of the open one there; None).
    """
    return await tx.fetch(_MOVED, order_id=order_id)


async def grow_lines(tx: WriteTx, rows: Sequence[Row]) -> None:
    """Add units to open fulfillments; rows: of `moved_units`."""
    await tx.execute(
        _GROW,
        fulfillment_ids=[row["fulfillment_id"] for row in rows],
        line_nos=[row["line_no"] for row in rows],
        variant_ids=[row["variant_id"] for row in rows],
        quantities=[row["quantity"] for row in rows],
    )
