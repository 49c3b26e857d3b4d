"""One timer for all operations: what takes too long is broken off, and nothing else is."""

import asyncio

import pytest

from app.engine.deadlines import Deadlines, TookTooLong


async def test_what_takes_too_long_is_broken_off_and_the_task_lives_on() -> None:
    deadlines = Deadlines(0.01)
    with pytest.raises(TookTooLong), deadlines.start():
        await asyncio.Event().wait()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    with deadlines.start():
        await asyncio.sleep(0)


async def test_several_at_once_each_have_their_time() -> None:
    deadlines = Deadlines(0.02)
    ended: list[str] = []

    async def slow(name: str) -> None:
        try:
            with deadlines.start():
                await asyncio.Event().wait()
        except TookTooLong:
            ended.append(name)

    async def quick() -> None:
        with deadlines.start():
            await asyncio.sleep(0)
        ended.append("quick")

    await asyncio.gather(slow("a"), quick(), slow("b"))
    assert ended == ["quick", "a", "b"]


async def test_who_is_canceled_from_outside_is_canceled() -> None:
    deadlines = Deadlines(60)

    async def waits() -> None:
        with deadlines.start():
            await asyncio.Event().wait()

    task = asyncio.create_task(waits())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_error_stays_what_it_is_and_no_limit_is_none() -> None:
    for deadlines in (Deadlines(60), Deadlines(None)):
        with pytest.raises(ValueError, match="own"), deadlines.start():
            raise ValueError("own")


def test_a_new_event_loop_has_a_timer_of_its_own() -> None:
    deadlines = Deadlines(0.01)

    async def waits() -> str:
        try:
            with deadlines.start():
                await asyncio.Event().wait()
        except TookTooLong:
            return "broken off"
        return "ended"

    async def leaves_a_timer() -> None:
        with deadlines.start():
            await asyncio.sleep(0)

    asyncio.run(leaves_a_timer())
    assert asyncio.run(waits()) == "broken off"
