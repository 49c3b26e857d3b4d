"""Statements about pickups."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.types import Uuid

from app.fulfillment.model.pickups import PickupState, PickupStatus
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
    INSERT INTO pickups (id, number, order_id, delivery_id, location_id, partner_id, is_sandbox, status, created_at)
    SELECT new.id, 'PU-' || nextval('pickup_numbers'), :order_id, new.delivery_id, new.location_id,
           location.partner_id, :is_sandbox, new.status, :now
      FROM unnest(CAST(:ids AS uuid[]), CAST(:delivery_ids AS uuid[]), CAST(:location_ids AS int[]),
                  CAST(:statuses AS text[])) AS new (id, delivery_id, location_id, status)
      JOIN locations AS location ON location.id = new.location_id
    RETURNING id, order_id, number, partner_id, location_id, is_sandbox, status, version
""")
_BY_ID: Final = Statement(select(pickups).where(pickups.c.id == bindparam("id", type_=Uuid)))
# With how the goods reach the buyer: own stores hand over what is on their shelves, points what a parcel brought; and
# when the slot begins that is kept for it.
LOCKED: Final = """
    SELECT pickup.*, delivery.mode, slot.begins AS slot_begins
      FROM pickups AS pickup JOIN order_deliveries AS delivery ON delivery.id = pickup.delivery_id
      LEFT JOIN pickup_slot_bookings AS slot ON slot.delivery_id = pickup.delivery_id AND slot.state = 'BOOKED'"""
_LOCK: Final = Statement(
    f"{LOCKED} WHERE pickup.id = ANY(CAST(:ids AS uuid[])) ORDER BY pickup.id FOR UPDATE OF pickup"
)
_LOCK_BY_DELIVERY: Final = Statement(f"{LOCKED} WHERE pickup.delivery_id = :delivery_id FOR UPDATE OF pickup")
_LOCK_OF_ORDER: Final = Statement(f"{LOCKED} WHERE pickup.order_id = :order_id ORDER BY pickup.id FOR UPDATE OF pickup")
_SET_STATES: Final = Statement("""
    UPDATE pickups AS pickup
       SET status = new.status, arrived_at = new.arrived_at, ready_at = new.ready_at, hold_until = new.hold_until,
           collected_at = new.collected_at, expired_at = new.expired_at, returning_at = new.returning_at,
           returned_at = new.returned_at, status_reason = new.reason, compartment = new.compartment,
           return_tracking_number = new.return_tracking_number, slip_number = new.slip_number,
           sealed_number = new.sealed_number, version = pickup.version + 1
      FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:arrived_ats AS timestamptz[]),
                  CAST(:ready_ats AS timestamptz[]), CAST(:hold_untils AS timestamptz[]),
                  CAST(:collected_ats AS timestamptz[]), CAST(:expired_ats AS timestamptz[]),
                  CAST(:returning_ats AS timestamptz[]), CAST(:returned_ats AS timestamptz[]),
                  CAST(:reasons AS text[]), CAST(:compartments AS text[]), CAST(:return_tracking_numbers AS text[]),
                  CAST(:slip_numbers AS text[]), CAST(:sealed_numbers AS bytea[]))
           AS new (id, status, arrived_at, ready_at, hold_until, collected_at, expired_at, returning_at, returned_at,
                   reason, compartment, return_tracking_number, slip_number, sealed_number)
     WHERE pickup.id = new.id
    RETURNING pickup.id, pickup.order_id, pickup.number, pickup.partner_id, pickup.location_id, pickup.is_sandbox,
              pickup.status, pickup.version
""")
_RECORD_ATTEMPT: Final = Statement("""
    UPDATE pickups
       SET failed_attempts = :failed_attempts, is_locked = :is_locked, verified_at = :verified_at,
           version = version + 1
     WHERE id = :id
""")
_COUNT_EXTENSION: Final = Statement("UPDATE pickups SET extensions = extensions + 1 WHERE id = :id")
_SET_COLLECTOR: Final = Statement("""
    UPDATE pickups
       SET collector_name = :name, code_version = code_version + 1, verified_at = NULL, version = version + 1
     WHERE id = :id
""")
_ANNOUNCE: Final = Statement("""
    UPDATE pickups SET announced_at = :now, curbside_note = :note, version = version + 1 WHERE id = :id
""")
_UNLOCK: Final = Statement("""
    UPDATE pickups
       SET failed_attempts = 0, is_locked = false, verified_at = NULL, code_version = code_version + 1,
           version = version + 1
     WHERE id = :id
""")
# What people see of a pickup: with its order's number, and what its goods cost as long as that is to be paid there.
SEEN_OF: Final = """
    SELECT pickup.*, sold.number AS order_number, sold.currency, pickup.id::text AS cursor,
           CASE WHEN sold.payment_status = 'DUE_AT_PICKUP'
                 AND pickup.status NOT IN ('COLLECTED', 'EXPIRED', 'RETURNING', 'RETURNED', 'CANCELED')
                THEN (SELECT coalesce(sum(part.quantity * line.unit_price_minor), 0)::int
                        FROM fulfillments AS fulfillment
                        JOIN fulfillment_lines AS part ON part.fulfillment_id = fulfillment.id
                        JOIN order_lines AS line ON line.order_id = pickup.order_id AND line.line_no = part.line_no
                       WHERE fulfillment.delivery_id = pickup.delivery_id AND fulfillment.status <> 'CANCELED')
                ELSE 0 END AS due_minor,
           EXISTS (SELECT FROM locations AS place JOIN pickup_networks AS network ON network.code = place.network_code
                    WHERE place.id = pickup.location_id AND network.code_issuer = 'CARRIER') AS has_carrier_code
      FROM {}"""
