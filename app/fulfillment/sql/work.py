"""Statements about work instructions, and about the transfers that some of them ask for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from app.fulfillment.model import FulfillmentKind, Share, WorkKind, WorkStatus, due_at
from app.fulfillment.model.pickups import PickupStatus
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.ids import new_id
from app.kit.statement import Statement


@dataclass(frozen=True, slots=True)
class NewWork:
    """A work instruction to be written; at most one of fulfillment_id, transfer_id and pickup_id is set."""

    kind: WorkKind
    location_id: int
    status: WorkStatus
    order_id: UUID | None
    fulfillment_id: UUID | None = None
    transfer_id: UUID | None = None
    pickup_id: UUID | None = None
    due_at: datetime | None = None
    note: str | None = None
    id: UUID = field(default_factory=new_id)


# A second instruction of one kind about one thing is never written: events may be heard twice.
_INSERT: Final = Statement("""
    INSERT INTO work_instructions
           (id, kind, location_id, status, order_id, fulfillment_id, transfer_id, pickup_id, due_at, note, created_at)
    SELECT new.*, :now
      FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:location_ids AS int[]),
                  CAST(:statuses AS text[]), CAST(:order_ids AS uuid[]), CAST(:fulfillment_ids AS uuid[]),
                  CAST(:transfer_ids AS uuid[]), CAST(:pickup_ids AS uuid[]), CAST(:due_ats AS timestamptz[]),
                  CAST(:notes AS text[])) AS new
    ON CONFLICT DO NOTHING
""")
_CLOCKS: Final = Statement("SELECT id, hours, timezone FROM locations WHERE id = ANY(CAST(:ids AS int[]))")
# Work on hold stays so: what happens meanwhile tells what it goes on as.
_OPEN: Final = Statement("""
    UPDATE work_instructions AS work
       SET status = CASE work.status WHEN 'WAITING' THEN 'OPEN' ELSE work.status END,
           resumes_as = CASE work.status WHEN 'ON_HOLD' THEN 'OPEN' END,
           due_at = coalesce(new.due_at, work.due_at), version = work.version + 1
      FROM unnest(CAST(:ids AS uuid[]), CAST(:due_ats AS timestamptz[])) AS new (id, due_at)
     WHERE work.kind = :kind AND (work.status = 'WAITING' OR work.resumes_as = 'WAITING')
       AND (work.fulfillment_id = new.id OR work.transfer_id = new.id)
""")
# Goods are packed once they are picked, and shipped once they are packed, where they are to be.
_OPEN_NEXT: Final = Statement("""
    UPDATE work_instructions AS work
       SET status = CASE status WHEN 'WAITING' THEN 'OPEN' ELSE status END,
           resumes_as = CASE status WHEN 'ON_HOLD' THEN 'OPEN' END, version = version + 1
     WHERE fulfillment_id = ANY(CAST(:ids AS uuid[])) AND (status = 'WAITING' OR resumes_as = 'WAITING')
       AND kind IN ('PACK', 'SHIP')
       AND NOT EXISTS (
           SELECT FROM work_instructions AS before
            WHERE before.fulfillment_id = work.fulfillment_id AND before.status <> 'DONE'
              AND (before.kind = 'PICK' OR (before.kind = 'PACK' AND work.kind = 'SHIP')))
""")
_COMPLETE: Final = Statement("""
    UPDATE work_instructions
       SET status = 'DONE', completed_at = :now, completed_by = :actor, resumes_as = NULL, hold_reason = NULL,
           version = version + 1
     WHERE kind = ANY(CAST(:kinds AS text[])) AND status IN ('WAITING', 'OPEN', 'IN_PROGRESS', 'ON_HOLD')
       AND (fulfillment_id = ANY(CAST(:ids AS uuid[])) OR transfer_id = ANY(CAST(:ids AS uuid[]))
            OR pickup_id = ANY(CAST(:ids AS uuid[])))
""")
_CANCEL: Final = Statement("""
    UPDATE work_instructions
       SET status = 'CANCELED', resumes_as = NULL, hold_reason = NULL, version = version + 1
     WHERE status IN ('WAITING', 'OPEN', 'IN_PROGRESS', 'ON_HOLD')
       AND (CAST(:kinds AS text[]) IS NULL OR kind = ANY(CAST(:kinds AS text[])))
       AND (fulfillment_id = ANY(CAST(:ids AS uuid[])) OR transfer_id = ANY(CAST(:ids AS uuid[]))
            OR pickup_id = ANY(CAST(:ids AS uuid[])))
""")
# Goods that are with their buyer, back, or never left are put nowhere; what is back may still be looked at.
_END_OF_PICKUPS: Final = Statement("""
    UPDATE work_instructions
       SET status = 'CANCELED', resumes_as = NULL, hold_reason = NULL, version = version + 1
     WHERE pickup_id = ANY(CAST(:ids AS uuid[])) AND status IN ('WAITING', 'OPEN', 'IN_PROGRESS', 'ON_HOLD')
       AND NOT (kind = 'RETURN_INSPECT' AND pickup_id = ANY(CAST(:returned AS uuid[])))
