"""Closing is tested with the queue: see `test_cases`. Here: two people at once."""

import asyncio
from uuid import UUID

from app.exceptions.actions.close_case import close_case
from app.exceptions.actions.settle_cases import settle_cases
from app.exceptions.errors import CaseClosed
from app.exceptions.model import CaseDraft, CaseKind
from app.kit.db import Database
from app.kit.permissions import SYSTEM
from tests.conftest import NOW


async def test_one_of_two_closes_it(db: Database) -> None:
    async with db.write() as tx:
        await settle_cases(tx, [CaseDraft(CaseKind.BLOCKED_AT_POINT, ("PICKUP", str(UUID(int=1))))], now=NOW)
    async with db.read() as tx:
        case_id = await tx.connection.fetchval("SELECT id FROM exception_cases")
    answers = await asyncio.gather(
        *(db.in_write(lambda tx: close_case(tx, case_id, note="x", actor=SYSTEM, now=NOW)) for _ in range(4)),
        return_exceptions=True,
    )
    assert [answer for answer in answers if answer is None] == [None]
    assert sum(isinstance(answer, CaseClosed) for answer in answers) == 3
