"""Every statement of the exceptions slice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from app.exceptions.model import CaseDraft, CaseKind
from app.kit.db import WriteTx
from app.kit.ids import new_id
from app.kit.statement import Statement

_OPEN: Final = Statement("""
    INSERT INTO exception_cases
           (id, kind, subject_kind, subject_id, location_id, partner_id, order_id, facts, opened_at)
    SELECT new.*, :now
      FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:subject_kinds AS text[]),
                  CAST(:subject_ids AS text[]), CAST(:location_ids AS int[]), CAST(:partner_ids AS uuid[]),
                  CAST(:order_ids AS uuid[]), CAST(:facts AS jsonb[])) AS new
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


async def insert_cases(tx: WriteTx, drafts: Sequence[CaseDraft], *, now: datetime) -> int:
    """Write cases; of one that is open already nothing. Returns how many are new."""
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
