"""Statements about what people do with work instructions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from app.fulfillment.model import WorkKind
from app.fulfillment.model.work import WorkStep
from app.fulfillment.tables import work_instructions
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

_COLUMNS: Final = (
    "status",
    "assignee",
    "acknowledged_by",
    "resumes_as",
    "hold_reason",
    "reject_reason",
    "completed_by",
)

_FIND: Final = Statement("""
    SELECT work.id, work.order_id, work.location_id, location.partner_id
      FROM work_instructions AS work JOIN locations AS location ON location.id = work.location_id
     WHERE work.id = ANY(CAST(:ids AS uuid[]))
""")
_LOCK: Final = Statement(
    select(work_instructions)
    .where(work_instructions.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(work_instructions.c.id)
    .with_for_update()
)
_CHANGE: Final = Statement("""
    UPDATE work_instructions AS work
       SET status = new.status, assignee = new.assignee, resumes_as = new.resumes_as, hold_reason = new.hold_reason,
           reject_reason = new.reject_reason, acknowledged_by = new.acknowledged_by,
           acknowledged_at = CASE WHEN new.status = 'IN_PROGRESS' AND work.status <> 'IN_PROGRESS'
                                  THEN CAST(:now AS timestamptz) ELSE work.acknowledged_at END,
           completed_by = new.completed_by,
           completed_at = CASE new.status WHEN 'DONE' THEN CAST(:now AS timestamptz) END, version = work.version + 1
      FROM unnest(CAST(:ids AS uuid[]), CAST(:new_status AS text[]), CAST(:new_assignee AS text[]),
                  CAST(:new_acknowledged_by AS text[]), CAST(:new_resumes_as AS text[]),
                  CAST(:new_hold_reason AS text[]), CAST(:new_reject_reason AS text[]),
                  CAST(:new_completed_by AS text[]))
           AS new (id, status, assignee, acknowledged_by, resumes_as, hold_reason, reject_reason, completed_by)
     WHERE work.id = new.id
""")
_TELL: Final = Statement("""
    INSERT INTO work_history (work_id, at, step, status, actor, facts)
    SELECT told.work_id, :now, told.step, told.status, :actor, told.facts
      FROM unnest(CAST(:work_ids AS uuid[]), CAST(:steps AS text[]), CAST(:statuses AS text[]),
                  CAST(:facts AS jsonb[])) AS told (work_id, step, status, facts)
""")
_INSERT_LINES: Final = Statement("""
    INSERT INTO work_lines (work_id, line_no, variant_id, quantity)
    SELECT CAST(:work_id AS uuid), line.no, line.variant_id, line.quantity
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:quantities AS int[]))
           WITH ORDINALITY AS line (variant_id, quantity, no)
""")
_LINES: Final = Statement("""
    SELECT line_no, variant_id, quantity FROM work_lines WHERE work_id = :work_id ORDER BY line_no
""")
_SET_DONE: Final = Statement("""
    UPDATE work_lines AS line SET done_quantity = done.quantity
      FROM unnest(CAST(:line_nos AS int[]), CAST(:quantities AS int[])) AS done (line_no, quantity)
     WHERE line.work_id = :work_id AND line.line_no = done.line_no
""")
_HELD: Final = Statement("""
    SELECT hold_reason FROM work_instructions
     WHERE fulfillment_id = ANY(CAST(:ids AS uuid[])) AND status = 'ON_HOLD' ORDER BY id LIMIT 1
""")
# What the order's line is made of, if it is a bundle; a transfer sends components by themselves.
_UNITS: Final = Statement("""
    SELECT line.line_no, line.order_line_no, line.variant_id, line.units, line.component,
           coalesce(part.components, '{}') AS components, coalesce(part.each, '{}') AS each
      FROM work_instructions AS work
     CROSS JOIN LATERAL (
           SELECT own.line_no, own.line_no AS order_line_no, own.variant_id, own.quantity AS units,
                  CAST(NULL AS bigint) AS component
             FROM fulfillment_lines AS own WHERE own.fulfillment_id = work.fulfillment_id
            UNION ALL
           SELECT sent.line_no, sent.order_line_no, sent.variant_id,
                  sent.quantity - sent.shipped_quantity - sent.withdrawn_quantity, sent.variant_id
             FROM transfer_lines AS sent
            WHERE sent.transfer_id = work.transfer_id
              AND sent.quantity > sent.shipped_quantity + sent.withdrawn_quantity) AS line
      LEFT JOIN LATERAL (
           SELECT array_agg(one.variant_id ORDER BY one.variant_id) AS components,
                  jsonb_object_agg(one.variant_id, one.quantity) AS each
             FROM order_line_components AS one
            WHERE one.order_id = work.order_id AND one.line_no = line.order_line_no) AS part ON true
     WHERE work.id = :id
     ORDER BY line.line_no
