"""Keys that are revoked or changed while their subscriptions run."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.engine.rechecks import Rechecks
from tests.engine.events import BEAT, COMPLETE, Endpoint, next_of
from tests.engine.serving import World, is_empty, make_sockets, until
from tests.engine.sockets import hear, ready, subscribe, tell, the_end
from tests.engine.test_sse import asked

SOON_S = 0.001
WAITS = "subscription { waits }"


async def rounds(world: World, count: int = 3) -> None:
    """Wait until everybody was asked again."""
    before = len(world.headers)
    await until(lambda: len(world.headers) >= before + count)


async def test_a_revoked_key_closes_its_socket(world: World) -> None:
    sockets = make_sockets(world, recheck_s=SOON_S)
    async with ready(sockets, **{"x-api-key": "till"}) as socket:
        await tell(socket, subscribe(WAITS))
        await hear(socket)
        await rounds(world)
        world.bad_keys.add("till")
        assert await the_end(socket) == (4403, "Forbidden")
    await until(lambda: is_empty(sockets))
    assert world.open_sources == 0


async def test_a_changed_key_sends_its_socket_away_for_now(world: World) -> None:
    sockets = make_sockets(world, recheck_s=SOON_S)
    async with ready(sockets, **{"x-api-key": "till"}) as socket:
        await tell(socket, subscribe(WAITS))
        await hear(socket)
        world.aliases["till"] = "till with other scopes"
        assert await the_end(socket) == (1013, "The key was changed")
    await until(lambda: is_empty(sockets))


async def test_queries_of_a_changed_key_are_run_to_their_end(world: World) -> None:
    sockets = make_sockets(world, recheck_s=SOON_S)
    async with ready(sockets, **{"x-api-key": "till"}) as socket:
        await tell(socket, subscribe("mutation { slow }"))
        await world.begun.wait()
        world.aliases["till"] = "till with other scopes"
        await rounds(world)
        world.gate.set()
        assert (await hear(socket))["payload"] == {"data": {"slow": "mutation"}}


@pytest.mark.parametrize("trouble", ["away", "broken"])
async def test_who_cannot_be_asked_goes_on(world: World, trouble: str) -> None:
    sockets = make_sockets(world, recheck_s=SOON_S)
    async with ready(sockets, **{"x-api-key": "till"}) as socket:
        await tell(socket, subscribe(WAITS))
        await hear(socket)
        world.aliases["till"] = trouble
        await rounds(world)
        world.gate.set()
        assert (await hear(socket))["payload"] == {"data": {"waits": 1}}


async def test_idle_sockets_are_not_asked(world: World) -> None:
    sockets = make_sockets(world, recheck_s=SOON_S)
    async with ready(sockets, **{"x-api-key": "idle"}), ready(sockets, **{"x-api-key": "busy"}) as busy:
        await tell(busy, subscribe(WAITS))
        await hear(busy)
        world.headers.clear()
        await rounds(world)
        assert {headers["x-api-key"] for headers in world.headers} == {"busy"}


@asynccontextmanager
async def listening(world: World) -> AsyncGenerator[tuple[Endpoint, Any], None]:
    endpoint = Endpoint(world, rechecks=Rechecks(every_s=SOON_S))
    async with asked(endpoint, WAITS) as response:
        stream, head = response.aiter_raw(), b""
        while head != BEAT + next_of({"data": {"waits": 0}}):
            head += await anext(stream)
        yield endpoint, stream
    await until(endpoint.is_empty)
    await until(lambda: world.open_sources == 0)


async def test_a_stream_of_a_revoked_key_ends_with_an_error(world: World) -> None:
    async with listening(world) as (_, stream):
        await rounds(world)
        world.bad_keys.add("nobody")
        error = {"message": "No such key.", "extensions": {"code": "UNAUTHENTICATED"}}
        assert b"".join([chunk async for chunk in stream]) == next_of({"errors": [error]}) + COMPLETE


async def test_a_stream_of_a_changed_key_ends_without_complete(world: World) -> None:
    async with listening(world) as (_, stream):
        world.aliases["nobody"] = "somebody"
        assert b"".join([chunk async for chunk in stream]) == b""


@pytest.mark.parametrize("trouble", ["away", "broken"])
async def test_a_stream_that_cannot_be_asked_about_goes_on(world: World, trouble: str) -> None:
    async with listening(world) as (_, stream):
        world.aliases["nobody"] = trouble
        await rounds(world)
        world.gate.set()
        assert b"".join([chunk async for chunk in stream]) == next_of({"data": {"waits": 1}}) + COMPLETE


class Asked:
    """A listener that counts."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.count = 0
        self.trouble = trouble

    async def recheck(self) -> None:
        self.count += 1
        if self.trouble:
            raise self.trouble


async def test_nobody_is_asked_and_no_task_is_left_when_all_have_gone() -> None:
    before = asyncio.all_tasks()
    rechecks, one = Rechecks(every_s=0), Asked()
    for _ in range(3):
        rechecks.add(one)
        assert not rechecks.is_idle
        asked = one.count
        await until(lambda asked=asked: one.count > asked)
        rechecks.remove(one)
        rechecks.remove(one)
        assert (rechecks.is_idle, rechecks.listeners) == (True, set())
    await until(lambda: asyncio.all_tasks() == before)


async def test_a_few_failures_hide_nobody_and_many_end_the_round(caplog: pytest.LogCaptureFixture) -> None:
    rechecks = Rechecks(every_s=0)
    good, bad = Asked(), [Asked(RuntimeError("away")) for _ in range(9)]
    for one in (*bad, good):
        rechecks.add(one)
    await until(lambda: good.count >= 3)
    assert caplog.records == []
    rechecks.remove(good)
    rechecks.add(Asked(RuntimeError("away")))
    rechecks.add(Asked(RuntimeError("away")))
    await until(lambda: len(caplog.records) >= 2)
    for one in list(rechecks.listeners):
        rechecks.remove(one)
    assert caplog.messages[0] == "Those who listen cannot be asked for their keys now: RuntimeError('away')"


async def test_others_have_their_turn_in_a_long_round() -> None:
    rechecks, many = Rechecks(every_s=0), [Asked() for _ in range(1_000)]
    for one in many:
        rechecks.add(one)
    seen: set[int] = set()

    def look() -> bool:
        seen.add(sum(one.count for one in many))
        return max(seen) >= 1_000

    while not look():  # noqa: ASYNC110  # turns of the event loop are what is counted
        await asyncio.sleep(0)
    for one in many:
        rechecks.remove(one)
    assert [count for count in sorted(seen) if 0 < count < 1_000] == [100 * n - 1 for n in range(1, 11)]
