"""The hub: what many are told is read, executed and encoded once."""

import asyncio
from itertools import pairwise
from typing import Any

import orjson
import pytest

from app.engine import group as group_module
from app.engine import live as live_module
from app.engine.hub import Hub
from app.engine.request import Refused
from tests.engine.serving import until
from tests.engine.streams import BOARD, Board, Watcher, make_hub, watch


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
async def hub(board: Board) -> Any:
    """After each test nothing of any subscription is left once all have left."""
    hub = make_hub(board)
    yield hub
    board.gate.set()
    board.end()
    await idle(hub)
    await until(lambda: hub.metrics.members == 0)
    assert (hub.metrics.groups, hub._groups, hub._opening, hub._to_open, board.listeners) == (0, {}, {}, {}, [])


async def idle(hub: Hub) -> None:
    """Until nothing is under way."""
    await until(lambda: not hub._tasks)


async def test_the_bytes_of_what_is_and_of_what_changes(hub: Hub, board: Board) -> None:
    board.write("a", 1)
    board.write("b", 2)
    watcher = await watch(hub, board)
    await idle(hub)
    board.say(board.write("b", 3))
    await idle(hub)
    assert watcher.payloads == [
        b'{"data":{"board":{"key":"a","value":1,"version":1}}}',
        b'{"data":{"board":{"key":"b","value":2,"version":1}}}',
        b'{"data":{"board":{"key":"b","value":3,"version":2}}}',
    ]
    assert [answer.key for answer in watcher.answers] == ["a", "b", "b"]


async def test_a_thousand_are_told_by_one_opening_one_read_and_one_encoding(hub: Hub, board: Board) -> None:
    board.write("a", 1)
    watchers = await asyncio.gather(*(watch(hub, board) for _ in range(1_000)))
    await idle(hub)
    assert (board.opened, board.reads, hub.metrics.groups, hub.metrics.members) == (1, 1, 1, 1_000)
    board.say(board.write("a", 2))
    await idle(hub)
    assert hub.metrics.encoded == 2
    assert hub.metrics.deliveries == 2_000
    assert all(watcher.figures == [("a", 1), ("a", 2)] for watcher in watchers)
    for place in (0, 1):
        assert len({id(watcher.answers[place]) for watcher in watchers}) == 1


async def test_changes_that_are_heard_at_once_are_executed_at_once(hub: Hub, board: Board) -> None:
    watcher = await watch(hub, board, "subscription { board { key value label { text } } }")
    await idle(hub)
    board.labels_loaded = board.contexts = 0
    board.say(board.write("a", 1), board.write("b", 1))
    board.say(board.write("c", 1), board.write("a", 2))
    await idle(hub)
    assert watcher.figures == [("b", 1), ("c", 1), ("a", 2)]
    assert (board.labels_loaded, board.contexts, hub.metrics.coalesced) == (1, 1, 1)


async def test_who_joins_while_others_are_being_told_shares_the_next_read(hub: Hub, board: Board) -> None:
    board.write("a", 1)
    board.gate.clear()
    first = await watch(hub, board)
    await until(lambda: board.reads == 1)
    board.write("a", 2)  # the first read has begun before
    others = await asyncio.gather(*(watch(hub, board) for _ in range(500)))
    board.gate.set()
    await idle(hub)
    assert board.reads == 2
    assert first.figures == [("a", 1), ("a", 2)]
    assert all(other.figures == [("a", 2)] for other in others)


async def test_what_is_heard_during_a_read_comes_after_it_and_only_if_it_is_newer(hub: Hub, board: Board) -> None:
    changes = [board.write("a", 1), board.write("b", 1)]
    board.gate.clear()
    watcher = await watch(hub, board)
    await until(lambda: board.reads == 1)
    board.say(*changes, board.write("b", 2))
    board.gate.set()
    await idle(hub)
    assert watcher.figures == [("a", 1), ("b", 1), ("b", 2)]


async def test_an_older_version_that_is_heard_later_is_not_told(hub: Hub, board: Board) -> None:
    watcher = await watch(hub, board)
    await idle(hub)
    old, new, newest = board.write("a", 1), board.write("a", 2), board.write("a", 3)
    board.say(new)
    await idle(hub)
    board.say(old)
    await idle(hub)
    board.say(newest, old)
    await idle(hub)
    assert watcher.figures == [("a", 2), ("a", 3)]
    assert hub.metrics.coalesced == 2


