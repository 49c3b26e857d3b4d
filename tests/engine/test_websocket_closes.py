"""Why a socket is closed: each code and its reason, on a real server."""

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import connect

from app.engine.websocket import SocketEndpoint
from tests.engine.serving import World, running
from tests.engine.sockets import ACK, COMPLETE, INIT, PROTOCOL, hear, next_of, raw, ready, subscribe, tell, the_end

PAYLOAD = {"query": "{ number }"}
INVALID: list[tuple[Any, str]] = [
    ("no json", "it is not JSON"),
    ("", "it is not JSON"),
    ("NaN", "it is not JSON"),
    (r'{"type": "connection_init", "payload": {"half a pair": "\ud800"}}', "it is not JSON"),
    ("[" * 5_000, "it is not JSON"),
    ('{"type": "ping", "payload": {"n": ' + "9" * 5_000 + "}}", "it is not JSON"),
    ('{"type": "ping", "payload": {"a": ' + "[" * 24 + "]" * 24 + "}}", "it is nested too deeply"),
    ('{"type": "ping", "payload": ' + '{"a": ' * 200 + "1" + "}" * 201, "it is nested too deeply"),
    (b'{"type": "connection_init"}', "it is binary"),
    ("[]", "it is not an object"),
    ('[{"type": "connection_init"}]', "it is not an object"),
    ("1", "it is not an object"),
    ("null", "it is not an object"),
    ("true", "it is not an object"),
    ('"connection_init"', "it is not an object"),
    ({}, "`type` is unknown"),
    ({"type": None}, "`type` is unknown"),
    ({"type": 1}, "`type` is unknown"),
    ({"type": ["ping"]}, "`type` is unknown"),
    ({"type": {}}, "`type` is unknown"),
    ({"type": "unknown"}, "`type` is unknown"),
    ({"type": "PING"}, "`type` is unknown"),
    ({"type": "start", "id": "1", "payload": PAYLOAD}, "`type` is unknown"),
    ({"type": "connection_ack"}, "`type` is unknown"),
    ({"type": "next", "id": "1", "payload": {}}, "`type` is unknown"),
    ({"type": "error", "id": "1", "payload": []}, "`type` is unknown"),
    *(
        ({"type": kind, "payload": payload}, "`payload` must be an object")
        for kind in ("connection_init", "ping", "pong")
        for payload in ([], "text", 0, False)
    ),
    *(
        ({"type": kind, "payload": PAYLOAD, **member}, "`id` must be a string that is not empty")
        for kind in ("subscribe", "complete")
        for member in ({}, {"id": None}, {"id": ""}, {"id": 1}, {"id": ["1"]}, {"id": {}})
    ),
    ({"type": "subscribe", "id": "x" * 1_025, "payload": PAYLOAD}, "`id` is longer than 1024 characters"),
    *(
        ({"type": "subscribe", "id": "1", **payload}, "`payload` must be an object")
        for payload in ({}, {"payload": None}, {"payload": []}, {"payload": "{ number }"}, {"payload": 1})
    ),
    *(
        ({"type": "subscribe", "id": "1", "payload": payload}, "`payload.query` must be a string")
        for payload in ({}, {"query": None}, {"query": 1}, {"query": ["{ number }"]}, {"query": {}})
    ),
    *(
        ({"type": "subscribe", "id": "1", "payload": {**PAYLOAD, "variables": value}}, said)
        for value in ([], "{}", 1, True)
        for said in ["`payload.variables` must be an object"]
    ),
    *(
        ({"type": "subscribe", "id": "1", "payload": {**PAYLOAD, "operationName": value}}, said)
        for value in ([], {}, 1, True)
        for said in ["`payload.operationName` must be a string"]
    ),
    *(
        ({"type": "subscribe", "id": "1", "payload": {**PAYLOAD, "extensions": value}}, said)
        for value in ([], "{}", 1, True)
        for said in ["`payload.extensions` must be an object"]
    ),
]


@pytest.mark.parametrize("is_acknowledged", [False, True])
async def test_what_is_not_a_message_of_the_protocol_closes_with_4400(
    sockets: SocketEndpoint, is_acknowledged: bool
) -> None:
    async with running(sockets) as address:
        for message, said in INVALID:
            async with connect(f"ws://{address}/", subprotocols=PROTOCOL) as socket:
                if is_acknowledged:
                    await tell(socket, INIT)
                    assert await hear(socket) == ACK
                await tell(socket, message)
                assert (message, *await the_end(socket)) == (message, 4400, f"Invalid message: {said}")


