"""`graphql-transport-ws` at the ASGI level: peers that do not read, servers that stop, and arbitrary messages."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.outlet import Bounds, Pressure
from app.engine.websocket import SocketEndpoint
from tests.engine.serving import PATIENCE_S, Tap, World, is_empty, make_sockets, until

INIT = {"type": "connection_init"}
ACK = {"type": "connection_ack"}


class Peer:
    """An ASGI server with one connection, and the client at its other end."""

    def __init__(self, sockets: SocketEndpoint) -> None:
        self.sockets = sockets
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[dict[str, Any]] = []
        self.writable = asyncio.Event()
        self.writable.set()
        self.inbox.put_nowait({"type": "websocket.connect"})
        scope = {"type": "websocket", "subprotocols": ["graphql-transport-ws"], "headers": []}
        self.task = asyncio.ensure_future(sockets(scope, self.inbox.get, self._send))

    async def _send(self, message: dict[str, Any]) -> None:
        await self.writable.wait()
        self.sent.append(message)
        if message["type"] == "websocket.close":
            self.inbox.put_nowait({"type": "websocket.disconnect", "code": message["code"]})

    def tell(self, *messages: Any) -> None:
        for message in messages:
            text = message if isinstance(message, str) else json.dumps(message)
            self.inbox.put_nowait({"type": "websocket.receive", "text": text})

    def leave(self) -> None:
        self.inbox.put_nowait({"type": "websocket.disconnect", "code": 1006})

    def heard(self) -> list[Any]:
        return [json.loads(message["text"]) for message in self.sent if message["type"] == "websocket.send"]

    def closed(self) -> tuple[int, str] | None:
        last = self.sent[-1]
        return (last["code"], last["reason"]) if last["type"] == "websocket.close" else None


@asynccontextmanager
async def connected(sockets: SocketEndpoint) -> AsyncGenerator[Peer, None]:
    """An acknowledged connection; at the end nothing is left of it."""
    before = asyncio.all_tasks()
    peer = Peer(sockets)
    peer.tell(INIT)
    await until(lambda: peer.heard() == [ACK])
    try:
        yield peer
        await asyncio.wait_for(peer.task, PATIENCE_S)
    finally:
        peer.task.cancel()
        await asyncio.wait({peer.task})
        await until(lambda: asyncio.all_tasks() <= before)


@asynccontextmanager
async def tapped(world: World, **limits: Any) -> AsyncGenerator[tuple[Peer, Tap, SocketEndpoint], None]:
    """A connection with one subscription that the test feeds."""
    sockets, tap = make_sockets(world, **limits), Tap()
    sockets.hub = tap  # type: ignore[assignment]
    async with connected(sockets) as peer:
        peer.tell({"id": "1", "type": "subscribe", "payload": {"query": "subscription { waits }"}})
        await until(lambda: len(tap.subscribers) == 1)
        yield peer, tap, sockets


async def test_who_does_not_read_gets_the_newest_of_each_key_in_order() -> None:
    async with tapped(World()) as (peer, tap, sockets):
        peer.writable.clear()
        for number in range(10):
            tap.tell(str(number).encode(), key=number % 3)
        tap.complete()
        assert sockets.counts.pressure == Pressure(queued_bytes=31, queued_messages=4, coalesced=6)
        peer.writable.set()
        await until(lambda: len(peer.heard()) == 6)
        payloads = [message.get("payload") for message in peer.heard()[1:]]
        assert payloads == [0, 7, 8, 9, None]
        assert peer.heard()[-1] == {"id": "1", "type": "complete"}
        assert sockets.counts.pressure == Pressure(coalesced=6)
        peer.leave()
    assert tap.closed == 1


async def test_who_reads_too_slowly_for_too_long_is_closed_with_a_reason() -> None:
    async with tapped(World(), outlet=Bounds(bytes=100, messages=10)) as (peer, tap, sockets):
        peer.writable.clear()
        for number in range(12):
            tap.tell(str(number).encode())
        assert sockets.counts.pressure == Pressure(queued_messages=1, overflowed=1)
        tap.tell(b"after the end")
        peer.tell({"type": "ping"})
        peer.writable.set()
        await peer.task
        assert peer.closed() == (1013, "Too many messages were left unread")
        assert [message.get("payload") for message in peer.heard()[1:]] == [0]
    assert (tap.closed, sockets.counts.operations, sockets.counts.pressure) == (1, 0, Pressure(overflowed=1))


async def test_who_never_reads_again_is_given_up() -> None:
    async with tapped(World(), outlet=Bounds(messages=1), close_timeout_s=0) as (peer, tap, sockets):
        peer.writable.clear()
        for number in range(3):
            tap.tell(str(number).encode())
        await peer.task
        assert peer.heard() == [ACK]
    assert (tap.closed, sockets.counts.operations, sockets.counts.pressure) == (1, 0, Pressure(overflowed=1))


async def test_an_operation_that_is_left_takes_its_unread_answers_with_it() -> None:
    async with tapped(World()) as (peer, tap, sockets):
        peer.writable.clear()
        tap.tell(b"1")
        tap.tell(b"2")
        tap.tell(b"3", key="k")
        peer.tell({"id": "1", "type": "complete"})
        await until(lambda: tap.closed == 1)
        assert sockets.counts.pressure == Pressure()
        tap.tell(b"4")
        tap.complete()
        peer.tell({"id": "1", "type": "subscribe", "payload": {"query": "{ number }"}})
        peer.writable.set()
        await until(lambda: len(peer.heard()) == 4)
        assert [message.get("payload") for message in peer.heard()[1:]] == [1, {"data": {"number": 1}}, None]
        peer.leave()


async def test_answers_of_queries_wait_for_a_slow_peer_instead_of_overflowing() -> None:
    sockets = make_sockets(World(), outlet=Bounds(bytes=1_000, messages=2))
    async with connected(sockets) as peer:
        peer.writable.clear()
        for number in range(10):
            query = "{ text(length: 600) }"
            peer.tell({"id": str(number), "type": "subscribe", "payload": {"query": query}})
        await until(lambda: sockets.counts.pressure.queued_messages == 1)
        for _ in range(20):
            await asyncio.sleep(0)
        assert sockets.counts.pressure.overflowed == 0
        peer.writable.set()
        await until(lambda: len(peer.heard()) == 21)
        assert sockets.counts.pressure == Pressure()
        peer.leave()


async def test_subscribers_of_equal_answers_share_the_text_but_for_the_id() -> None:
    sockets, tap = make_sockets(World()), Tap()
    sockets.hub = tap  # type: ignore[assignment]
    async with connected(sockets) as peer:
        for name in ("a", "b"):
            peer.tell({"id": name, "type": "subscribe", "payload": {"query": "subscription { waits }"}})
        await until(lambda: len(tap.subscribers) == 2)
        tap.tell('{"data":"日本"}'.encode())
        assert [message["text"] for message in peer.sent[-2:]] == [
            '{"id":"a","type":"next","payload":{"data":"日本"}}',
            '{"id":"b","type":"next","payload":{"data":"日本"}}',
        ]
        peer.leave()


@pytest.mark.parametrize("query", ["subscription { waits }", "{ slow }", "mutation { slow }"])
async def test_a_server_that_stops_leaves_nothing(query: str) -> None:
    world = World()
    sockets = make_sockets(world)
    before = asyncio.all_tasks()
    peer = Peer(sockets)
    peer.tell(INIT)
    await until(lambda: peer.heard() == [ACK])
    peer.tell({"id": "1", "type": "subscribe", "payload": {"query": query}})
    await until(lambda: world.begun.is_set() or world.open_sources == 1)
    peer.task.cancel()
    if "mutation" in query:  # it may end before the process does
        world.gate.set()
    await asyncio.wait({peer.task})
    assert peer.task.cancelled()
    await until(lambda: is_empty(sockets) and world.open_sources == 0 and asyncio.all_tasks() <= before)
    assert world.finished == (["mutation"] if "mutation" in query else [])


async def test_a_slow_lookup_of_the_key_is_not_the_fault_of_the_client() -> None:
    world = World(identify_gate=asyncio.Event())
    peer = Peer(make_sockets(world, init_timeout_s=0))
    peer.tell(INIT)
    await until(lambda: len(world.headers) == 1)
    for _ in range(20):
        await asyncio.sleep(0)
    assert world.identify_gate is not None
    world.identify_gate.set()
    await until(lambda: peer.heard() == [ACK])
    peer.leave()
    await peer.task


async def test_a_peer_that_is_gone_before_it_is_accepted_is_no_error() -> None:
    sockets = make_sockets(World())

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(_message: dict[str, Any]) -> None:
        raise ConnectionResetError

    scope = {"type": "websocket", "subprotocols": ["graphql-transport-ws"], "headers": []}
    await sockets(scope, receive, send)
    await sockets({**scope, "subprotocols": []}, receive, send)
    assert is_empty(sockets)


async def test_a_server_may_end_a_message_with_no_text_at_all() -> None:
    async with connected(make_sockets(World())) as peer:
        peer.inbox.put_nowait({"type": "websocket.receive", "text": None, "bytes": b"{}"})
        await peer.task
        assert peer.closed() == (4400, "Invalid message: it is binary")


async def test_an_executor_that_breaks_ends_its_own_operation(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sockets = make_sockets(World())

    async def broken(*_: Any) -> None:
        message = "secret"
        raise RuntimeError(message)

    monkeypatch.setattr(sockets.host.engine, "execute", broken)
    async with connected(sockets) as peer:
        peer.tell({"id": "1", "type": "subscribe", "payload": {"query": "{ number }"}})
        await until(lambda: len(peer.heard()) == 2)
        error = peer.heard()[1]
        assert (error["type"], error["payload"][0]["extensions"]["code"]) == ("error", "INTERNAL_SERVER_ERROR")
        assert "secret" not in json.dumps(error)
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        peer.leave()


# ── arbitrary messages ──────────────────────────────────────────────────────────────────────────────────────────────

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
QUERIES = st.sampled_from(
    [
        "{ number }",
        "{ nothing }",
        "{",
        "",
        "mutation { poke }",
        "subscription { count(to: 2) }",
        "subscription { waits }",
    ]
)
IDS = st.sampled_from(["1", "2", "", "x" * 2_000]) | JSON
PAYLOADS = (
    st.fixed_dictionaries(
        {"query": QUERIES | JSON},
        optional={
            "variables": st.dictionaries(st.text(max_size=3), JSON, max_size=2) | JSON,
            "operationName": st.none() | JSON,
            "extensions": st.fixed_dictionaries({}, optional={"persistedQuery": JSON}) | JSON,
        },
    )
    | JSON
)
TYPES = st.sampled_from(
    ["connection_init", "connection_ack", "subscribe", "subscribe", "complete", "ping", "pong", "next", "error", "x"]
)
MESSAGES = (
    st.fixed_dictionaries({"type": TYPES | JSON}, optional={"id": IDS, "payload": PAYLOADS})
    | st.builds(lambda name, query: {"id": name, "type": "subscribe", "payload": {"query": query}}, IDS, QUERIES)
    | JSON
)
TEXTS = MESSAGES.map(json.dumps) | st.text(max_size=20)
CLOSES = {
    4400: "Invalid message: ",
    4401: "Unauthorized",
    4409: "Subscriber for ",
    4429: "Too many initialisation requests",
    1008: "Too many pings",
}


@given(st.booleans(), st.lists(TEXTS, max_size=8))
def test_arbitrary_messages_are_answered_or_close_as_documented(is_initialised: bool, texts: list[str]) -> None:
    async def play() -> None:
        sockets = make_sockets(World(), pings=5, pings_per_s=0)
        peer = Peer(sockets)
        if is_initialised:
            peer.tell(INIT)
            await until(lambda: peer.heard() == [ACK])
        peer.tell(*texts)
        await until(peer.inbox.empty)
        for _ in range(20):
            await asyncio.sleep(0)
        ended_by_us = peer.closed() is not None
        peer.leave()
        await asyncio.wait_for(peer.task, PATIENCE_S)
        assert {message["type"] for message in peer.heard()} <= {"connection_ack", "pong", "next", "error", "complete"}
        if ended_by_us:
            code, reason = peer.closed() or (0, "")
            assert reason.startswith(CLOSES[code])
            assert len(reason.encode()) <= 123
        for _ in range(20):
            await asyncio.sleep(0)
        assert is_empty(sockets)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(play())


@given(st.lists(st.tuples(st.sampled_from(["subscribe", "complete"]), st.sampled_from("ab"), QUERIES), max_size=12))
def test_every_operation_ends_with_complete_or_error_or_by_the_client(steps: list[tuple[str, str, str]]) -> None:
    """Per id: nothing after its end, and no two ends."""

    async def play() -> None:
        sockets = make_sockets(World())
        peer = Peer(sockets)
        peer.tell(INIT)
        await until(lambda: peer.heard() == [ACK])
        started: dict[str, int] = {}
        for kind, name, query in steps:
            if kind == "subscribe":
                started[name] = started.get(name, 0) + 1
            peer.tell({"id": name, "type": kind, "payload": {"query": query}})
            await until(lambda: peer.inbox.empty() or peer.task.done())
            for _ in range(3):
                await asyncio.sleep(0)
        peer.leave()
        await asyncio.wait_for(peer.task, PATIENCE_S)
        for name, count in started.items():
            own = [message["type"] for message in peer.heard() if message.get("id") == name]
            assert sum(kind in ("complete", "error") for kind in own) <= count
        for _ in range(20):
            await asyncio.sleep(0)
        assert is_empty(sockets)

    asyncio.run(play())
