"""Read connections on loan: the same one again, never two for one, none kept from who waits, none that is broken."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import asyncpg
import pytest

from app.kit.db import Database
from app.kit.lending import LOANS
from app.kit.statement import Statement
from tests.conftest import AS_OWNER
from tests.kit.feed_tools import until

PID = Statement("SELECT pg_backend_pid()")
SLEEP = Statement("SELECT pg_sleep(60)")
KILL = Statement("SELECT pg_terminate_backend(:pid, 5000)")


@pytest.fixture
async def small(db: Database) -> AsyncGenerator[Database, None]:
    """Two read connections only."""
    small = await Database.open(db.dsn, read_connections=2, write_connections=1)
    yield small
    await small.close()


async def pid(db: Database) -> int:
    async with db.read() as tx:
        return await tx.fetchval(PID)


async def test_the_same_connection_is_lent_again(small: Database) -> None:
    async with small.read() as one:
        pass
    async with small.read() as two:
        assert two is one
        async with small.read() as other:
            assert other is not one


async def test_more_callers_than_connections_take_turns(small: Database) -> None:
    pids = await asyncio.gather(*(pid(small) for _ in range(50)))
    assert len(set(pids)) <= 2

    async def nested() -> int:
        async with small.read_snapshot() as tx:
            return await tx.fetchval(PID)

    async with asyncio.timeout(20):
        assert set(await asyncio.gather(*(nested() for _ in range(10)))) <= set(pids)


async def test_a_loan_that_ended_by_an_error_goes_through_the_pool(small: Database) -> None:
    first = await pid(small)
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with small.read() as tx:
            await tx.fetchval(Statement("SELECT 1 / CAST(:n AS int)"), n=0)
    async with small.read() as again:
        assert again is not tx
        assert await again.fetchval(PID) == first


async def test_a_statement_that_was_broken_off_does_not_hit_the_next_borrower(small: Database) -> None:
    async def sleep() -> None:
        async with small.read() as tx:
            started.set()
            await tx.fetchval(SLEEP)

    for _ in range(5):
        started = asyncio.Event()
        task = asyncio.create_task(sleep())
        await started.wait()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await pid(small) > 0


async def test_a_connection_that_was_closed_meanwhile_is_not_lent(small: Database, db: Database) -> None:
    lost = await pid(small)
    async with db.write() as tx:
        await tx.connection.execute(AS_OWNER)
        assert await tx.fetchval(KILL, pid=lost)

    async def is_another() -> bool:
        # Until the driver has seen the end of the connection, it looks sound.
        with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return await pid(small) != lost
        return False

    await until(is_another)
    assert await pid(small) != lost


async def test_a_used_connection_goes_back_to_the_pool_now_and_then(small: Database) -> None:
    async with small.read() as first:
        first.uses = LOANS
    async with small.read() as second:
        assert second is not first


async def test_closing_waits_for_nobody_who_is_idle(db: Database) -> None:
    other = await Database.open(db.dsn)
    await asyncio.gather(*(pid(other) for _ in range(8)))
    async with asyncio.timeout(4):
        await other.close()
    with pytest.raises(asyncpg.InterfaceError):
        await pid(other)


async def test_callers_of_one_connection_take_turns_also_when_one_gives_up(db: Database) -> None:
    async with db.read() as tx:
        answers: list[int] = []

        async def ask(number: int) -> None:
            answers.append(await tx.fetchval(Statement("SELECT CAST(:n AS int)"), n=number))

        tasks = [asyncio.create_task(ask(number)) for number in range(6)]
        await asyncio.sleep(0)
        tasks[2].cancel()
        tasks[4].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert answers == [0, 1, 3, 5]
        assert tx.is_idle


async def test_who_waits_gets_the_connection_in_the_order_of_asking(small: Database) -> None:
    order: list[int] = []

    async def ask(number: int) -> None:
        async with small.read() as tx:
            await tx.fetchval(PID)
            order.append(number)

    async with small.read(), small.read():
        tasks = [asyncio.create_task(ask(number)) for number in range(6)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        tasks[3].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert sorted(order) == [1, 2, 4, 5]
    assert order[0] in {1, 2}
    async with asyncio.timeout(10), small.read() as one, small.read() as two:
        assert one is not two


async def test_a_place_is_not_lost_when_its_connection_is(small: Database, db: Database) -> None:
    async with small.read() as first:
        lost = await first.fetchval(PID)
        async with small.read():
            waiting = asyncio.create_task(pid(small))
            await asyncio.sleep(0)
            async with db.write() as tx:
                await tx.connection.execute(AS_OWNER)
                assert await tx.fetchval(KILL, pid=lost)
            with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
                await first.fetchval(PID)
            first.uses = LOANS
    async with asyncio.timeout(10):
        assert await waiting > 0
        assert len(set(await asyncio.gather(*(pid(small) for _ in range(20))))) <= 2
