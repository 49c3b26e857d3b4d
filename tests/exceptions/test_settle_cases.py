"""Areas open cases and close them."""

import asyncio
from dataclasses import replace
from uuid import UUID

from app.exceptions.actions.close_case import close_case
from app.exceptions.actions.settle_cases import settle_cases
from app.exceptions.model import CaseDraft, CaseKind
from app.kit.db import Database
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF

PICKUP = ("PICKUP", str(UUID(int=1)))
BLOCKED = CaseDraft(CaseKind.BLOCKED_AT_POINT, PICKUP, 7, UUID(int=2), UUID(int=3), {"pickup": "PU-1"})


async def _cases(db: Database) -> list[tuple[str, str, str]]:
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT kind, subject_id, status FROM exception_cases ORDER BY id")
    return [tuple(row) for row in rows]


async def test_a_case_is_opened_once_and_again_when_the_trouble_comes_back(db: Database) -> None:
    async with db.write() as tx:
        assert await settle_cases(tx, [BLOCKED], now=NOW) == 1
    async with db.write() as tx:
        assert await settle_cases(tx, [BLOCKED], now=NOW) == 0
    async with db.write() as tx:
        assert await settle_cases(tx, [], [(CaseKind.BLOCKED_AT_POINT, PICKUP)], now=NOW) == 0
        assert await settle_cases(tx, [BLOCKED], now=NOW) == 1
    assert await _cases(db) == [
        ("BLOCKED_AT_POINT", PICKUP[1], "CLOSED"),
        ("BLOCKED_AT_POINT", PICKUP[1], "OPEN"),
    ]
    async with db.read() as tx:
        row = await tx.connection.fetchrow("SELECT * FROM exception_cases WHERE status = 'CLOSED'")
    assert (row["closed_at"], row["closed_by"], row["location_id"], row["partner_id"], row["order_id"]) == (
        NOW,
        "system",
        7,
        UUID(int=2),
        UUID(int=3),
    )
    assert row["facts"] == {"pickup": "PU-1"}


async def test_other_kinds_and_subjects_are_left_alone(db: Database) -> None:
    other = CaseDraft(CaseKind.BLOCKED_AT_POINT, ("PICKUP", str(UUID(int=9))))
    async with db.write() as tx:
        assert await settle_cases(tx, [BLOCKED, other], now=NOW) == 2
        await settle_cases(tx, [], [(CaseKind.EXPIRED_TOO_EARLY, PICKUP), (CaseKind.BLOCKED_AT_POINT, PICKUP)], now=NOW)
    assert sorted(await _cases(db)) == [
        ("BLOCKED_AT_POINT", PICKUP[1], "CLOSED"),
        ("BLOCKED_AT_POINT", str(UUID(int=9)), "OPEN"),
    ]


async def test_of_many_who_find_the_same_trouble_one_opens_the_case(db: Database) -> None:
    counts = await asyncio.gather(*(db.in_write(lambda tx: settle_cases(tx, [BLOCKED], now=NOW)) for _ in range(8)))
    assert sorted(counts) == [0] * 7 + [1]


A, B, C = (replace(BLOCKED, causes=frozenset(causes)) for causes in (("a",), ("a", "b"), ("c",)))


async def _settle(db: Database, *drafts: CaseDraft) -> int:
    return await db.in_write(lambda tx: settle_cases(tx, drafts, now=NOW))


async def _close(db: Database) -> None:
    async with db.write() as tx:
        case_id = await tx.connection.fetchval("SELECT id FROM exception_cases WHERE status = 'OPEN'")
        await close_case(tx, case_id, note="x", actor=STAFF, now=NOW)


async def test_what_a_person_closed_comes_back_only_with_something_new(db: Database) -> None:
    assert await _settle(db, A) == 1
    await _close(db)
    assert await _settle(db, A) == 0
    assert await _settle(db, B) == 1
    await _close(db)
    assert [await _settle(db, one) for one in (A, B, A)] == [0, 0, 0]
    assert await _settle(db, replace(A, subject=("PICKUP", str(UUID(int=9))))) == 1
    assert await _settle(db, replace(A, kind=CaseKind.CONTRADICTORY_REPORTS)) == 1
    assert await _settle(db, BLOCKED) == 1  # without causes each time is another trouble


async def test_a_person_closes_all_that_became_known_of_an_open_case(db: Database) -> None:
    assert [await _settle(db, one) for one in (A, C, A)] == [1, 0, 0]
    async with db.read() as tx:
        [row] = await tx.connection.fetch("SELECT causes, version FROM exception_cases")
    assert (row["causes"], row["version"]) == (["a", "c"], 2)
    await _close(db)
    assert [await _settle(db, one) for one in (A, C, B)] == [0, 0, 1]


async def test_what_went_away_by_itself_comes_back_for_the_same(db: Database) -> None:
    assert await _settle(db, A) == 1
    async with db.write() as tx:
        await settle_cases(tx, [], [(CaseKind.BLOCKED_AT_POINT, PICKUP)], now=NOW)
    assert await _settle(db, A) == 1
