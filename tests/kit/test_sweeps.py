"""Sweeps take each row once, in batches, by several workers, and leave alone what others deal with."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from app.kit import sweeps
from app.kit.db import Database, ReadTx, Row, WriteTx
from app.kit.statement import Statement
from app.kit.sweeps import sweep
from tests.conftest import AS_OWNER
from tests.kit.feed_tools import PATIENCE_S

_FIND = Statement("SELECT id FROM swept WHERE id > :after AND times = 0 ORDER BY id LIMIT :limit")
_TAKE = Statement("""
    WITH free AS (
        SELECT id FROM swept WHERE id = ANY(CAST(:ids AS int[])) AND times = 0 ORDER BY id FOR UPDATE SKIP LOCKED)
    UPDATE swept SET times = times + 1 FROM free WHERE swept.id = free.id
""")


@pytest.fixture(autouse=True)
async def rows(db: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[None, None]:
    """Ten rows, in batches of three."""
    monkeypatch.setattr(sweeps, "BATCH", 3)
    async with db.write() as tx:
        await tx.connection.execute(
            f"{AS_OWNER}; CREATE TABLE swept (id int PRIMARY KEY, times int NOT NULL DEFAULT 0);"
            " INSERT INTO swept SELECT generate_series(1, 10); GRANT ALL ON swept TO PUBLIC"
        )
    yield
    async with db.write() as tx:
        await tx.connection.execute(f"{AS_OWNER}; DROP TABLE swept")


async def find(tx: ReadTx, after: Row | None, limit: int) -> Sequence[Row]:
    return await tx.fetch(_FIND, after=0 if after is None else after.id, limit=limit)


async def take(tx: WriteTx, found: Sequence[Row]) -> int:
    return await tx.execute(_TAKE, ids=[row.id for row in found])


async def times(db: Database) -> list[int]:
    async with db.read() as tx:
        return [row["times"] for row in await tx.connection.fetch("SELECT times FROM swept ORDER BY id")]


async def test_everything_is_taken_once_in_batches_that_two_work_on(db: Database) -> None:
    batches: list[int] = []
    both = asyncio.Barrier(2)

    async def slowly(tx: WriteTx, found: Sequence[Row]) -> int:
        if len(batches) < 2:
            batches.append(len(found))
            async with asyncio.timeout(PATIENCE_S):
                await both.wait()
        else:
            batches.append(len(found))
        return await take(tx, found)

    assert await sweep(db, find, slowly) == 10
    assert sorted(batches) == [1, 3, 3, 3]
    assert await times(db) == [1] * 10
    assert await sweep(db, find, take) == 0


async def test_several_sweeps_share_the_rows(db: Database) -> None:
    assert sum(await asyncio.gather(*(sweep(db, find, take) for _ in range(4)))) == 10
    assert await times(db) == [1] * 10


async def test_what_is_busy_is_left_and_looked_at_again(db: Database) -> None:
    is_busy = True

    async def busy_at_first(tx: WriteTx, found: Sequence[Row]) -> int:
        nonlocal is_busy
        was_busy = is_busy and found[0]["id"] == 4
        is_busy = is_busy and not was_busy
        return 0 if was_busy else await take(tx, found)

    async with db.write() as other:
        await other.connection.execute("SELECT FROM swept WHERE id = 7 FOR UPDATE")
        assert await sweep(db, find, busy_at_first) == 9
    assert await times(db) == [1] * 6 + [0] + [1] * 3
    assert await sweep(db, find, take) == 1


async def test_a_batch_that_fails_keeps_nothing_and_stops_no_other(db: Database) -> None:
    async def fail_once(tx: WriteTx, found: Sequence[Row]) -> int:
        taken = await take(tx, found)
        if found[0]["id"] == 4:
            message = "no"
            raise ValueError(message)
        return taken

    with pytest.raises(ValueError, match="no"):
        await sweep(db, find, fail_once)
    assert await times(db) == [1] * 3 + [0] * 3 + [1] * 4
