"""Every statement of the exceptions slice."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from app.exceptions.model import CaseDraft, CaseKind
from app.kit.db import Row, WriteTx
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.kit.permissions import SYSTEM, Actor
from app.kit.statement import Statement
from app.kit.told import keys_told

# Of an open case more may become known. What a person closed, knowing all of this, stays closed. causes: an array of an
# array for each case.
_OPEN: Final = Statement("""
    WITH new AS MATERIALIZED (
        SELECT draft.id, draft.kind, draft.subject_kind, draft.subject_id, draft.location_id, draft.partner_id,
               draft.order_id, draft.facts,
               ARRAY(SELECT jsonb_array_elements_text(CAST(:causes AS jsonb) -> CAST(draft.place - 1 AS int))) AS causes
          FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:subject_kinds AS text[]),
                      CAST(:subject_ids AS text[]), CAST(:location_ids AS int[]), CAST(:partner_ids AS uuid[]),
                      CAST(:order_ids AS uuid[]), CAST(:facts AS jsonb[]))
               WITH ORDINALITY
               AS draft (id, kind, subject_kind, subject_id, location_id, partner_id, order_id, facts, place)),
    grown AS (
        UPDATE exception_cases AS found
           SET causes = ARRAY(SELECT DISTINCT unnest(found.causes || new.causes) ORDER BY 1),
               facts = new.facts, version = found.version + 1
          FROM new
         WHERE found.kind = new.kind AND found.subject_kind = new.subject_kind AND found.subject_id = new.subject_id
           AND found.status = 'OPEN' AND NOT found.causes @> new.causes)
    INSERT INTO exception_cases
           (id, kind, subject_kind, subject_id, location_id, partner_id, order_id, facts, causes, opened_at)
    SELECT new.*, :now FROM new
     WHERE new.causes = '{}' OR NOT EXISTS (
           SELECT FROM exception_cases AS closed
            WHERE closed.kind = new.kind AND closed.subject_kind = new.subject_kind
              AND closed.subject_id = new.subject_id AND closed.closed_by <> :system AND closed.causes @> new.causes)
    ON CONFLICT (kind, subject_kind, subject_id) WHERE status = 'OPEN' DO NOTHING
""")
_CLOSE: Final = Statement("""
    UPDATE exception_cases AS found
       SET status = 'CLOSED', closed_at = :now, closed_by = :actor, version = found.version + 1
      FROM unnest(CAST(:kinds AS text[]), CAST(:subject_kinds AS text[]), CAST(:subject_ids AS text[]))
           AS solved (kind, subject_kind, subject_id)
     WHERE found.kind = solved.kind AND found.subject_kind = solved.subject_kind
       AND found.subject_id = solved.subject_id AND found.status = 'OPEN'
""")

_OPEN_OF: Final = Statement("""
    SELECT kind, subject_kind, subject_id FROM exception_cases
     WHERE subject_id = ANY(CAST(:ids AS text[])) AND status = 'OPEN'
""", generic=True)  # fmt: skip
_LOCK: Final = Statement("SELECT * FROM exception_cases WHERE id = :id FOR UPDATE")
_CLOSE_ONE: Final = Statement("""
    UPDATE exception_cases
       SET status = 'CLOSED', closed_at = :now, closed_by = :actor, note = :note, version = version + 1
     WHERE id = :id
""")
_ASSIGN: Final = Statement("UPDATE exception_cases SET assignee = :assignee, version = version + 1 WHERE id = :id")
# Null filters filter nothing. allowed: the locations of a limited key; what concerns no place is for the others.
_SEEN: Final = """(CAST(:allowed AS int[]) IS NULL OR location_id = ANY(CAST(:allowed AS int[])))"""
CASE_PAGE: Final = Statement(f"""
    SELECT *, id::text AS cursor FROM exception_cases
     WHERE {_SEEN} AND status = :status
       AND (CAST(:location_id AS int) IS NULL OR location_id = :location_id)
       AND (CAST(:kinds AS text[]) IS NULL OR kind = ANY(CAST(:kinds AS text[])))
       AND (CAST(:assignee AS text) IS NULL OR assignee = :assignee)
       AND (CAST(:after AS uuid) IS NULL OR id > CAST(:after AS uuid))
     ORDER BY id LIMIT CAST(:limit AS int)
""")  # noqa: S608  # a constant of this module
CASES_BY_ID: Final = Statement(f"""
    SELECT * FROM exception_cases WHERE id = ANY(CAST(:ids AS uuid[])) AND {_SEEN}
