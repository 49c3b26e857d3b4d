"""Whose a case is."""

from uuid import UUID

from app.exceptions.actions.assign_case import assign_case
from app.exceptions.actions.settle_cases import settle_cases
from app.exceptions.model import CaseDraft, CaseKind
from app.kit.db import Database
from app.kit.permissions import SYSTEM
from tests.conftest import NOW


async def test_the_last_word_counts(db: Database) -> None:
    async with db.write() as tx:
        await settle_cases(tx, [CaseDraft(CaseKind.BLOCKED_AT_POINT, ("PICKUP", str(UUID(int=1))))], now=NOW)
        case_id = await tx.connection.fetchval("SELECT id FROM exception_cases")
        for name in ("Sato", None, "Ito"):
            await assign_case(tx, case_id, name, actor=SYSTEM)
            row = await tx.connection.fetchrow("SELECT assignee, status FROM exception_cases")
            assert tuple(row) == (name, "OPEN")