""")
_AT: Final = Statement("""
    SELECT id FROM work_instructions
     WHERE order_id = :order_id AND location_id = :location_id AND kind = :kind
       AND status IN ('WAITING', 'OPEN', 'IN_PROGRESS', 'ON_HOLD')
     ORDER BY id DESC LIMIT 1
""")
# Their orders are locked.
_LOCK_REQUESTED: Final = Statement("""
    SELECT pickup.* FROM pickups AS pickup
     WHERE pickup.status = 'REQUESTED'
       AND pickup.delivery_id IN (
           SELECT delivery_id FROM fulfillments WHERE id = ANY(CAST(:fulfillment_ids AS uuid[])))
     ORDER BY pickup.id FOR UPDATE OF pickup
""")


@dataclass(frozen=True, slots=True)
class WorkChange:
    """A step of one locked work instruction. values: new values of its columns; the others stay. facts: JSON values."""

    work: Row
    step: WorkStep
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])


async def find_works(tx: ReadTx, ids: Sequence[UUID]) -> list[Row]:
    """id, order_id, location_id and partner_id of the location, in any order."""
    return await tx.fetch(_FIND, ids=list(ids))


async def lock_works(tx: WriteTx, ids: Iterable[UUID]) -> dict[UUID, Row]:
    """Work instructions, all columns, locked until the transaction ends. Lock their orders first."""
    return {row["id"]: row for row in await tx.fetch(_LOCK, ids=sorted(ids))}


async def change_works(tx: WriteTx, changes: Sequence[WorkChange], *, actor: str, now: datetime) -> None:
    """Write what became of locked work, and its history."""
    after = [{**{name: change.work[name] for name in _COLUMNS}, **change.values} for change in changes]
    await tx.execute(
        _CHANGE,
        ids=[change.work["id"] for change in changes],
        now=now,
        **{f"new_{name}": [values[name] for values in after] for name in _COLUMNS},
    )
    told = [
        (change.work["id"], change.step, values["status"], change.facts)
        for change, values in zip(changes, after, strict=True)
    ]
    await tell_works(tx, told, actor=actor, now=now)


async def tell_works(
    tx: WriteTx, told: Sequence[tuple[UUID, str, str, Mapping[str, Any]]], *, actor: str, now: datetime
) -> None:
    """Append to histories: (work id, step, status after it, facts)."""
    await tx.execute(
        _TELL,
        work_ids=[entry[0] for entry in told],
        steps=[str(entry[1]) for entry in told],
        statuses=[str(entry[2]) for entry in told],
        facts=[dict(entry[3]) for entry in told],
        actor=actor,
        now=now,
    )


async def insert_lines(tx: WriteTx, work_id: UUID, lines: Sequence[tuple[int, int]]) -> None:
    """Goods that work is about: (variant id, units), numbered from 1."""
    await tx.execute(
        _INSERT_LINES,
        work_id=work_id,
        variant_ids=[variant_id for variant_id, _ in lines],
        quantities=[units for _, units in lines],
    )


async def lines_of_work(tx: ReadTx, work_id: UUID) -> list[Row]:
    """The goods that somebody named for a work: line_no, variant_id, quantity."""
    return await tx.fetch(_LINES, work_id=work_id)


async def set_done(tx: WriteTx, work_id: UUID, done: Mapping[int, int]) -> None:
    """What was found or done, in units by line number."""
    await tx.execute(_SET_DONE, work_id=work_id, line_nos=list(done), quantities=list(done.values()))


async def reason_of_hold(tx: ReadTx, fulfillment_ids: Sequence[UUID]) -> str | None:
    """Why work about these fulfillments is on hold; None when none is."""
    return await tx.fetchval(_HELD, ids=list(fulfillment_ids))


async def lock_requested_pickups(tx: WriteTx, fulfillment_ids: Sequence[UUID]) -> list[Row]:
    """The pickups (all columns), still REQUESTED, that these parcels go to; locked. Lock their orders first."""
    return await tx.fetch(_LOCK_REQUESTED, fulfillment_ids=list(fulfillment_ids))


async def units_to_give(tx: ReadTx, work_id: UUID) -> list[Row]:
    """The lines of a work about an order's units that have not left: line_no, order_line_no, variant_id, units; of a
    bundle components (variant ids) and each (units of one bundle, by variant id as text); component: the variant
    itself, where a transfer sends it.
    """
    return await tx.fetch(_UNITS, id=work_id)


async def work_at(tx: ReadTx, order_id: UUID, location_id: int, kind: WorkKind) -> UUID | None:
    """The newest unfinished work of a kind that an order asks of a location."""
    return await tx.fetchval(_AT, order_id=order_id, location_id=location_id, kind=kind)