_SEEN: Final = SEEN_OF.format("pickups AS pickup JOIN orders AS sold ON sold.id = pickup.order_id")
# One look-up a row, whatever the planner thinks of a limit that it does not know.
_PAGE: Final = """pickup CROSS JOIN LATERAL (
           SELECT number, currency, payment_status FROM orders WHERE id = pickup.order_id LIMIT 1) AS sold"""
PICKUPS_BY_ORDER: Final = Statement(f"""{_SEEN}
     WHERE pickup.order_id = ANY(CAST(:ids AS uuid[]))
     ORDER BY pickup.id
""")
PICKUPS_BY_DELIVERY: Final = Statement(f"""{_SEEN}
     WHERE pickup.delivery_id = ANY(CAST(:ids AS uuid[]))
""")
PICKUPS_BY_ID: Final = Statement(f"""{_SEEN}
     WHERE pickup.id = ANY(CAST(:ids AS uuid[]))
""", generic=True)  # fmt: skip
PICKUP_BY_NUMBER: Final = Statement(f"""{_SEEN}
     WHERE pickup.number = :number
""")
# One statement for each set of filters, so that each is read from the index that it has. The page is cut before
# anything else is read of its rows. A partner sees only its own, and nobody else its tests; a key limited to locations
# only those.
FILTERS: Final = {
    "partner_id": "pickup.partner_id = CAST(:partner_id AS uuid)",
    "allowed": "pickup.location_id = ANY(CAST(:allowed AS int[]))",
    "location_id": "pickup.location_id = CAST(:location_id AS int)",
    "status": "pickup.status = CAST(:status AS text)",
    "after": "pickup.id > CAST(:after AS uuid)",
}


@cache
def pickup_page(filters: frozenset[str]) -> Statement:
    """A page of pickups, oldest first, with these of `FILTERS`; their values and `limit` are parameters."""
    kept = [FILTERS[name] for name in sorted(filters)]
    conditions = " AND ".join(kept if "partner_id" in filters else [*kept, "NOT pickup.is_sandbox"])
    return Statement(
        f"""WITH pickup AS (
                SELECT * FROM pickups AS pickup WHERE {conditions} ORDER BY pickup.id LIMIT CAST(:limit AS int))
            {SEEN_OF.format(_PAGE)} ORDER BY pickup.id""",  # noqa: S608  # constants of this module
        generic=True,
    )


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


