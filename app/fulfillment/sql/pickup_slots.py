"""Statements about the slots in which pickups take place."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

from app.fulfillment.sql.pickups import FILTERS, LOCKED, SEEN_OF
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

SLOTS_BY_FULFILLMENT: Final = Statement("""
    SELECT fulfillment.id AS fulfillment_id, slot.begins, slot.ends
      FROM fulfillments AS fulfillment
      JOIN pickup_slot_bookings AS slot ON slot.delivery_id = fulfillment.delivery_id AND slot.state = 'BOOKED'
     WHERE fulfillment.id = ANY(CAST(:ids AS uuid[])) AND fulfillment.kind = 'PICKUP'
""")
_TO_MOVE: Final = Statement(f"{LOCKED} WHERE pickup.id = :id")
_SET_DUE: Final = Statement("""
    UPDATE work_instructions AS work SET due_at = new.due_at, version = work.version + 1
      FROM unnest(CAST(:ids AS uuid[]), CAST(:due_ats AS timestamptz[])) AS new (id, due_at)
     WHERE work.fulfillment_id = new.id AND work.kind = 'PREPARE_PICKUP'
       AND work.status IN ('WAITING', 'OPEN', 'IN_PROGRESS', 'ON_HOLD') AND work.due_at IS DISTINCT FROM new.due_at
""")
_PREPARED: Final = Statement("""
    SELECT id FROM fulfillments WHERE delivery_id = :delivery_id AND kind = 'PICKUP' AND status = 'OPEN' ORDER BY id
""")
_TOUCH: Final = Statement("""
    UPDATE pickups SET version = version + 1 WHERE id = :id
    RETURNING id, order_id, number, partner_id, location_id, is_sandbox, status, version
""")
# When goods that are on their way to a store shall be there, as far as anybody has said.
_EXPECTED: Final = Statement("""
    SELECT transfer.created_at, transfer.expected_at FROM transfers AS transfer
     WHERE transfer.order_id = :order_id AND transfer.to_location_id = :location_id
       AND transfer.status NOT IN ('RECEIVED', 'CANCELED')
""")


async def pickup_to_move(tx: ReadTx, pickup_id: UUID) -> Row | None:
    """A pickup as `pickups.lock_pickups` has it, not locked."""
    return await tx.fetchrow(_TO_MOVE, id=pickup_id)


async def set_due(tx: WriteTx, due: Mapping[UUID, datetime]) -> int:
    """Say when the preparation of fulfillments is due, whether it waits or not; returns how many changed."""
    return await tx.execute(_SET_DUE, ids=list(due), due_ats=list(due.values()))


async def preparing(tx: ReadTx, delivery_id: UUID) -> list[UUID]:
    """The fulfillments whose goods are still to be prepared for a delivery."""
    return [row.id for row in await tx.fetch(_PREPARED, delivery_id=delivery_id)]


async def touch_pickup(tx: WriteTx, pickup_id: UUID) -> list[Row]:
    """Something beside a locked pickup changed; returns what `move_pickup.tell_of_pickups` takes."""
    return await tx.fetch(_TOUCH, id=pickup_id)


async def expected_arrivals(tx: ReadTx, order_id: UUID, location_id: int) -> list[Row]:
    """Transfers of an order that are not at a store yet: created_at, expected_at (None: nobody has said)."""
    return await tx.fetch(_EXPECTED, order_id=order_id, location_id=location_id)


@cache
def slot_page(filters: frozenset[str]) -> Statement:
    """A page of pickups with slots, by the time of the slot, with these of `FILTERS` and of `_SLOT_FILTERS`; their
    values and `limit` are parameters.
    """
    conditions = " AND ".join({**FILTERS, **_SLOT_FILTERS}[name] for name in sorted(filters - {"id_after"}))
    kept = f" AND {conditions}" if conditions else ""
    tests = "" if "partner_id" in filters else " AND NOT pickup.is_sandbox"
    return Statement(
        f"""WITH pickup AS (
                SELECT pickup.*, slot.begins AS slot_begins,
                       CAST(extract(epoch FROM slot.begins) * 1000000 AS bigint) AS slot_us
                  FROM pickup_slot_bookings AS slot JOIN pickups AS pickup ON pickup.delivery_id = slot.delivery_id
                 WHERE slot.state = 'BOOKED'{kept}{tests}
                 ORDER BY slot.begins, pickup.id LIMIT CAST(:limit AS int))
            {SEEN_OF.format("pickup JOIN orders AS sold ON sold.id = pickup.order_id")}
             ORDER BY pickup.slot_begins, pickup.id""",  # noqa: S608  # constants of these modules
        generic=True,
    )


_SLOT_FILTERS: Final = {
    "slot_from": "slot.begins >= CAST(:slot_from AS timestamptz)",
    "slot_until": "slot.begins < CAST(:slot_until AS timestamptz)",
    "slot_after": "(slot.begins, pickup.id) > (CAST(:slot_after AS timestamptz), CAST(:id_after AS uuid))",
}
