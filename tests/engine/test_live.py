"""A stream that is read by one subscriber alone, as an executor without a hub does."""

import asyncio
from typing import Any

import pytest

from app.engine import live as live_module
from app.engine.live import Change, SubscriberTooSlow, Waiting
from tests.engine.streams import Board, BoardLive


async def take(stream: Any, count: int) -> list[tuple[str, int]]:
    rows = [await asyncio.wait_for(anext(stream), 20) for _ in range(count)]
    return [(row.key, row.value) for row in rows]


async def test_what_is_and_what_changes(board: Board) -> None:
    renewed: list[int] = []
    board.write("a", 1)
    stream: Any = aiter(BoardLive(board, "all", renew=lambda: renewed.append(1)))
    assert await take(stream, 1) == [("a", 1)]
    changes = [board.write("a", 2), board.write("b", 1), board.write("a", 3)]
    board.say(*changes)
    assert await take(stream, 2) == [("b", 1), ("a", 3)]
    board.say(changes[0])
    board.say(board.write("b", 2))
    assert await take(stream, 1) == [("b", 2)]
    assert len(renewed) == 3
    await stream.aclose()
    assert board.listeners == []


async def test_it_goes_on_after_a_cursor(board: Board) -> None:
    board.write("a", 1)
    board.write("b", 1)
    stream: Any = aiter(BoardLive(board, "all", after='{"a": 1}'))
    assert await take(stream, 1) == [("b", 1)]
    await stream.aclose()


@pytest.mark.parametrize("error", [None, ValueError("it broke")])
async def test_it_ends_with_its_source(board: Board, error: Exception | None) -> None:
    board.write("a", 1)
    stream: Any = aiter(BoardLive(board, "all"))
    await take(stream, 1)
    board.say(board.write("a", 2))
    board.end(error)
    assert await take(stream, 1) == [("a", 2)]
    with pytest.raises(StopAsyncIteration if error is None else ValueError):
        await take(stream, 1)
    assert board.listeners == []


async def test_too_much_unread_breaks_it(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "MAX_WAITING", 2)
    board.write("a", 1)
    stream: Any = aiter(BoardLive(board, "all"))
    await take(stream, 1)
    board.say(*(board.write(key, 1) for key in "bcd"))
    with pytest.raises(SubscriberTooSlow):
        await take(stream, 1)


def test_the_newest_of_each_key_waits() -> None:
    waiting = Waiting()
    waiting.know({"a": 2})
    waiting.put([Change("a", 2, 1, None), Change("a", 3, 2, None), Change("b", 1, 3, None), Change("a", 4, 4, None)])
    waiting.put([Change("a", 3, 5, None)])
    assert [(change.key, change.version, change.mark) for change in waiting.take()] == [("b", 1, 3), ("a", 4, 4)]
    assert (len(waiting), waiting.coalesced, waiting.oldest()) == (0, 3, None)
    waiting.put([Change("b", 2, 7, None), Change("c", 1, 6, None)])
    assert waiting.oldest() == 6
    assert waiting.take_one(in_order=False).key == "b"
    waiting.put([Change("b", 3, 8, None)])
    assert waiting.take_one(in_order=True).key == "c"
    waiting.know({"b": 3})
    assert len(waiting) == 0