async def insert_pickups(
    tx: WriteTx, order_id: UUID, new: Sequence[NewPickup], *, now: datetime, is_sandbox: bool = False
) -> list[Row]:
    """Write pickups, numbered `PU-70000001` and on; each belongs to the partner of its location, if any.

    Returns id, order_id, number, partner_id, location_id, is_sandbox, status, version.
    """
    return await tx.fetch(
        _INSERT,
        order_id=order_id,
        ids=[new_id() for _ in new],
        delivery_ids=[pickup.delivery_id for pickup in new],
        location_ids=[pickup.location_id for pickup in new],
        statuses=[pickup.status for pickup in new],
        is_sandbox=is_sandbox,
        now=now,
    )


async def find_pickup(tx: ReadTx, pickup_id: UUID) -> Row | None:
    """A pickup, all columns."""
    return await tx.fetchrow(_BY_ID, id=pickup_id)


async def lock_pickups(tx: WriteTx, pickup_ids: Collection[UUID]) -> dict[UUID, Row]:
    """Pickups by id, all columns and their deliveries' modes, locked in the order of the ids.

    They are locked until the transaction ends. Lock their orders first.
    """
    return {row.id: row for row in await tx.fetch(_LOCK, ids=list(pickup_ids))}


async def lock_pickup_of_delivery(tx: WriteTx, delivery_id: UUID) -> Row | None:
    """The pickup of a delivery, as `lock_pickups` has it; None for home deliveries. Lock its order first."""
    return await tx.fetchrow(_LOCK_BY_DELIVERY, delivery_id=delivery_id)


async def lock_pickups_of_order(tx: WriteTx, order_id: UUID) -> list[Row]:
    """All pickups of a locked order, as `lock_pickups` has them."""
    return await tx.fetch(_LOCK_OF_ORDER, order_id=order_id)


def state_in(pickup: Row) -> PickupState:
    """The state that a row tells."""
    return PickupState(
        PickupStatus(pickup.status),
        pickup.arrived_at,
        pickup.ready_at,
        pickup.hold_until,
        pickup.collected_at,
        pickup.expired_at,
        pickup.returning_at,
        pickup.returned_at,
        pickup.status_reason,
        pickup.compartment,
        pickup.return_tracking_number,
        pickup.slip_number,
        pickup.sealed_number,
    )


async def set_states(tx: WriteTx, states: Mapping[UUID, PickupState]) -> list[Row]:
    """Write states; returns id, order_id, number, partner_id, location_id, is_sandbox, status and version of each."""
    new = list(states.values())
    return await tx.fetch(
        _SET_STATES,
        ids=list(states),
        statuses=[state.status for state in new],
        arrived_ats=[state.arrived_at for state in new],
        ready_ats=[state.ready_at for state in new],
        hold_untils=[state.hold_until for state in new],
        collected_ats=[state.collected_at for state in new],
        expired_ats=[state.expired_at for state in new],
        returning_ats=[state.returning_at for state in new],
        returned_ats=[state.returned_at for state in new],
        reasons=[state.reason for state in new],
        compartments=[state.compartment for state in new],
        return_tracking_numbers=[state.return_tracking_number for state in new],
        slip_numbers=[state.slip_number for state in new],
        sealed_numbers=[state.sealed_number for state in new],
    )


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


async def count_extension(tx: WriteTx, pickup_id: UUID) -> None:
    """The end of a locked pickup was moved once more."""
    await tx.execute(_COUNT_EXTENSION, id=pickup_id)


async def set_collector(tx: WriteTx, pickup_id: UUID, name: str | None) -> None:
    """Who will collect, and a new code."""
    await tx.execute(_SET_COLLECTOR, id=pickup_id, name=name)


async def announce(tx: WriteTx, pickup_id: UUID, note: str | None, *, now: datetime) -> None:
    """Somebody waits, since now and there."""
    await tx.execute(_ANNOUNCE, id=pickup_id, note=note, now=now)


async def unlock(tx: WriteTx, pickup_id: UUID) -> None:
    """Forget wrong codes and give the pickup a new one."""
    await tx.execute(_UNLOCK, id=pickup_id)