async def test_members_that_are_null_are_as_good_as_missing(sockets: SocketEndpoint) -> None:
    async with raw(sockets) as socket:
        await tell(socket, {"type": "connection_init", "payload": None, "id": None, "more": 1})
        assert await hear(socket) == ACK
        await tell(socket, subscribe("{ number }", variables=None, operationName=None, extensions=None, more=1))
        assert await hear(socket) == next_of({"number": 1})


async def test_text_that_is_no_utf_8_is_refused_by_the_server_below(sockets: SocketEndpoint) -> None:
    async with raw(sockets) as socket:
        await socket.send(b"\xff\xfe", text=True)
        assert (await the_end(socket))[0] == 1007


@pytest.mark.parametrize("messages", [[], [{"type": "ping"}]])
async def test_subscribing_before_the_acknowledgement_closes_with_4401(
    sockets: SocketEndpoint, messages: list[Any]
) -> None:
    async with raw(sockets) as socket:
        await tell(socket, *messages, subscribe("{ number }"))
        assert await the_end(socket) == (4401, "Unauthorized")


async def test_subscribing_while_the_key_is_looked_up_closes_with_4401(sockets: SocketEndpoint, world: World) -> None:
    world.identify_gate = asyncio.Event()
    async with raw(sockets) as socket:
        await tell(socket, INIT, subscribe("{ number }"))
        assert await the_end(socket) == (4401, "Unauthorized")


async def test_a_second_initialisation_closes_with_4429(sockets: SocketEndpoint, world: World) -> None:
    async with ready(sockets) as socket:
        await tell(socket, INIT)
        assert await the_end(socket) == (4429, "Too many initialisation requests")
    world.identify_gate = asyncio.Event()
    async with raw(sockets) as socket:
        await tell(socket, INIT, INIT)
        assert await the_end(socket) == (4429, "Too many initialisation requests")


@pytest.mark.parametrize(
    ("id", "reason"),
    [
        ("1", "Subscriber for 1 already exists"),
        ("注文", "Subscriber for 注文 already exists"),
        ("x" * 100, "Subscriber for this id already exists"),
        ("注" * 40, "Subscriber for this id already exists"),
    ],
)
async def test_an_id_that_is_in_use_closes_with_4409(sockets: SocketEndpoint, id: str, reason: str) -> None:
    async with ready(sockets) as socket:
        await tell(socket, subscribe("subscription { waits }", id))
        await hear(socket)
        await tell(socket, subscribe("{ number }", id))
        assert await the_end(socket) == (4409, reason)


@pytest.mark.parametrize("subprotocols", [None, ["graphql-ws"], ["soap", "mqtt"]])
async def test_another_subprotocol_closes_with_4406(sockets: SocketEndpoint, subprotocols: Any) -> None:
    async with raw(sockets, subprotocols) as socket:
        assert socket.subprotocol is None
        assert await the_end(socket) == (4406, "Subprotocol not acceptable")


async def test_our_subprotocol_is_chosen_among_others(sockets: SocketEndpoint) -> None:
    async with raw(sockets, ["graphql-ws", "graphql-transport-ws"]) as socket:
        assert socket.subprotocol == "graphql-transport-ws"


@pytest.mark.parametrize(
    ("key", "end"),
    [
        ("bad", (4403, "Forbidden")),
        ("away", (1013, "Try again later")),
        ("broken", (4500, "Internal server error")),
    ],
)
async def test_keys_are_looked_at_before_the_acknowledgement(
    sockets: SocketEndpoint, key: str, end: tuple[int, str]
) -> None:
    async with raw(sockets) as socket:
        await tell(socket, {"type": "connection_init", "payload": {"X-Api-Key": key}})
        assert await the_end(socket) == end


@pytest.mark.parametrize("key", ["good", "away", "broken"])
async def test_keys_are_looked_at_again_before_each_operation(sockets: SocketEndpoint, world: World, key: str) -> None:
    async with ready(sockets, **{"X-Api-Key": "good"}) as socket:
        await tell(socket, subscribe("{ who }"))
        assert await hear(socket) == next_of({"who": "good"})
        assert await hear(socket) == COMPLETE
        world.bad_keys.add("good")
        await tell(socket, subscribe("{ who }"))
        assert await the_end(socket) == (4403, "Forbidden")


async def test_headers_of_the_handshake_and_of_the_initialisation_come_together(
    sockets: SocketEndpoint, world: World
) -> None:
    headers = {"Accept-Language": "en", "X-Api-Key": "first"}
    async with raw(sockets, additional_headers=headers) as socket:
        await tell(socket, {"type": "connection_init", "payload": {"X-Api-Key": "second"}})
        assert await hear(socket) == ACK
    found = world.headers[-1]
    assert (found["accept-language"], found["x-api-key"]) == ("en", "second")
