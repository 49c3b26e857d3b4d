"""Closing is tested with the queue: see `test_cases`. Here: two people at once."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from app.exceptions.actions.close_case import close_case
from app.exceptions.actions.settle_cases import settle_cases
from app.exceptions.errors import CaseClosed
from app.exceptions.model import CaseDraft, CaseKind
from app.kit.db import Database
from app.kit.permissions import SYSTEM
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF


async def _opened(db: Database) -> UUID:
    async with db.write() as tx:
        await settle_cases(tx, [CaseDraft(CaseKind.BLOCKED_AT_POINT, ("PICKUP", str(UUID(int=1))))], now=NOW)
        return await tx.connection.fetchval("SELECT id FROM exception_cases")


async def _row(db: Database) -> tuple[str, str, str | None, datetime, int]:
    async with db.read() as tx:
        [row] = await tx.connection.fetch("SELECT status, closed_by, note, closed_at, version FROM exception_cases")
    return tuple(row)


async def test_one_of_many_who_note_different_things_closes_it(db: Database) -> None:
    case_id = await _opened(db)
    answers = await asyncio.gather(
        *(db.in_write(lambda tx, n=n: close_case(tx, case_id, note=str(n), actor=SYSTEM, now=NOW)) for n in range(4)),
        return_exceptions=True,
    )
    assert [answer for answer in answers if answer is None] == [None]
    assert sum(isinstance(answer, CaseClosed) for answer in answers) == 3


@pytest.mark.parametrize("note", ["rang the point", None])
async def test_closing_again_is_no_error_and_changes_nothing(db: Database, note: str | None) -> None:
    case_id = await _opened(db)
    for actor, now in ((STAFF, NOW), (SYSTEM, NOW + timedelta(hours=1))):
        async with db.write() as tx:
            await close_case(tx, case_id, note=note, actor=actor, now=now)
    assert await _row(db) == ("CLOSED", STAFF.reference, note, NOW, 2)


async def test_of_many_who_close_it_alike_nobody_is_refused(db: Database) -> None:
    case_id = await _opened(db)
    await asyncio.gather(
        *(db.in_write(lambda tx: close_case(tx, case_id, note="x", actor=STAFF, now=NOW)) for _ in range(4))
    )
    assert await _row(db) == ("CLOSED", STAFF.reference, "x", NOW, 2)


async def test_what_went_away_by_itself_may_still_be_closed_but_not_noted(db: Database) -> None:
    case_id = await _opened(db)
    async with db.write() as tx:
        await settle_cases(tx, [], [(CaseKind.BLOCKED_AT_POINT, ("PICKUP", str(UUID(int=1))))], now=NOW)
        await close_case(tx, case_id, note=None, actor=STAFF, now=NOW)
        with pytest.raises(CaseClosed) as refusal:
            await close_case(tx, case_id, note="x", actor=STAFF, now=NOW)
    assert refusal.value.facts == {"current_status": "CLOSED"}
    assert await _row(db) == ("CLOSED", "system", None, NOW, 2)
