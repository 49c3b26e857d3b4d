"""Heavy work takes turns."""

import asyncio

import pytest

from app.engine.turns import REST, Turns


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_one_at_a_time_with_a_rest_after_each(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, seen, slept = Clock(), [], []
    turns = Turns(clock)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.now += seconds

    monkeypatch.setattr("app.engine.turns.asyncio.sleep", sleep)
    may_end = asyncio.Event()

    async def work(name: str) -> None:
        async with turns:
            seen.append(f"{name} begins")
            await may_end.wait()
            clock.now += 2.0
            seen.append(f"{name} ends")

    tasks = [asyncio.create_task(work(name)) for name in "abc"]
    while not seen:
        await asyncio.get_running_loop().run_in_executor(None, lambda: None)
    assert seen == ["a begins"]
    may_end.set()
    await asyncio.gather(*tasks)
    assert seen == ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]
    assert slept == [REST * 2.0, REST * 2.0]


async def test_who_gives_up_waiting_holds_nobody_back() -> None:
    turns = Turns(Clock())
    async with turns:
        waiting = asyncio.create_task(turns.__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with turns:
        pass


async def test_who_is_woken_and_gives_up_wakes_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    turns, entered = Turns(Clock()), []

    async def work(name: str) -> None:
        async with turns:
            entered.append(name)

    async with turns:
        first, second = asyncio.create_task(work("first")), asyncio.create_task(work("second"))
        await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    assert entered == ["second"]


async def test_an_error_ends_the_turn() -> None:
    turns = Turns(Clock())
    with pytest.raises(ValueError, match="own"):
        async with turns:
            raise ValueError("own")
    async with turns:
        pass