""", generic=True)  # fmt: skip
# What was picked is picked again, with what came on top, and what follows waits for it.
_PICK_AGAIN: Final = Statement("""
    UPDATE work_instructions
       SET status = CASE WHEN status = 'ON_HOLD' THEN status WHEN kind = 'PICK' THEN 'OPEN' ELSE 'WAITING' END,
           resumes_as = CASE status WHEN 'ON_HOLD' THEN 'WAITING' END,
           completed_at = NULL, completed_by = NULL, pick_list_id = NULL, version = version + 1
     WHERE fulfillment_id = ANY(CAST(:ids AS uuid[]))
       AND ((kind = 'PICK' AND status = 'DONE')
         OR (kind IN ('PACK', 'SHIP') AND status IN ('OPEN', 'IN_PROGRESS', 'ON_HOLD'))
         OR (kind = 'PACK' AND status = 'DONE'))
""")
_WAIT: Final = Statement("""
    UPDATE work_instructions
       SET status = CASE status WHEN 'ON_HOLD' THEN status ELSE 'WAITING' END,
           resumes_as = CASE status WHEN 'ON_HOLD' THEN 'WAITING' END, version = version + 1
     WHERE fulfillment_id = ANY(CAST(:ids AS uuid[])) AND kind = :kind
       AND (status IN ('OPEN', 'IN_PROGRESS') OR resumes_as = 'OPEN')
""")
_IS_DONE: Final = Statement("""
    SELECT EXISTS (SELECT FROM work_instructions
                    WHERE fulfillment_id = :fulfillment_id AND kind = :kind AND status = 'DONE')
""")
# Who sent and who took in is what the ledger says, however late or in whatever order the facts are heard.
_TRANSFER: Final = Statement("""
    SELECT transfer.id, transfer.number, transfer.order_id, transfer.from_location_id, transfer.to_location_id,
           transfer.status, moved.shipped_by, moved.received_by, line.received, line.lost, line.unsent,
           source.hours, source.timezone
      FROM transfers AS transfer
      JOIN locations AS source ON source.id = transfer.from_location_id
     CROSS JOIN LATERAL (
           SELECT sum(received_quantity)::int AS received, sum(lost_quantity)::int AS lost,
                  sum(quantity - shipped_quantity - withdrawn_quantity)::int AS unsent
             FROM transfer_lines WHERE transfer_id = transfer.id) AS line
     CROSS JOIN LATERAL (
           SELECT (array_agg(entry.actor ORDER BY entry.entry_id DESC) FILTER (
                      WHERE entry.kind = 'TRANSFERRED_OUT' AND entry.location_id = transfer.from_location_id))[1]
                      AS shipped_by,
                  (array_agg(entry.actor ORDER BY entry.entry_id DESC) FILTER (
                      WHERE entry.kind = 'LOST_IN_TRANSIT'
                         OR (entry.kind = 'TRANSFERRED_IN' AND entry.location_id = transfer.to_location_id)))[1]
                      AS received_by
             FROM ledger AS entry WHERE entry.cause_id = transfer.id) AS moved
     WHERE transfer.id = :id
""")
_TRANSFERS_OF_ORDER: Final = Statement("""
    SELECT id, order_id, from_location_id, to_location_id, status FROM transfers
     WHERE order_id = :order_id ORDER BY id
""")
_OPEN_PICKUPS: Final = Statement("""
    SELECT fulfillment.id, fulfillment.delivery_id, store.hours, store.timezone, slot.begins AS slot_begins,
           EXISTS (
               SELECT FROM fulfillment_lines AS line
                WHERE line.fulfillment_id = fulfillment.id
                  AND line.quantity > (
                      SELECT coalesce(sum(claim.units), 0) FROM claimed_line_units AS claim
                       WHERE claim.order_id = fulfillment.order_id AND claim.line_no = line.line_no
                         AND claim.location_id = fulfillment.location_id)
           ) AS is_incomplete
      FROM fulfillments AS fulfillment JOIN locations AS store ON store.id = fulfillment.location_id
      LEFT JOIN pickup_slot_bookings AS slot ON slot.delivery_id = fulfillment.delivery_id AND slot.state = 'BOOKED'
     WHERE fulfillment.order_id = :order_id AND fulfillment.kind = 'PICKUP' AND fulfillment.status = 'OPEN'
     ORDER BY fulfillment.id
