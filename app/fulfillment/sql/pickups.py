"""Statements about pickups."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.types import Uuid

from app.fulfillment.model.pickups import PickupStatus
from app.fulfillment.tables import pickups
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.ids import new_id
from app.kit.statement import Statement


@dataclass(frozen=True, slots=True)
class NewPickup:
    """A pickup to be written."""

    delivery_id: UUID
    location_id: int
    status: PickupStatus


_INSERT: Final = Statement("""
    INSERT INTO pickups (id, number, order_id, delivery_id, location_id, partner_id, status, created_at)
    SELECT new.id, 'PU-' || nextval('pickup_numbers'), :order_id, new.delivery_id, new.location_id,
           location.partner_id, new.status, :now
      FROM unnest(CAST(:ids AS uuid[]), CAST(:delivery_ids AS uuid[]), CAST(:location_ids AS int[]),
                  CAST(:statuses AS text[])) AS new (id, delivery_id, location_id, status)
      JOIN locations AS location ON location.id = new.location_id
""")
_BY_ID: Final = Statement(select(pickups).where(pickups.c.id == bindparam("id", type_=Uuid)))
# With how the goods reach the buyer: own stores hand over what is on their shelves, points what a parcel brought.
_LOCK: Final = Statement("""
    SELECT pickup.*, delivery.mode
      FROM pickups AS pickup JOIN order_deliveries AS delivery ON delivery.id = pickup.delivery_id
     WHERE pickup.id = :id FOR UPDATE OF pickup
""")
_LOCK_BY_DELIVERY: Final = Statement(
    select(pickups).where(pickups.c.delivery_id == bindparam("delivery_id", type_=Uuid)).with_for_update()
)
_HOLD_DAYS: Final = Statement("SELECT hold_days FROM locations WHERE id = :location_id")
_SET_STATUS: Final = Statement("""
    UPDATE pickups
       SET status = :status, version = version + 1,
           collected_at = CASE WHEN :status = 'COLLECTED' THEN CAST(:now AS timestamptz) END,
           expired_at = CASE WHEN :status = 'EXPIRED' THEN CAST(:now AS timestamptz) END
     WHERE id = :id
""")
_SET_READY: Final = Statement("""
    UPDATE pickups
       SET status = 'READY', version = version + 1, ready_at = :now, hold_until = :hold_until
     WHERE id = :id
""")
_RECORD_ATTEMPT: Final = Statement("""
    UPDATE pickups
       SET failed_attempts = :failed_attempts, is_locked = :is_locked, verified_at = :verified_at,
           version = version + 1
     WHERE id = :id
""")
_UNLOCK: Final = Statement("""
    UPDATE pickups
       SET failed_attempts = 0, is_locked = false, verified_at = NULL, code_version = code_version + 1,
           version = version + 1
     WHERE id = :id
""")
_CANCEL: Final = Statement("""
    UPDATE pickups SET status = 'CANCELED', version = version + 1
     WHERE order_id = :order_id AND status <> 'CANCELED'
""")
_OVERDUE: Final = Statement("""
    SELECT pickup.id
      FROM pickups AS pickup JOIN order_deliveries AS delivery ON delivery.id = pickup.delivery_id
     WHERE pickup.status = 'READY' AND pickup.hold_until < :before AND delivery.mode = 'STORE_PICKUP'
     ORDER BY pickup.hold_until LIMIT :limit
""")

# What people see of a pickup: with its order's number, and what its goods cost as long as that is to be paid there.
_SEEN: Final = """
    SELECT pickup.*, sold.number AS order_number, sold.currency, pickup.id::text AS cursor,
           CASE WHEN sold.payment_status = 'DUE_AT_PICKUP' AND pickup.status NOT IN ('COLLECTED', 'EXPIRED', 'CANCELED')
                THEN (SELECT coalesce(sum(part.quantity * line.unit_price_minor), 0)::int
                        FROM fulfillments AS fulfillment
                        JOIN fulfillment_lines AS part ON part.fulfillment_id = fulfillment.id
                        JOIN order_lines AS line ON line.order_id = pickup.order_id AND line.line_no = part.line_no
                       WHERE fulfillment.delivery_id = pickup.delivery_id AND fulfillment.status <> 'CANCELED')
                ELSE 0 END AS due_minor
      FROM pickups AS pickup JOIN orders AS sold ON sold.id = pickup.order_id"""
PICKUPS_BY_ORDER: Final = Statement(f"""{_SEEN}
     WHERE pickup.order_id = ANY(CAST(:ids AS uuid[]))
     ORDER BY pickup.id
""")
PICKUPS_BY_DELIVERY: Final = Statement(f"""{_SEEN}
     WHERE pickup.delivery_id = ANY(CAST(:ids AS uuid[]))
