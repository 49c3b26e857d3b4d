"""Statements about the promised times of pickups, and about the transfers that they wait for."""

from datetime import datetime
from typing import Final
from uuid import UUID

from app.fulfillment.model.promises import Bringing
from app.kit.db import ReadTx, Row
from app.kit.statement import Statement

_PROMISED: Final = Statement("""
    SELECT delivery.id AS delivery_id, delivery.ready_by, work.status, work.resumes_as, work.due_at,
           store.hours, store.timezone
      FROM fulfillments AS fulfillment
      JOIN order_deliveries AS delivery ON delivery.id = fulfillment.delivery_id
      JOIN locations AS store ON store.id = fulfillment.location_id
      JOIN work_instructions AS work ON work.fulfillment_id = fulfillment.id AND work.kind = 'PREPARE_PICKUP'
     WHERE fulfillment.order_id = :order_id AND fulfillment.kind = 'PICKUP' AND fulfillment.status = 'OPEN'
       AND work.status IN ('WAITING', 'OPEN', 'IN_PROGRESS', 'ON_HOLD')
     ORDER BY delivery.id
""")
# Transfers that have something to bring for a delivery of the order.
_BRINGING: Final = Statement("""
    SELECT sold.delivery_id, bool_or(line.quantity > line.shipped_quantity + line.withdrawn_quantity) AS is_unsent,
           coalesce(min(work.due_at), transfer.created_at) AS send_by, transfer.shipped_at AS left_at,
           transfer.expected_at
      FROM transfers AS transfer
      JOIN transfer_lines AS line ON line.transfer_id = transfer.id
       AND line.quantity > line.received_quantity + line.lost_quantity + line.withdrawn_quantity
      JOIN order_lines AS sold ON sold.order_id = transfer.order_id AND sold.line_no = line.order_line_no
      LEFT JOIN work_instructions AS work ON work.transfer_id = transfer.id AND work.kind = 'TRANSFER'
     WHERE transfer.order_id = :order_id AND transfer.status IN ('READY_TO_SHIP', 'IN_TRANSIT', 'PARTIALLY_RECEIVED')
     GROUP BY transfer.id, sold.delivery_id
     ORDER BY transfer.id
""")
# Orders whose transfers should have left or come by now; transfers whose day is put off already come again each time.
_LATE: Final = Statement("""
    SELECT DISTINCT transfer.order_id
      FROM transfers AS transfer
      LEFT JOIN work_instructions AS work ON work.transfer_id = transfer.id AND work.kind = 'TRANSFER'
     WHERE transfer.status IN ('READY_TO_SHIP', 'IN_TRANSIT', 'PARTIALLY_RECEIVED') AND transfer.order_id > :after
       AND CASE WHEN transfer.expected_at IS NOT NULL THEN transfer.expected_at
                WHEN transfer.status = 'READY_TO_SHIP' THEN coalesce(work.due_at, transfer.created_at)
                ELSE transfer.shipped_at + interval '1 day' END <= :now
     ORDER BY transfer.order_id LIMIT :limit
""")

# Visible transfers are the caller's matter.
TRANSFERS_BY_ORDER_LINE: Final = Statement("""
    SELECT DISTINCT transfer.*, line.order_line_no
      FROM unnest(CAST(:order_ids AS uuid[]), CAST(:line_nos AS int[])) AS wanted (order_id, line_no)
      JOIN transfers AS transfer ON transfer.order_id = wanted.order_id
      JOIN transfer_lines AS line ON line.transfer_id = transfer.id AND line.order_line_no = wanted.line_no
     WHERE CAST(:location_ids AS int[]) IS NULL
        OR transfer.from_location_id = ANY(CAST(:location_ids AS int[]))
        OR transfer.to_location_id = ANY(CAST(:location_ids AS int[]))
     ORDER BY transfer.id, line.order_line_no
""")
TRANSFERS_BY_FULFILLMENT: Final = Statement("""
    SELECT DISTINCT transfer.*, part.fulfillment_id
      FROM fulfillments AS fulfillment
      JOIN fulfillment_lines AS part ON part.fulfillment_id = fulfillment.id
      JOIN transfers AS transfer
        ON transfer.order_id = fulfillment.order_id AND transfer.to_location_id = fulfillment.location_id
      JOIN transfer_lines AS line ON line.transfer_id = transfer.id AND line.order_line_no = part.line_no
     WHERE fulfillment.id = ANY(CAST(:ids AS uuid[])) AND fulfillment.kind = 'PICKUP'
       AND (CAST(:location_ids AS int[]) IS NULL
            OR transfer.from_location_id = ANY(CAST(:location_ids AS int[]))
            OR transfer.to_location_id = ANY(CAST(:location_ids AS int[])))
     ORDER BY transfer.id
""")


async def promised_pickups(tx: ReadTx, order_id: UUID) -> list[Row]:
    """Pickups of the order that an own store has still to prepare: delivery_id, ready_by; status, resumes_as and due_at
    of the preparation; hours and timezone of the store.
    """
    return await tx.fetch(_PROMISED, order_id=order_id)


async def bringing_of(tx: ReadTx, order_id: UUID) -> dict[UUID, list[Bringing]]:
    """The transfers that have something to bring, by delivery."""
    found: dict[UUID, list[Bringing]] = {}
    for row in await tx.fetch(_BRINGING, order_id=order_id):
        transfer = Bringing(row["is_unsent"], row["send_by"], row["left_at"], row["expected_at"])
        found.setdefault(row["delivery_id"], []).append(transfer)
    return found


async def orders_of_late_transfers(tx: ReadTx, *, after: UUID, now: datetime, limit: int) -> list[UUID]:
    """Orders behind `after` with transfers that should have left or come by now, by id."""
    return [row["order_id"] for row in await tx.fetch(_LATE, after=after, now=now, limit=limit)]
