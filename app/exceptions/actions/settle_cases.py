"""An area finds trouble that a person must solve, or finds it gone."""

from collections.abc import Sequence
from datetime import datetime

from app.exceptions import sql
from app.exceptions.model import CaseDraft, CaseKind
from app.kit.db import WriteTx
from app.kit.permissions import SYSTEM


async def settle_cases(
    tx: WriteTx,
    opened: Sequence[CaseDraft],
    solved: Sequence[tuple[CaseKind, tuple[str, str]]] = (),
    *,
    now: datetime,
) -> int:
    """Open cases that are not open yet, and close those whose trouble went away, by kind and subject.

    What a person closed is opened again only when there is a cause that was not known then.

    Returns how many are new. May be repeated.
    """
    if solved:
        known = await sql.open_cases_of(tx, {subject for _, subject in solved})
        ended = sorted(known.intersection(solved))
        if ended:
            await sql.end_cases(tx, ended, actor=SYSTEM.reference, now=now)
    if not opened:
        return 0
    return await sql.insert_cases(tx, sorted(opened, key=lambda draft: (draft.kind, draft.subject)), now=now)
