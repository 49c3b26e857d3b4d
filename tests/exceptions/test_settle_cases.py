"""Areas open cases and close them."""

import asyncio
from uuid import UUID

from app.exceptions.actions.settle_cases import settle_cases
from app.exceptions.model import CaseDraft, CaseKind
from app.kit.db import Database
from tests.conftest import NOW

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
