"""`graphql-transport-ws` at the ASGI level: peers that do not read, and servers that stop."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import Mock

import pytest

from app.engine import operation
from app.engine.outlet import Bounds, Pressure
from app.engine.websocket import SocketEndpoint
from tests.engine.peer import Peer, connected
from tests.engine.serving import Tap, World, is_empty, make_sockets, until
from tests.engine.sockets import ACK, INIT


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


async def test_subscribers_of_equal_answers_share_the_text_but_for_the_id(monkeypatch: pytest.MonkeyPatch) -> None:
    sockets, tap = make_sockets(World()), Tap()
    make_tail = Mock(wraps=operation._tail_of)
    monkeypatch.setattr(operation, "_tail_of", make_tail)
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
        assert make_tail.call_count == 1
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
