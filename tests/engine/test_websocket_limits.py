"""What one socket may do, and who may open one."""

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.engine.serving import World, make_sockets, running, until
from tests.engine.sockets import ACK, INIT, PROTOCOL, hear, next_of, raw, ready, subscribe, tell, the_end


async def test_no_initialisation_in_time_closes_with_4408(world: World) -> None:
    sockets = make_sockets(world, init_timeout_s=0.01)
    async with raw(sockets) as socket:
        assert await the_end(socket) == (4408, "Connection initialisation timeout")
    async with raw(sockets) as socket:
        await tell(socket, {"type": "ping"})
        assert await the_end(socket) == (4408, "Connection initialisation timeout")


async def test_one_operation_too_many_is_refused_by_itself(world: World) -> None:
    sockets = make_sockets(world, operations=2)
    async with ready(sockets) as socket:
        await tell(socket, *(subscribe("subscription { waits }", name) for name in "ab"))
        await hear(socket)
        await hear(socket)
        await tell(socket, subscribe("{ number }", "c"))
        refused = await hear(socket)
        assert (refused["id"], refused["type"]) == ("c", "error")
        assert refused["payload"][0]["extensions"] == {"code": "TOO_MANY_OPERATIONS", "most": 2}
        await tell(socket, {"id": "a", "type": "complete"})
        await until(lambda: world.open_sources == 1)
        await tell(socket, subscribe("{ number }", "c"))
        assert await hear(socket) == next_of({"number": 1}, "c")


async def test_mutations_that_were_left_still_count(world: World) -> None:
    sockets = make_sockets(world, operations=2)
    async with ready(sockets) as socket:
        for name in "ab":
            await tell(socket, subscribe("mutation { slow }", name))
            await world.begun.wait()
            world.begun.clear()
            await tell(socket, {"id": name, "type": "complete"})
        await tell(socket, subscribe("{ number }", "c"))
        assert (await hear(socket))["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"
        world.gate.set()


async def test_a_message_that_is_too_large_closes_with_1009(world: World) -> None:
    own = make_sockets(world, message_bytes=100)
    async with raw(own) as socket:
        await tell(socket, {"type": "ping", "payload": {"long": "x" * 100}})
        assert await the_end(socket) == (1009, "A message may have 100 bytes")
    async with (
        running(make_sockets(world), ws_max_size=100) as address,
        connect(f"ws://{address}/", subprotocols=PROTOCOL) as socket,
    ):
        await tell(socket, {"type": "ping", "payload": {"long": "x" * 100}})
        assert (await the_end(socket))[0] == 1009


async def test_a_message_with_too_many_values_closes_with_1009(world: World) -> None:
    sockets = make_sockets(world)
    said = "OPERATION_TOO_LARGE: a message may have 50000 values"
    async with ready(sockets) as socket:
        await tell(socket, subscribe("{ number }", "a", variables={"list": [1] * 49_990}))
        assert await hear(socket) == next_of({"number": 1}, "a")
        assert (await hear(socket))["type"] == "complete"
        await tell(socket, subscribe("{ number }" + "," * 49_000, "b", variables={"text": ",[{" * 100_000}))
        assert await hear(socket) == next_of({"number": 1}, "b")
        assert (await hear(socket))["type"] == "complete"
        await tell(socket, subscribe("{ number }", "c", variables={"list": [1] * 50_001}))
        assert await the_end(socket) == (1009, said)


async def test_before_its_initialisation_a_socket_takes_little(world: World) -> None:
    sockets = make_sockets(world, init_bytes=100)
    async with raw(sockets) as socket:
        await tell(socket, {"type": "connection_init", "payload": {"long": "x" * 100}})
        assert await the_end(socket) == (1009, "A message may have 100 bytes")
    async with ready(sockets) as socket:
        await tell(socket, subscribe("{ number }" + " " * 100, "a"))
        assert await hear(socket) == next_of({"number": 1}, "a")


async def test_documents_that_come_at_once_are_read_one_per_turn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sockets = make_sockets(world)
    turns: list[int] = []
    prepare, now, is_over = sockets.host.engine.prepare, 0, False

    def count() -> None:
        nonlocal now
        now += 1
        if not is_over:
            loop.call_soon(count)

    def prepare_and_note(request: Any, **options: Any) -> Any:
        turns.append(now)
        return prepare(request, **options)

    monkeypatch.setattr(sockets.host.engine, "prepare", prepare_and_note)
    async with ready(sockets) as socket:
        loop = asyncio.get_running_loop()
        loop.call_soon(count)
        await tell(socket, *(subscribe("subscription { waits }" if n % 2 else "{ nothing }", str(n)) for n in range(9)))
        await until(lambda: len(turns) == 9)
        is_over = True
    assert len(set(turns)) == 9


async def test_too_many_pings_close_with_1008(world: World) -> None:
    sockets = make_sockets(world, pings=3, pings_per_s=0)
    async with raw(sockets) as socket:
        await tell(socket, {"type": "ping"}, {"type": "pong"}, {"type": "ping"}, INIT)
        assert [await hear(socket) for _ in range(3)] == [{"type": "pong"}, {"type": "pong"}, ACK]
        await tell(socket, {"type": "ping"})
        assert await the_end(socket) == (1008, "Too many pings")


@pytest.mark.parametrize(
    ("allowed", "origin", "is_let_in"),
    [
        (["*"], "https://foreign.test", True),
        (["https://own.test"], None, True),
        (["https://own.test"], "https://own.test", True),
        (["https://own.test"], "https://foreign.test", False),
        (["https://own.test"], "http://own.test", False),
        (["https://own.test"], "null", False),
    ],
)
async def test_origins(world: World, allowed: list[str], origin: Any, is_let_in: bool) -> None:
    sockets = make_sockets(world, allowed_origins=allowed)
    if is_let_in:
        async with raw(sockets, origin=origin) as socket:
            await tell(socket, INIT)
            assert await hear(socket) == ACK
    else:
        with pytest.raises(InvalidStatus) as refused:
            async with raw(sockets, origin=origin):
                pass
        assert refused.value.response.status_code == 403


async def test_the_page_of_the_server_itself_is_let_in(world: World) -> None:
    sockets = make_sockets(world, allowed_origins=["https://own.test"])
    async with (
        running(sockets) as address,
        connect(f"ws://{address}/", subprotocols=PROTOCOL, origin=f"http://{address}") as socket,  # type: ignore[arg-type]
    ):
        await tell(socket, INIT)
        assert await hear(socket) == ACK