""")


def instructions_of(order_id: UUID, fulfillment_id: UUID, share: Share, clock: Row, now: datetime) -> list[NewWork]:
    """The work of one share. clock: of `clocks_of`. When a preparation is due shows when it can be begun."""
    if share.kind is FulfillmentKind.PICKUP:
        steps = [(WorkKind.PREPARE_PICKUP, WorkStatus.WAITING, None)]
    else:
        due = due_at(WorkKind.SHIP, now, clock.hours, clock.timezone)
        steps = [(WorkKind.PICK, WorkStatus.OPEN, due), (WorkKind.SHIP, WorkStatus.WAITING, due)]
    return [
        NewWork(kind, share.location_id, status, order_id, fulfillment_id=fulfillment_id, due_at=due)
        for kind, status, due in steps
    ]


async def insert_work(tx: WriteTx, work: Sequence[NewWork], *, now: datetime) -> None:
    """Write instructions; those that exist already, by kind and fulfillment or transfer (of a pickup: unfinished ones),
    stay as they are.
    """
    if not work:
        return
    await tx.execute(
        _INSERT,
        ids=[new.id for new in work],
        kinds=[new.kind for new in work],
        location_ids=[new.location_id for new in work],
        statuses=[new.status for new in work],
        order_ids=[new.order_id for new in work],
        fulfillment_ids=[new.fulfillment_id for new in work],
        transfer_ids=[new.transfer_id for new in work],
        pickup_ids=[new.pickup_id for new in work],
        due_ats=[new.due_at for new in work],
        notes=[new.note for new in work],
        now=now,
    )


async def open_work(tx: WriteTx, about: Mapping[UUID, datetime | None], kind: WorkKind) -> int:
    """Open the waiting work of a kind about these fulfillments or transfers; returns how many.

    about: by when each is due; None: as it was.
    """
    return await tx.execute(_OPEN, ids=list(about), due_ats=list(about.values()), kind=kind)


async def clocks_of(tx: ReadTx, location_ids: Collection[int]) -> dict[int, Row]:
    """Opening hours and time zone of locations: id, hours, timezone."""
    return {row.id: row for row in await tx.fetch(_CLOCKS, ids=sorted(location_ids))}


async def open_next(tx: WriteTx, fulfillment_ids: Sequence[UUID]) -> int:
    """Open what waits for nothing any more of packing and shipping these fulfillments; returns how many."""
    return await tx.execute(_OPEN_NEXT, ids=list(fulfillment_ids))


async def finish_work(
    tx: WriteTx, about: Sequence[UUID], kinds: Sequence[WorkKind], *, actor: str, now: datetime
) -> int:
    """Mark unfinished work of these kinds about these fulfillments, transfers or pickups done; returns how many."""
    return await tx.execute(_COMPLETE, ids=list(about), kinds=list(kinds), actor=actor, now=now)


async def cancel_work(tx: WriteTx, about: Sequence[UUID], kinds: Sequence[WorkKind] | None = None) -> int:
    """Cancel the unfinished work about these fulfillments, transfers or pickups, of all kinds or of some; returns how
    many.
    """
    return await tx.execute(_CANCEL, ids=list(about), kinds=None if kinds is None else list(kinds))


async def end_work_of_pickups(tx: WriteTx, over: Mapping[UUID, PickupStatus]) -> int:
    """Cancel the unfinished work about pickups to which nothing can happen any more; returns how many.

    over: what they have become. The inspection of what has come back stays.
    """
    returned = [pickup_id for pickup_id, status in over.items() if status is PickupStatus.RETURNED]
    return await tx.execute(_END_OF_PICKUPS, ids=list(over), returned=returned)


async def pick_again(tx: WriteTx, fulfillment_ids: Sequence[UUID]) -> int:
    """Open the picking of parcels that were picked, and let their shipping wait for it; returns how many changed."""
    return await tx.execute(_PICK_AGAIN, ids=list(fulfillment_ids))


async def let_wait(tx: WriteTx, fulfillment_ids: Sequence[UUID], kind: WorkKind) -> int:
    """Open work of a kind about these fulfillments waits again; returns how many."""
    return await tx.execute(_WAIT, ids=list(fulfillment_ids), kind=kind)


async def is_done(tx: ReadTx, fulfillment_id: UUID, kind: WorkKind) -> bool:
    """Whether the fulfillment's work of this kind is done."""
    return await tx.fetchval(_IS_DONE, fulfillment_id=fulfillment_id, kind=kind)


async def find_transfer(tx: ReadTx, transfer_id: UUID) -> Row | None:
    """A transfer: id, number, order_id, from_location_id, to_location_id, status; shipped_by, received_by (the last
    to report an arrival or loss), None before; received, lost and unsent units; hours and timezone where it is sent.
    """
    return await tx.fetchrow(_TRANSFER, id=transfer_id)


async def transfers_of_order(tx: ReadTx, order_id: UUID) -> list[Row]:
    """The transfers that an order raised: id, order_id, from_location_id, to_location_id, status."""
    return await tx.fetch(_TRANSFERS_OF_ORDER, order_id=order_id)


async def open_pickups_of(tx: ReadTx, order_id: UUID) -> list[Row]:
    """The open PICKUP fulfillments of an order: id, delivery_id; is_incomplete: units are elsewhere; hours and timezone
    of the store; slot_begins: of the slot that is kept for it.
    """
    return await tx.fetch(_OPEN_PICKUPS, order_id=order_id)
