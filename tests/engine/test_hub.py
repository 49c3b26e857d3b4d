"""The hub: what many are told is read, executed and encoded once."""

import asyncio
from typing import Any

import orjson
import pytest

from app.engine.hub import Hub
from tests.engine.serving import until
from tests.engine.streams import BOARD, Board, idle, watch


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