""")  # noqa: S608
CASES_BY_SUBJECT: Final = Statement(f"""
    SELECT * FROM exception_cases
     WHERE subject_kind = :kind AND subject_id = ANY(CAST(:ids AS text[])) AND {_SEEN} ORDER BY id
""")  # noqa: S608
COUNTS: Final = Statement(f"""
    SELECT kind, count(*)::int AS open FROM exception_cases
     WHERE {_SEEN} AND status = 'OPEN' GROUP BY kind ORDER BY kind
""")  # noqa: S608
# What the live stream of cases reads. places: the locations that the caller sees and wants.
_TOLD: Final = """
    SELECT found.id AS case_id, found.kind, found.status, found.assignee, found.version
      FROM exception_cases AS found
     WHERE (CAST(:places AS int[]) IS NULL OR found.location_id = ANY(CAST(:places AS int[])))
       AND (CAST(:kinds AS text[]) IS NULL OR found.kind = ANY(CAST(:kinds AS text[])))
"""
OPEN_CASES: Final = Statement(f"{_TOLD} AND found.status = 'OPEN' ORDER BY found.id LIMIT CAST(:limit AS int)")
TOLD_CASES_BY_ID: Final = Statement(f"{_TOLD} AND found.id = ANY(CAST(:ids AS uuid[]))")
CHANGED_CASES: Final = Statement(f"""{_TOLD}
       AND found.id IN ({keys_told("exception_case_changed", "case_id")})
     ORDER BY found.id
""")  # a constant of this module


async def open_cases_of(tx: WriteTx, subjects: Collection[tuple[str, str]]) -> set[tuple[CaseKind, tuple[str, str]]]:
    """The open cases about these subjects, by kind and subject."""
    rows = await tx.fetch(_OPEN_OF, ids=sorted({subject_id for _, subject_id in subjects}))
    return {(CaseKind(row["kind"]), (row["subject_kind"], row["subject_id"])) for row in rows}


async def require_case(tx: WriteTx, case_id: UUID, actor: Actor) -> Row:
    """A case, all columns, locked. Raises NotFound: also for those of other places than the caller's."""
    case = await tx.fetchrow(_LOCK, id=case_id)
    is_elsewhere = case is None or (actor.location_ids is not None and case.location_id not in actor.location_ids)
    if case is None or is_elsewhere or (actor.partner_id is not None and case.partner_id != actor.partner_id):
        raise NotFound("There is no such case.")
    return case


async def close(tx: WriteTx, case_id: UUID, *, note: str | None, actor: str, now: datetime) -> None:
    """Write that a locked case is solved."""
    await tx.execute(_CLOSE_ONE, id=case_id, note=note, actor=actor, now=now)


async def assign(tx: WriteTx, case_id: UUID, assignee: str | None) -> None:
    """Write whose a locked case is."""
    await tx.execute(_ASSIGN, id=case_id, assignee=assignee)


_DELETE: Final = Statement("DELETE FROM exception_cases WHERE order_id = ANY(CAST(:order_ids AS uuid[]))")


async def insert_cases(tx: WriteTx, drafts: Sequence[CaseDraft], *, now: datetime) -> int:
    """Write cases. One that is open already learns what is new, if there is a new cause; one that a person closed for
    the same stays closed. Returns how many are new.
    """
    return await tx.execute(
        _OPEN,
        ids=[new_id() for _ in drafts],
        kinds=[draft.kind for draft in drafts],
        subject_kinds=[draft.subject[0] for draft in drafts],
        subject_ids=[draft.subject[1] for draft in drafts],
        location_ids=[draft.location_id for draft in drafts],
        partner_ids=[draft.partner_id for draft in drafts],
        order_ids=[draft.order_id for draft in drafts],
        facts=[dict(draft.facts) for draft in drafts],
        causes=[sorted(draft.causes) for draft in drafts],
        system=SYSTEM.reference,
        now=now,
    )


async def end_cases(
    tx: WriteTx, solved: Sequence[tuple[CaseKind, tuple[str, str]]], *, actor: str, now: datetime
) -> int:
    """Close open cases by kind and subject; returns how many there were."""
    return await tx.execute(
        _CLOSE,
        kinds=[kind for kind, _ in solved],
        subject_kinds=[subject[0] for _, subject in solved],
        subject_ids=[subject[1] for _, subject in solved],
        actor=actor,
        now=now,
    )


async def delete_cases(tx: WriteTx, order_ids: Sequence[UUID]) -> None:
    """Delete the cases about orders that are deleted: tests of partners."""
    await tx.execute(_DELETE, order_ids=list(order_ids))
