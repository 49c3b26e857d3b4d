"""Server-sent events at the ASGI level: clients that do not read, and servers that stop."""

import asyncio
from typing import Any

import orjson
import pytest

from app.engine.outlet import Bounds, Pressure
from app.engine.request import Request
from app.engine.sse import answer_events
from tests.engine.events import BEAT, COMPLETE, Endpoint, next_of
from tests.engine.serving import Tap, World, until


class Peer:
    """A server that takes what is sent while its valve is open."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.gone = asyncio.Event()
        self.writable = asyncio.Event()
        self.writable.set()

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        await self.writable.wait()
        self.sent.append(message)

    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)


def answering(endpoint: Endpoint, peer: Peer, document: str) -> "asyncio.Task[None]":
    prepared = endpoint.host.engine.prepare(Request(document))
    return asyncio.create_task(
        answer_events(
            endpoint.host, endpoint.hub, prepared, "me", {}, peer.receive, peer.send, streams=endpoint.streams
        )
    )


async def test_who_does_not_read_is_bounded_and_told_why(world: World) -> None:
    endpoint, peer, tap = Endpoint(world, bounds=Bounds(bytes=1_000, messages=100)), Peer(), Tap()
    endpoint.hub = tap  # type: ignore[assignment]
    task = answering(endpoint, peer, "subscription { waits }")
    await until(lambda: len(peer.sent) == 2)
    peer.writable.clear()
    for number in range(200):
        tap.tell(orjson.dumps(number), key=number % 2)
    assert endpoint.streams.pressure == Pressure(queued_bytes=6, queued_messages=2, coalesced=197)
    tap.tell(b"x" * 999)
    assert endpoint.streams.pressure == Pressure(coalesced=197, queued_messages=1, overflowed=1)
    tap.tell(b"after the end")
    peer.writable.set()
    await task
    assert peer.body() == BEAT + b"event: next\ndata: 0\n\n: too many events were left unread, subscribe again\n\n"
    assert peer.sent[-1]["more_body"] is False
    assert (tap.closed, endpoint.streams.pressure, endpoint.streams.streams) == (
        1,
        Pressure(coalesced=197, overflowed=1),
        set(),
    )


async def test_who_never_reads_again_is_given_up(world: World) -> None:
    endpoint, peer, tap = Endpoint(world, flush_s=0), Peer(), Tap()
    endpoint.hub = tap  # type: ignore[assignment]
    task = answering(endpoint, peer, "subscription { waits }")
    await until(lambda: len(peer.sent) == 2)
    peer.writable.clear()
    tap.tell(b"1")
    tap.tell(b"2")
    tap.complete()
    await task
    assert (tap.closed, endpoint.streams.pressure, endpoint.streams.streams) == (1, Pressure(), set())


async def test_a_source_that_is_faster_than_the_client_waits_for_it(endpoint: Endpoint) -> None:
    peer = Peer()
    task = answering(endpoint, peer, "subscription { texts(length: 1000) }")
    await until(lambda: len(peer.sent) > 10)
    peer.writable.clear()
    for _ in range(100):
        await asyncio.sleep(0)
        assert endpoint.streams.pressure.queued_messages <= 1
    peer.gone.set()
    await task


async def test_an_executor_that_breaks_is_told_without_its_secret(
    endpoint: Endpoint,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(*_: Any) -> None:
        message = "secret"
        raise RuntimeError(message)

    monkeypatch.setattr(endpoint.host.engine, "execute", broken)
    peer = Peer()
    await answering(endpoint, peer, "{ number }")
    assert b"INTERNAL_SERVER_ERROR" in peer.body()
    assert b"secret" not in peer.body()
    assert peer.body().endswith(COMPLETE)
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize("document", ["subscription { waits }", "{ slow }", "mutation { slow }"])
async def test_a_server_that_stops_leaves_nothing(endpoint: Endpoint, world: World, document: str) -> None:
    before = asyncio.all_tasks()
    peer = Peer()
    task = answering(endpoint, peer, document)
    await until(lambda: bool(peer.sent))
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert asyncio.all_tasks() == before
    assert not world.finished
    assert endpoint.is_empty()


async def test_subscribers_of_equal_answers_share_one_frame(endpoint: Endpoint) -> None:
    tap, peers = Tap(), [Peer(), Peer()]
    endpoint.hub = tap  # type: ignore[assignment]
    tasks = [answering(endpoint, peer, "subscription { waits }") for peer in peers]
    await until(lambda: all(len(peer.sent) == 2 for peer in peers))
    tap.tell(b'{"data":1}')
    assert peers[0].sent[-1] is peers[1].sent[-1]
    assert peers[0].sent[-1]["body"] == next_of({"data": 1})
    for peer in peers:
        peer.gone.set()
    await asyncio.gather(*tasks)
    assert tap.closed == 2
