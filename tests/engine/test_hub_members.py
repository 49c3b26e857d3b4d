"""Those who listen through the hub: they leave, fail, read slowly, and disturb nobody."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from app.engine import group as group_module
from app.engine import live as live_module
from app.engine import member as member_module
from app.engine.hub import Hub
from app.engine.request import Refused
from tests.engine.serving import until
from tests.engine.streams import Board, Watcher, idle, watch


async def test_who_leaves_is_told_nothing_more_and_the_last_one_ends_it(hub: Hub, board: Board) -> None:
    board.write("a", 1)
    one, other = await watch(hub, board), await watch(hub, board)
    await idle(hub)
    one.close()
    one.close()
    assert hub.metrics.members == 1
    board.say(board.write("a", 2))
    other.close()
    assert (hub.metrics.members, hub.metrics.groups, board.listeners) == (0, 0, [])
    await idle(hub)
    assert one.figures == other.figures == [("a", 1)]
    again = await watch(hub, board)
    await idle(hub)
    assert again.figures == [("a", 2)]


async def test_leaving_while_the_beginning_is_read(hub: Hub, board: Board) -> None:
    board.write("a", 1)
    board.gate.clear()
    reading, staying = await asyncio.gather(watch(hub, board), watch(hub, board))
    await until(lambda: board.reads == 1)
    waiting = await watch(hub, board)
    reading.close()
    waiting.close()
    board.gate.set()
    await idle(hub)
    assert (board.reads, reading.answers, waiting.answers, staying.figures) == (1, [], [], [("a", 1)])
    board.gate.clear()
    alone = await watch(hub, board, kinds=["alone"])
    await until(lambda: board.reads == 2)
    alone.close()
    await idle(hub)
    assert (hub.metrics.groups, len(board.listeners), alone.answers) == (1, 1, [])


async def test_leaving_while_one_is_told(hub: Hub, board: Board) -> None:
    class Leaver(Watcher):
        def next(self, answer: Any) -> None:
            super().next(answer)
            for watcher in watchers:
                watcher.close()

    board.write("a", 1)
    watchers = [await watch(hub, board) for _ in range(3)]
    await idle(hub)
    watchers.append(await watch(hub, board, watcher=Leaver()))
    await idle(hub)
    assert [watcher.figures for watcher in watchers] == [[("a", 1)]] * 4
    assert hub.metrics.members == 0


async def test_a_subscription_that_is_canceled_before_it_is_open(hub: Hub, board: Board) -> None:
    board.write("a", 1)
    tasks = [asyncio.create_task(watch(hub, board)) for _ in range(3)]
    await asyncio.sleep(0)
    for task in tasks[:2]:
        task.cancel()
    watcher = await tasks[2]
    await idle(hub)
    assert (hub.metrics.members, watcher.figures) == (1, [("a", 1)])


async def test_what_cannot_begin_is_refused_to_each(hub: Hub, board: Board) -> None:
    found = await asyncio.gather(*(watch(hub, board, kinds=[]) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in found] == [Refused] * 3
    assert [error.message for error in found[0].errors] == ["No kinds."]
    assert (board.opened, hub.metrics.members) == (1, 0)


async def test_a_beginning_that_fails_is_told_to_those_who_join_and_to_nobody_else(hub: Hub, board: Board) -> None:
    board.write("a", 1)
    old = await watch(hub, board)
    await idle(hub)
    board.trouble = ValueError("no such board")
    late = await watch(hub, board)
    await idle(hub)
    board.trouble = None
    assert late.end == [("no such board", "INTERNAL_SERVER_ERROR")]
    board.say(board.write("a", 2))
    await idle(hub)
    assert (old.end, old.figures) == (None, [("a", 1), ("a", 2)])
    board.trouble = ValueError("no such board")
    alone = await watch(hub, board, kinds=["x"])
    await idle(hub)
    assert (alone.end, hub.metrics.groups) == ([("no such board", "INTERNAL_SERVER_ERROR")], 1)
    board.trouble = None


async def test_a_source_that_breaks_tells_all_and_one_that_ends_completes_all(hub: Hub, board: Board) -> None:
    board.write("a", 1)
    watchers = [await watch(hub, board) for _ in range(3)]
    await idle(hub)
    late = await watch(hub, board)
    board.say(board.write("a", 2))
    board.end(ValueError("it broke"))
    await idle(hub)
    assert [watcher.end for watcher in watchers] == [[("it broke", "INTERNAL_SERVER_ERROR")]] * 3
    assert [watcher.figures for watcher in watchers] == [[("a", 1), ("a", 2)]] * 3
    assert (late.answers, late.end) == ([], [("it broke", "INTERNAL_SERVER_ERROR")])
    watcher = await watch(hub, board, kinds=["x"])
    await idle(hub)
    board.end()
    await idle(hub)
    assert watcher.end == "complete"


async def test_an_event_that_meets_a_passing_trouble_ends_the_stream_for_all_instead_of_being_lost(
    hub: Hub, board: Board
) -> None:
    watchers = [await watch(hub, board, "subscription { board { key value label { text } } }") for _ in range(2)]
    await idle(hub)
    board.trouble = ConnectionError("away")
    board.say(board.write("a", 1))
    await idle(hub)
    board.trouble = None
    assert [watcher.end for watcher in watchers] == [[("away", "SERVICE_UNAVAILABLE")]] * 2
    assert [watcher.answers for watcher in watchers] == [[], []]


async def test_too_many_untold_keys_end_the_stream(hub: Hub, board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_module, "MAX_WAITING", 3)
    watcher = await watch(hub, board)
    await idle(hub)
    board.say(*(board.write(key, 1) for key in "abcd"))
    await idle(hub)
    assert watcher.end == [("", "INTERNAL_SERVER_ERROR")]
    assert hub.metrics.too_slow == 1


async def test_who_reads_slowly_holds_nobody_up(hub: Hub, board: Board) -> None:
    """A beginning of many figures waits for room; what changes meanwhile takes the place of what it did not read."""
    count = member_module.MANY * 2 + 10
    for number in range(count):
        board.write(f"{number:04}", 1)
    slow = Watcher()
    slow.has_room.clear()
    await watch(hub, board, watcher=slow)
    quick = await watch(hub, board)
    await until(lambda: len(quick.answers) == count)
    board.say(board.write("0000", 2), board.write(f"{count - 1:04}", 2))
    await until(lambda: len(quick.answers) == count + 2)
    assert slow.answers == []
    slow.has_room.set()
    await idle(hub)
    assert slow.figures == [*((f"{number:04}", 1) for number in range(1, count - 1)), *quick.figures[-2:]]
    gone = Watcher()
    gone.has_room.clear()
    await watch(hub, board, watcher=gone)
    await until(lambda: hub.metrics.members == 3)
    gone.close()
    gone.has_room.set()
    await idle(hub)
    assert gone.answers == []


async def test_others_have_their_turn_while_many_are_told(hub: Hub, board: Board) -> None:
    board.write("a", 1)
    watchers = await asyncio.gather(*(watch(hub, board) for _ in range(group_module.CHUNK * 4)))
    await idle(hub)
    turns: list[int] = []

    async def look() -> None:
        while turns[-1:] != [len(watchers)]:
            turns.append(sum(len(watcher.answers) == 2 for watcher in watchers))
            await asyncio.sleep(0)

    looking = asyncio.create_task(look())
    board.say(board.write("a", 2))
    await looking
    steps = [after - before for before, after in pairwise(turns)]
    assert max(steps) == group_module.CHUNK


async def test_a_generator_is_for_one_subscriber(hub: Hub, board: Board) -> None:
    document = "subscription ($to: Int!) { count(to: $to) }"
    watchers = await asyncio.gather(*(watch(hub, board, document, to=2) for _ in range(3)))
    assert hub.metrics.groups == 3
    await idle(hub)
    for watcher in watchers:
        assert watcher.payloads == [b'{"data":{"count":1}}', b'{"data":{"count":2}}']
        assert watcher.end == "complete"
    broken = await watch(hub, board, document, to=0)
    await idle(hub)
    assert (broken.answers, broken.end) == ([], [("Nothing to count.", "INTERNAL_SERVER_ERROR")])
    assert board.opened == 0


async def test_a_generator_is_read_as_fast_as_its_subscriber_reads(hub: Hub, board: Board) -> None:
    slow = Watcher()
    slow.has_room.clear()
    await watch(hub, board, "subscription { count(to: 1000000) }", watcher=slow)
    await until(lambda: len(slow.answers) == 1)
    for _ in range(10):
        await asyncio.sleep(0)
    assert (len(slow.answers), board.opened) == (1, 1)
    slow.close()
    await idle(hub)
    assert (len(slow.answers), slow.end, board.opened) == (1, None, 0)
