"""Beginnings that nobody reads: how much of them is kept, for whom, and until when."""

import asyncio
from typing import Any

import orjson
import pytest

from app.engine.answer import Answer
from app.engine.hub import Hub
from app.engine.live import Event
from app.engine.member import MANY, OVERHEAD
from app.engine.websocket import SocketEndpoint
from tests.engine.events import COMPLETE, Endpoint
from tests.engine.peer import connected
from tests.engine.serving import SmallHost, Tap, World, headers_of, is_empty, make_sockets, until
from tests.engine.sockets import next_of, subscribe
from tests.engine.streams import BOARD, Board, BoardLive, Watcher, idle, make_hub, watch

COUNT = MANY * 2 + 10


def fill(board: Board, count: int = COUNT) -> None:
    for number in range(count):
        board.write(f"{number:04}", 1)


def answer_size(version: int = 1) -> int:
    """What one answer takes that waits; the keys have four digits, the values are as short as the versions."""
    figure = {"key": "0000", "value": 1, "version": version}
    return len(orjson.dumps({"data": {"board": figure}})) + OVERHEAD


class Stuck(Watcher):
    """It never reads."""

    def __init__(self) -> None:
        super().__init__()
        self.has_room.clear()


async def stuck(hub: Hub, board: Board, **variables: Any) -> Watcher:
    """One more who does not read, once that is known."""
    before = hub.metrics.deliveries
    watcher = await watch(hub, board, watcher=Stuck(), **variables)
    await until(lambda: hub.metrics.deliveries > before)
    return watcher


async def test_a_beginning_is_kept_once_for_all_who_do_not_read_it(hub: Hub, board: Board) -> None:
    fill(board)
    watchers = [await stuck(hub, board) for _ in range(3)]
    # Each of them joined by itself: three beginnings. Those who join together have one.
    assert hub.metrics.unread_bytes == 3 * COUNT * answer_size()
    for watcher in watchers:
        watcher.close()
    assert hub.metrics.unread_bytes == 0
    watchers = await asyncio.gather(*(watch(hub, board, watcher=Stuck()) for _ in range(3)))
    await until(lambda: hub.metrics.unread_bytes > 0)
    assert hub.metrics.unread_bytes == COUNT * answer_size()
    for number, watcher in enumerate(watchers):
        assert hub.metrics.unread_bytes == COUNT * answer_size(), number
        watcher.close()
    assert hub.metrics.unread_bytes == 0
    await idle(hub)  # although nobody has room
    assert [watcher.answers for watcher in watchers] == [[], [], []]


async def test_what_comes_after_it_counts_until_it_is_read(hub: Hub, board: Board) -> None:
    fill(board)
    watcher = await stuck(hub, board)
    for value in (2, 3):
        board.say(board.write("0007", value))
        await until(lambda value=value: hub.metrics.encoded == COUNT + value - 1)
        await until(lambda: hub.metrics.unread_bytes == COUNT * answer_size() + answer_size())
    watcher.has_room.set()
    await idle(hub)
    assert hub.metrics.unread_bytes == 0
    assert watcher.figures == [*((f"{n:04}", 1) for n in range(COUNT) if n != 7), ("0007", 3)]


async def test_while_too_much_is_unread_no_long_beginning_is_encoded(board: Board) -> None:
    fill(board)
    hub = make_hub(board, max_unread_bytes=COUNT * answer_size())
    reader = await watch(hub, board)
    await idle(hub)
    assert len(reader.answers) == COUNT
    slow = await stuck(hub, board, kinds=["slow"])
    encoded = hub.metrics.encoded
    refused = await asyncio.gather(*(watch(hub, board, kinds=[kind]) for kind in "abb"))
    known = orjson.dumps({f"{number:04}": 1 for number in range(1, COUNT)}).decode()
    short = await watch(hub, board, kinds=["b"], after=known)
    await until(lambda: all(watcher.end for watcher in refused) and short.answers)
    assert [watcher.end[0][1] for watcher in refused] == ["SERVER_BUSY"] * 3
    assert refused[0].errors[0].extensions == {"code": "SERVER_BUSY", "retryable": True}
    assert short.figures == [("0000", 1)]
    assert (hub.metrics.refused, hub.metrics.encoded - encoded, hub.metrics.members) == (3, 1, 3)
    board.say(board.write("0001", 2))
    await until(lambda: len(short.answers) == 2)
    assert (reader.figures[-1], short.figures[-1]) == (("0001", 2), ("0001", 2))
    slow.close()
    again = await watch(hub, board, kinds=["a"])
    await idle(hub)
    assert (len(again.answers), again.end, hub.metrics.unread_bytes) == (COUNT, None, 0)
    for watcher in (reader, short, again):
        watcher.close()
    assert (hub.metrics.members, hub.metrics.groups, board.listeners) == (0, 0, [])


async def test_few_beginnings_are_read_at_once_and_who_leaves_meanwhile_is_not_read_for(board: Board) -> None:
    fill(board, 1)
    hub = make_hub(board)
    board.gate.clear()
    watchers = [await watch(hub, board, kinds=[str(number)]) for number in range(7)]
    await until(lambda: board.reads == 4)
    for _ in range(10):
        await asyncio.sleep(0)
    assert board.reads == 4
    watchers[5].close()
    board.gate.set()
    await idle(hub)
    assert board.reads == 6
    assert [len(watcher.answers) for watcher in watchers] == [1, 1, 1, 1, 1, 0, 1]
    board.end()
    await idle(hub)