async def test_cursors_that_come_together_are_answered_by_one_read(hub: Hub, board: Board) -> None:
    for key in ("a", "b", "c"):
        board.write(key, 1)
    old = await watch(hub, board)
    await idle(hub)
    board.write("b", 2)
    board.gate.clear()
    joins = [watch(hub, board, after=orjson.dumps(after).decode()) for after in ({"a": 1, "b": 1}, {"a": 1}, {})]
    many, some, none = await asyncio.gather(*joins)
    board.gate.set()
    await idle(hub)
    assert board.reads == 2
    assert many.figures == [("b", 2), ("c", 1)]
    assert some.figures == [("b", 2), ("c", 1)]
    assert none.figures == [("a", 1), ("b", 2), ("c", 1)]
    assert old.figures == [("a", 1), ("b", 1), ("c", 1), ("b", 2)]
    board.say(board.write("a", 5))
    await idle(hub)
    assert hub.metrics.groups == 1
    assert len({watcher.answers[-1] for watcher in (many, some, none, old)}) == 1


@pytest.mark.parametrize(
    ("document", "variables", "groups"),
    [
        (BOARD, [{"kinds": ["x", "y"]}, {"kinds": ["y", "x"]}], 1),
        (BOARD, [{"kinds": ["x"]}, {"kinds": ["y"]}], 2),
        (BOARD, [{"rate": 1}, {"rate": 2}], 2),
        (BOARD, [{"kinds": None}, {}], 1),
        (BOARD, [{"kinds": ["x"]}, {"kinds": ["x"], "unknown": 10**30}], 1),
        ("subscription ($size: Int!) { board { label(size: $size) { text } } }", [{"size": 1}, {"size": 2}], 2),
        (
            "subscription ($size: Int!) { board { ...F } } fragment F on Figure { label(size: $size) { text } }",
            [{"size": 1}, {"size": 2}],
            2,
        ),
        ("subscription ($on: Boolean!) { board { key value @include(if: $on) } }", [{"on": True}, {"on": False}], 2),
    ],
)
async def test_who_is_given_the_same_bytes(
    hub: Hub, board: Board, document: str, variables: list[dict[str, Any]], groups: int
) -> None:
    for values in variables:
        await watch(hub, board, document, **values)
    assert hub.metrics.groups == groups
    await idle(hub)


async def test_callers_with_other_rights_are_given_bytes_of_their_own(hub: Hub, board: Board) -> None:
    await watch(hub, board, share="staff")
    await watch(hub, board, share="shopper")
    await watch(hub, board, share="shopper")
    assert (hub.metrics.groups, hub.metrics.members) == (2, 3)
    await idle(hub)


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
    count = group_module.MANY * 2 + 10
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


async def test_a_rate_lets_the_newest_of_each_key_through_in_turn(hub: Hub, board: Board) -> None:
    watcher = await watch(hub, board, rate=2)
    await idle(hub)
    board.say(board.write("a", 1), board.write("b", 1))
    await idle(hub)
    assert watcher.figures == [("a", 1)]
    for value in (2, 3, 4):
        board.say(board.write("b", value), board.write("a", value))
        await idle(hub)
    board.pass_time(0.25)
    await idle(hub)
    assert watcher.figures == [("a", 1)]
    board.pass_time(0.25)
    await idle(hub)
    board.pass_time(0.5)
    await idle(hub)
    assert watcher.figures == [("a", 1), ("b", 4), ("a", 4)]
    assert (len(board.alarms), hub.metrics.coalesced) == (0, 5)
    board.pass_time(10)
    board.say(board.write("a", 5))
    await idle(hub)
    assert watcher.figures[-1] == ("a", 5)


async def test_a_source_may_ask_for_the_order_of_hearing(hub: Hub, board: Board, monkeypatch: Any) -> None:
    monkeypatch.setattr("tests.engine.streams.BoardLive.needs_order", True)
    document = "subscription { board(maxRate: 1) { key value told } }"
    watcher = await watch(hub, board, document)
    await idle(hub)
    board.say(board.write("a", 1), board.write("b", 1), board.write("c", 1))
    await idle(hub)
    board.say(board.write("b", 2))
    await idle(hub)
    for _ in range(2):
        board.pass_time(1)
        await idle(hub)
    told = [orjson.loads(payload)["data"]["board"]["told"] for payload in watcher.payloads]
    assert watcher.figures == [("a", 1), ("c", 1), ("b", 2)]
    assert told == ["to 1", "to 3", "to 4"]


async def test_a_rate_does_not_hold_up_the_end(hub: Hub, board: Board) -> None:
    watcher = await watch(hub, board, rate=1)
    await idle(hub)
    board.say(board.write("a", 1), board.write("b", 1), board.write("c", 1))
    board.end()
    await idle(hub)
    assert (watcher.figures, watcher.end) == ([("a", 1), ("b", 1), ("c", 1)], "complete")


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
