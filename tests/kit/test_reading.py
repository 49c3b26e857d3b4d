"""One connection per operation: lent late, shared, given back."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from app.kit.db import Database
from app.kit.graphql.context import Context
from app.kit.statement import Statement
from tests.conftest import Execute

PID = Statement("SELECT pg_backend_pid() AS pid")


@pytest.fixture
async def context(db: Database) -> AsyncGenerator[Context, None]:
    """Over a database with two read connections."""
    small = await Database.open(db.dsn, read_connections=2, write_connections=1)
    yield Execute(small).context()
    async with asyncio.timeout(4):
        await small.close()


async def pid(context: Context) -> int:
    return (await context.fetch(PID))[0].pid


async def all_are_free(context: Context) -> bool:
    """Whether both connections can be had at once."""
    async with asyncio.timeout(10), context.db.read() as one, context.db.read() as two:
        return one is not two


async def test_all_statements_of_a_block_share_a_connection(context: Context) -> None:
    async with context.reading():
        first = await pid(context)
        async with context.db.read() as elsewhere:
            assert await elsewhere.fetchval(PID) != first
            row: Any = await context.fetchrow(PID)
            async with context.read() as tx, context.read() as again:
                assert tx is again
                assert {first} == {row.pid, await tx.fetchval(PID)}
            assert set(await asyncio.gather(*(pid(context) for _ in range(5)))) == {first}
    assert await all_are_free(context)


async def test_a_connection_is_lent_by_the_first_statement_only(context: Context) -> None:
    async with context.reading():
        assert await all_are_free(context)
    assert await all_are_free(context)


async def test_concurrent_first_statements_get_one_connection(context: Context) -> None:
    async with context.db.read(), context.reading():
        async with asyncio.timeout(10):
            assert len(set(await asyncio.gather(*(pid(context) for _ in range(5))))) == 1


async def test_a_block_inside_another_is_a_part_of_it(context: Context) -> None:
    async with context.reading():
        first = await pid(context)
        async with context.reading():
            assert await pid(context) == first
        async with context.db.read(), asyncio.timeout(10):
            assert await pid(context) == first
    assert await all_are_free(context)


async def test_an_error_gives_the_connection_back(context: Context) -> None:
    async def failing() -> None:
        async with context.reading():
            await pid(context)
            raise LookupError

    with pytest.raises(LookupError):
        await failing()
    assert await all_are_free(context)
    assert await pid(context) > 0


async def test_who_is_late_keeps_nothing(context: Context) -> None:
    """As the others do when one of several loads at once has failed."""
    async with context.db.read(), context.db.read(), context.reading():
        late = asyncio.create_task(pid(context))
        await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="over"):
        await late
    assert await all_are_free(context)


async def test_outside_of_blocks_each_statement_has_its_own_loan(context: Context) -> None:
    async with context.read() as one, context.read() as two:
        assert one is not two
    assert await pid(context) > 0
    assert await all_are_free(context)
