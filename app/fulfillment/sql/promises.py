"""Statements about when the goods of pickups are expected at their stores."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

# Of transfers that nobody has dated the store's own plan says how long they take, else this many days.
TRANSFER_DAYS: Final = 3

_EXPECTED: Final = f"""coalesce(transfer.expected_at, transfer.created_at + make_interval(
           days => coalesce((SELECT plan.transfer_days FROM pickup_slot_plans AS plan
                              WHERE plan.location_id = transfer.to_location_id), {TRANSFER_DAYS})))"""  # noqa: S608  # a number of ours
_LOCK_PROMISED: Final = Statement(f"""
    SELECT pickup.id, pickup.order_id, pickup.number, pickup.location_id, pickup.status, pickup.ready_by,
           store.hours, store.timezone, slot.begins AS slot_begins,
           (SELECT max({_EXPECTED}) FROM transfers AS transfer
             WHERE transfer.order_id = pickup.order_id AND transfer.to_location_id = pickup.location_id
               AND transfer.status NOT IN ('DRAFT', 'RECEIVED', 'CANCELED')) AS arrives_at,
           (SELECT max(work.due_at) FROM work_instructions AS work
              JOIN fulfillments AS part ON part.id = work.fulfillment_id
             WHERE part.delivery_id = pickup.delivery_id AND work.kind = 'PREPARE_PICKUP') AS prepared_by
      FROM pickups AS pickup
      JOIN locations AS store ON store.id = pickup.location_id
      JOIN order_deliveries AS delivery ON delivery.id = pickup.delivery_id
      LEFT JOIN pickup_slot_bookings AS slot ON slot.delivery_id = pickup.delivery_id AND slot.state = 'BOOKED'
     WHERE pickup.order_id = ANY(CAST(:order_ids AS uuid[])) AND delivery.mode = 'STORE_PICKUP'
       AND pickup.status IN ('REQUESTED', 'PREPARING') AND NOT pickup.is_sandbox
     ORDER BY pickup.id FOR UPDATE OF pickup
""")  # noqa: S608  # a piece of ours
# Nobody is told of a first promise: the pickup is new.
_PROMISE: Final = Statement("""
    UPDATE pickups AS pickup
       SET ready_by = new.ready_by,
           version = pickup.version + CASE WHEN pickup.ready_by < new.ready_by THEN 1 ELSE 0 END
      FROM unnest(CAST(:ids AS uuid[]), CAST(:ready_bys AS timestamptz[])) AS new (id, ready_by)
     WHERE pickup.id = new.id
    RETURNING pickup.id, pickup.order_id, pickup.number, pickup.partner_id, pickup.location_id, pickup.is_sandbox,
              pickup.status, pickup.version
""")
_TRANSFERS: Final = Statement(f"""
    SELECT transfer.id, transfer.number, transfer.order_id, transfer.to_location_id, {_EXPECTED} AS expected_at,
           transfer.status NOT IN ('DRAFT', 'RECEIVED', 'CANCELED') AS is_open
      FROM transfers AS transfer WHERE transfer.order_id = ANY(CAST(:order_ids AS uuid[])) ORDER BY transfer.id
""")  # noqa: S608  # a piece of ours
_OVERDUE: Final = Statement("""
    SELECT order_id FROM pickups AS pickup
     WHERE status = 'REQUESTED' AND ready_by < :now
       AND EXISTS (SELECT FROM transfers AS transfer
                    WHERE transfer.order_id = pickup.order_id AND transfer.to_location_id = pickup.location_id
                      AND transfer.status NOT IN ('DRAFT', 'RECEIVED', 'CANCELED'))
     ORDER BY ready_by, id LIMIT :limit
""")


async def lock_promised(tx: WriteTx, order_ids: Collection[UUID]) -> list[Row]:
    """The pickups at own stores of locked orders that are not ready yet, locked: id, order_id, number, location_id,
    status, ready_by, hours, timezone, slot_begins; arrives_at: when the last of their transfers shall be there (None:
    none is under way); prepared_by: when their preparation is due.
    """
    return await tx.fetch(_LOCK_PROMISED, order_ids=list(order_ids))


async def set_promises(tx: WriteTx, promises: Mapping[UUID, datetime]) -> list[Row]:
    """Write by when locked pickups are ready; returns what `move_pickup.tell_of_pickups` takes. Later ones are a new
    version.
    """
    return await tx.fetch(_PROMISE, ids=list(promises), ready_bys=list(promises.values()))


async def transfers_of(tx: ReadTx, order_ids: Collection[UUID]) -> list[Row]:
    """The transfers of orders: id, number, order_id, to_location_id, expected_at, is_open."""
    return await tx.fetch(_TRANSFERS, order_ids=list(order_ids))


async def orders_overdue(tx: ReadTx, *, now: datetime, limit: int) -> list[UUID]:
    """Orders with a pickup whose goods should be ready, and are not even at their store."""
    rows = await tx.fetch(_OVERDUE, now=now, limit=limit)
    return list(dict.fromkeys(row["order_id"] for row in rows))