""")
PICKUPS_BY_ID: Final = Statement(f"""{_SEEN}
     WHERE pickup.id = ANY(CAST(:ids AS uuid[]))
""")
PICKUP_BY_NUMBER: Final = Statement(f"""{_SEEN}
     WHERE pickup.number = :number
""")
# Null filters filter nothing. A partner sees only its own; a key limited to locations only those.
PICKUP_PAGE: Final = Statement(f"""{_SEEN}
     WHERE (CAST(:partner_id AS uuid) IS NULL OR pickup.partner_id = :partner_id)
       AND (CAST(:allowed AS int[]) IS NULL OR pickup.location_id = ANY(CAST(:allowed AS int[])))
       AND (CAST(:location_id AS int) IS NULL OR pickup.location_id = :location_id)
       AND (CAST(:status AS text) IS NULL OR pickup.status = :status)
       AND (CAST(:after AS uuid) IS NULL OR pickup.id > CAST(:after AS uuid))
     ORDER BY pickup.id
     LIMIT CAST(:limit AS int)
""")
LINES_BY_DELIVERY: Final = Statement("""
    SELECT fulfillment.delivery_id, part.line_no, part.variant_id, sum(part.quantity)::int AS quantity,
           line.sku, line.names
      FROM fulfillments AS fulfillment
      JOIN fulfillment_lines AS part ON part.fulfillment_id = fulfillment.id
      JOIN order_lines AS line ON line.order_id = fulfillment.order_id AND line.line_no = part.line_no
     WHERE fulfillment.delivery_id = ANY(CAST(:ids AS uuid[]))
     GROUP BY fulfillment.delivery_id, part.line_no, part.variant_id, line.id
     ORDER BY fulfillment.delivery_id, part.line_no
""")


async def insert_pickups(tx: WriteTx, order_id: UUID, new: Sequence[NewPickup], *, now: datetime) -> None:
    """Write pickups, numbered `PU-70000001` and on; each belongs to the partner of its location, if any."""
    if not new:
        return
    await tx.execute(
        _INSERT,
        order_id=order_id,
        ids=[new_id() for _ in new],
        delivery_ids=[pickup.delivery_id for pickup in new],
        location_ids=[pickup.location_id for pickup in new],
        statuses=[pickup.status for pickup in new],
        now=now,
    )


async def find_pickup(tx: ReadTx, pickup_id: UUID) -> Row | None:
    """A pickup, all columns."""
    return await tx.fetchrow(_BY_ID, id=pickup_id)


async def lock_pickup(tx: WriteTx, pickup_id: UUID) -> Row | None:
    """A pickup, all columns and its delivery's mode, locked until the transaction ends. Lock its order first."""
    return await tx.fetchrow(_LOCK, id=pickup_id)


async def lock_pickup_of_delivery(tx: WriteTx, delivery_id: UUID) -> Row | None:
    """The pickup of a delivery, locked; None for home deliveries. Lock its order first."""
    return await tx.fetchrow(_LOCK_BY_DELIVERY, delivery_id=delivery_id)


async def hold_days_of(tx: ReadTx, location_id: int) -> int:
    """For how many days a location keeps goods for the shopper."""
    return await tx.fetchval(_HOLD_DAYS, location_id=location_id)


async def set_status(tx: WriteTx, pickup_id: UUID, status: PickupStatus, *, now: datetime) -> None:
    """Set the status, with its time when it is COLLECTED or EXPIRED."""
    await tx.execute(_SET_STATUS, id=pickup_id, status=status, now=now)


async def set_ready(tx: WriteTx, pickup_id: UUID, *, now: datetime, hold_until: datetime) -> None:
    """The goods wait for the shopper until `hold_until`."""
    await tx.execute(_SET_READY, id=pickup_id, now=now, hold_until=hold_until)


async def record_attempt(
    tx: WriteTx, pickup_id: UUID, *, failed_attempts: int, is_locked: bool, verified_at: datetime | None
) -> None:
    """Keep what came of a typed code."""
    await tx.execute(
        _RECORD_ATTEMPT,
        id=pickup_id,
        failed_attempts=failed_attempts,
        is_locked=is_locked,
        verified_at=verified_at,
    )


async def unlock(tx: WriteTx, pickup_id: UUID) -> None:
    """Forget wrong codes and give the pickup a new one."""
    await tx.execute(_UNLOCK, id=pickup_id)


async def cancel_pickups(tx: WriteTx, order_id: UUID) -> int:
    """Cancel all pickups of an order; returns how many."""
    return await tx.execute(_CANCEL, order_id=order_id)


async def overdue_pickups(tx: ReadTx, *, before: datetime, limit: int) -> list[UUID]:
    """Pickups at own stores that were to be collected before an instant, longest first."""
    rows = await tx.fetch(_OVERDUE, before=before, limit=limit)
    return [row.id for row in rows]
