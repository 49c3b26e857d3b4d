"""`graphql-sse` in the mode of distinct connections: on a real server, byte by byte, and at the ASGI level."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest

from app.engine.hub import Hub, Metrics
from app.engine.outlet import Bounds, Pressure
from app.engine.request import Refused, Request
from app.engine.sse import EventStreams, answer_events
from tests.engine.serving import PATIENCE_S, Away, SmallHost, Tap, World, running, until

EVENT_STREAM = {"accept": "text/event-stream"}


class Endpoint:
    """The thinnest ASGI application that answers by events: the document is the body of the request."""

    def __init__(self, world: World, **options: Any) -> None:
        self.host = SmallHost(world)
        self.hub = Hub(self.host.engine)
        self.streams = EventStreams(**options)
        self.raised: list[BaseException] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        try:
            prepared: Any = self.host.engine.prepare(Request(body.decode()))
        except Refused as refused:
            prepared = refused
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        caller = await self.host.identify(headers)
        try:
            await answer_events(self.host, self.hub, prepared, caller, headers, receive, send, streams=self.streams)
        except Away as error:
            self.raised.append(error)
            await send({"type": "http.response.start", "status": 503, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})

    def is_empty(self) -> bool:
        pressure, members = self.streams.pressure, getattr(self.hub, "metrics", Metrics()).members
        return not (self.streams.streams or pressure.queued_bytes or pressure.queued_messages or members)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def endpoint(world: World) -> AsyncGenerator[Endpoint, None]:
    endpoint = Endpoint(world)
    yield endpoint
    await until(endpoint.is_empty)
    await until(lambda: world.open_sources == 0)


@asynccontextmanager
async def asked(endpoint: Endpoint, document: str) -> AsyncGenerator[httpx.Response, None]:
    async with (
        running(endpoint) as address,
        httpx.AsyncClient(timeout=PATIENCE_S) as client,
        client.stream("POST", f"http://{address}/", content=document, headers=EVENT_STREAM) as response,
    ):
        yield response


async def whole(endpoint: Endpoint, document: str) -> bytes:
    async with asked(endpoint, document) as response:
        return b"".join([chunk async for chunk in response.aiter_raw()])


def next_of(value: Any) -> bytes:
    return b"event: next\ndata: " + orjson.dumps(value) + b"\n\n"


COMPLETE = b"event: complete\ndata: \n\n"
BEAT = b":\n\n"


async def test_a_subscription_from_its_first_to_its_last_byte(endpoint: Endpoint) -> None:
    async with asked(endpoint, "subscription { count(to: 2) }") as response:
        assert response.status_code == 200
        headers = {name: response.headers[name] for name in ("content-type", "cache-control", "x-accel-buffering")}
        assert headers == {
            "content-type": "text/event-stream; charset=utf-8",
            "cache-control": "no-cache, no-transform",
            "x-accel-buffering": "no",
        }
        assert "content-encoding" not in response.headers
        body = b"".join([chunk async for chunk in response.aiter_raw()])
    assert body == BEAT + next_of({"data": {"count": 1}}) + next_of({"data": {"count": 2}}) + COMPLETE


@pytest.mark.parametrize(
    ("document", "answer"),
    [("{ number(of: 7) }", {"data": {"number": 7}}), ("mutation { poke }", {"data": {"poke": "poked"}})],
)
async def test_a_query_or_a_mutation_is_one_next_and_complete(endpoint: Endpoint, document: str, answer: Any) -> None:
    assert await whole(endpoint, document) == BEAT + next_of(answer) + COMPLETE


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription ($n: Int!) { count(to: $n) }", "BAD_USER_INPUT"),
    ],
)
async def test_what_cannot_run_is_told_in_the_stream(endpoint: Endpoint, document: str, code: str) -> None:
    body = await whole(endpoint, document)
    assert body.startswith(BEAT + b"event: next\ndata: ")
    assert body.endswith(b"\n\n" + COMPLETE)
    answer = orjson.loads(body.split(b"\n")[3].removeprefix(b"data: "))
    assert [error["extensions"]["code"] for error in answer.pop("errors")] == [code]
    assert answer == {}


async def test_a_source_that_breaks_ends_the_stream_with_its_errors(endpoint: Endpoint) -> None:
    body = await whole(endpoint, "subscription { breaks }")
    assert body.startswith(BEAT + next_of({"data": {"breaks": 1}}))
    assert b'"code":"INTERNAL_SERVER_ERROR"' in body
    assert body.endswith(COMPLETE)


async def test_heartbeats_come_while_nothing_happens(world: World) -> None:
    endpoint = Endpoint(world, heartbeat_s=0.001)
    async with asked(endpoint, "subscription { waits }") as response:
        found = b""
        async for chunk in response.aiter_raw():
            found += chunk
            if found.count(BEAT) >= 4:
                break
    assert found.replace(BEAT, b"") == next_of({"data": {"waits": 0}})
    await until(endpoint.is_empty)


async def test_a_client_that_leaves_frees_everything_and_logs_nothing(
    endpoint: Endpoint, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        async with running(endpoint) as address, httpx.AsyncClient(timeout=PATIENCE_S) as client:
            before = asyncio.all_tasks()
            for document in ("subscription { waits }", "{ slow }"):
                async with client.stream("POST", f"http://{address}/", content=document) as response:
                    assert await anext(response.aiter_raw())
                    assert len(endpoint.streams.streams) == 1
                await until(endpoint.is_empty)
            await until(lambda: asyncio.all_tasks() <= before)
    assert world.finished == []
    assert caplog.records == []


async def test_a_mutation_is_run_to_its_end_when_the_client_leaves(endpoint: Endpoint, world: World) -> None:
    async with asked(endpoint, "mutation { slow }") as response:
        await world.begun.wait()
        await response.aclose()
        world.gate.set()
        await until(lambda: world.finished == ["mutation"])


async def test_closing_breaks_streams_off_without_complete(endpoint: Endpoint) -> None:
    async with asked(endpoint, "subscription { waits }") as response:
        found = b""
        async for chunk in response.aiter_raw():
            found += chunk
            if b"waits" in found:
                endpoint.streams.close()
    assert found == BEAT + next_of({"data": {"waits": 0}})


# ── at the ASGI level ───────────────────────────────────────────────────────────────────────────────────────────────


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


async def test_what_keeps_a_subscription_from_beginning_is_raised_before_anything_is_sent(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> None:
        raise Away

    monkeypatch.setattr(endpoint.hub, "subscribe", away)
    async with asked(endpoint, "subscription { waits }") as response:
        assert response.status_code == 503
    assert len(endpoint.raised) == 1


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
