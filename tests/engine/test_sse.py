"""`graphql-sse` in the mode of distinct connections, on a real server, byte by byte."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest

from tests.engine.events import BEAT, COMPLETE, Endpoint, next_of
from tests.engine.serving import PATIENCE_S, Away, World, running, until

EVENT_STREAM = {"accept": "text/event-stream"}


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


async def test_what_keeps_a_subscription_from_beginning_is_raised_before_anything_is_sent(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> None:
        raise Away

    monkeypatch.setattr(endpoint.hub, "subscribe", away)
    async with asked(endpoint, "subscription { waits }") as response:
        assert response.status_code == 503
    assert len(endpoint.raised) == 1