async def test_rows_are_let_go_once_they_are_encoded(hub: Hub, board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Event] = []
    begin, events = BoardLive.begin, BoardLive.events

    async def begin_and_keep(*arguments: Any) -> Any:
        beginning = await begin(*arguments)
        told.extend(beginning.given[None])
        return beginning

    async def events_and_keep(*arguments: Any) -> Any:
        found = await events(*arguments)
        told.extend(found)
        return found

    monkeypatch.setattr(BoardLive, "begin", begin_and_keep)
    monkeypatch.setattr(BoardLive, "events", events_and_keep)
    fill(board)
    watcher = await watch(hub, board)
    await idle(hub)
    board.say(board.write("0000", 2))
    await idle(hub)
    assert [event.row for event in told] == [None] * (COUNT + 1)
    assert [answer.frames for answer in watcher.answers] == [None] * (COUNT + 1)


def test_a_frame_is_made_once_per_form() -> None:
    made: list[bytes] = []
    answer = Answer(b"1")
    for form in ("a", "b", "a"):
        assert answer.framed(form, lambda payload: made.append(payload) or payload.decode()) == "1"
    assert (made, answer.frames) == ([b"1", b"1"], {"a": "1", "b": "1"})


class BoardHost(SmallHost):
    """A board behind a socket."""

    def __init__(self, hub: Hub, board: Board) -> None:
        super().__init__(World())
        self.engine, self.board = hub.engine, board

    def context(self, *_: Any) -> Any:
        return self.board.context()


async def test_a_socket_that_does_not_read_has_one_beginning(hub: Hub, board: Board) -> None:
    fill(board)
    sockets = SocketEndpoint(BoardHost(hub, board), hub, headers_of=headers_of)
    async with connected(sockets) as peer:
        peer.writable.clear()
        peer.tell({"type": "ping"})  # takes the way out
        peer.tell(*(subscribe(BOARD, str(number), variables={"kinds": [str(number)]}) for number in range(50)))
        await until(lambda: hub.metrics.unread_bytes > 0)
        for _ in range(500):
            await asyncio.sleep(0)
        assert (sockets.counts.operations, hub.metrics.members, board.reads, board.opened) == (50, 1, 1, 1)
        assert (hub.metrics.unread_bytes, hub.metrics.encoded) == (COUNT * answer_size(), COUNT)
        peer.tell({"id": "0", "type": "complete"})  # the next one has its turn, and the first is let go
        await until(lambda: hub.metrics.encoded == 2 * COUNT)
        await until(lambda: hub.metrics.unread_bytes == COUNT * answer_size())
        assert (hub.metrics.members, board.reads) == (1, 2)
        peer.leave()
    assert is_empty(sockets)


async def test_a_socket_that_reads_has_all_of_them_in_turn(hub: Hub, board: Board) -> None:
    fill(board)
    sockets = SocketEndpoint(BoardHost(hub, board), hub, headers_of=headers_of)
    async with connected(sockets) as peer:
        peer.tell(*(subscribe(BOARD, str(number), variables={"kinds": [str(number)]}) for number in range(3)))
        await until(lambda: len(peer.sent) == 2 + 3 * COUNT)
        assert [message["id"] for message in peer.heard()[1:]] == ["0"] * COUNT + ["1"] * COUNT + ["2"] * COUNT
        assert (hub.metrics.members, hub.metrics.unread_bytes) == (3, 0)
        peer.leave()
    assert is_empty(sockets)


async def test_queries_do_not_wait_for_a_beginning_and_leaving_frees_the_turn(world: World) -> None:
    class Slow(Tap):
        async def begun(self) -> None:
            await world.gate.wait()

    tap, sockets = Slow(), make_sockets(world)
    sockets.hub = tap  # type: ignore[assignment]
    async with connected(sockets) as peer:
        peer.tell(*(subscribe("subscription { waits }", name) for name in "abc"), subscribe("{ number }", "q"))
        await until(lambda: len(peer.heard()) == 3)
        assert peer.heard()[1:] == [next_of({"number": 1}, "q"), {"id": "q", "type": "complete"}]
        assert len(tap.subscribers) == 1
        peer.tell({"id": "b", "type": "complete"}, {"id": "a", "type": "complete"})
        await until(lambda: len(tap.subscribers) == 2)
        peer.leave()
    assert (tap.closed, sockets.counts.operations) == (2, 0)


async def test_one_stream_of_events_too_many_is_told_to_come_back(world: World) -> None:
    endpoint = Endpoint(world, most=1)

    async def ask(document: str, gone: asyncio.Event) -> bytes:
        inbox = [{"type": "http.request", "body": document.encode()}]
        sent: list[Any] = []

        async def receive() -> Any:
            if inbox:
                return inbox.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await endpoint({"headers": []}, receive, send)
        return b"".join(message.get("body", b"") for message in sent)

    gone = asyncio.Event()
    first = asyncio.create_task(ask("subscription { waits }", gone))
    await until(lambda: world.open_sources == 1)
    body = await ask("{ number }", asyncio.Event())
    assert body.endswith(COMPLETE)
    [error] = orjson.loads(body.split(b"\n")[3].removeprefix(b"data: "))["errors"]
    assert error["extensions"] == {"code": "SERVER_BUSY", "retryable": True, "most": 1}
    gone.set()
    await first
    assert b'{"number":1}' in await ask("{ number }", asyncio.Event())
    await until(endpoint.is_empty)
