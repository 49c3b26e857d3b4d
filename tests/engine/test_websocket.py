"""`graphql-transport-ws` on a real server, with a client that only knows WebSockets."""

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.engine.websocket import SocketEndpoint
from tests.engine.serving import PATIENCE_S, World, is_empty, make_sockets, running, until

PROTOCOL: Any = ["graphql-transport-ws"]
BAD_REQUEST = 4400


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def sockets(world: World) -> AsyncGenerator[SocketEndpoint, None]:
    """After each test nothing of any connection is left."""
    sockets = make_sockets(world)
    yield sockets
    await until(lambda: is_empty(sockets))
    await until(lambda: world.open_sources == 0)


@asynccontextmanager
async def raw(
    sockets: SocketEndpoint, subprotocols: Any = PROTOCOL, **options: Any
) -> AsyncGenerator[ClientConnection]:
    """A connection on which nothing was said yet."""
    async with (
        running(sockets) as address,
        connect(f"ws://{address}/graphql", subprotocols=subprotocols, compression=None, **options) as socket,
    ):
        yield socket


@asynccontextmanager
async def ready(sockets: SocketEndpoint, **payload: Any) -> AsyncGenerator[ClientConnection]:
    async with raw(sockets) as socket:
        await tell(socket, {"type": "connection_init", **({"payload": payload} if payload else {})})
        assert await hear(socket) == {"type": "connection_ack"}
        yield socket


async def tell(socket: ClientConnection, *messages: Any) -> None:
    for message in messages:
        await socket.send(message if isinstance(message, str | bytes) else json.dumps(message))


async def hear(socket: ClientConnection) -> Any:
    async with asyncio.timeout(PATIENCE_S):
        message = await socket.recv()
    assert isinstance(message, str)
    return json.loads(message)


async def the_end(socket: ClientConnection) -> tuple[int | None, str | None]:
    """Code and reason with which the server closed."""
    async with asyncio.timeout(PATIENCE_S):
        with suppress(ConnectionClosed):
            async for _message in socket:
                pass
        await socket.wait_closed()
    return socket.close_code, socket.close_reason


def subscribe(query: Any, id: str = "1", **payload: Any) -> dict[str, Any]:
    return {"id": id, "type": "subscribe", "payload": {"query": query, **payload}}


def next_of(data: Any, id: str = "1") -> dict[str, Any]:
    return {"id": id, "type": "next", "payload": {"data": data}}


INIT = {"type": "connection_init"}
ACK = {"type": "connection_ack"}
COMPLETE = {"id": "1", "type": "complete"}


async def test_a_subscription_from_its_first_to_its_last_event(sockets: SocketEndpoint) -> None:
    async with ready(sockets) as socket:
        assert socket.subprotocol == "graphql-transport-ws"
        await tell(socket, subscribe("subscription ($to: Int!) { count(to: $to) }", variables={"to": 3}))
        assert [await hear(socket) for _ in range(4)] == [*(next_of({"count": n}) for n in (1, 2, 3)), COMPLETE]
        await tell(socket, subscribe("subscription { count(to: 0) }"))  # the id is free again
        assert await hear(socket) == COMPLETE


async def test_queries_and_mutations_are_one_next_and_one_complete(sockets: SocketEndpoint) -> None:
    async with ready(sockets) as socket:
        await tell(socket, subscribe("{ number(of: 7) }"))
        assert [await hear(socket), await hear(socket)] == [next_of({"number": 7}), COMPLETE]
        await tell(socket, subscribe("mutation { poke }"))
        assert [await hear(socket), await hear(socket)] == [next_of({"poke": "poked"}), COMPLETE]
        await tell(socket, subscribe("query A { number } query B { who }", operationName="B"))
        assert [await hear(socket), await hear(socket)] == [next_of({"who": "nobody"}), COMPLETE]


async def test_an_id_is_sent_back_as_it_came(sockets: SocketEndpoint) -> None:
    async with ready(sockets) as socket:
        for name in ('"quoted" \\ and\nmore', "注文", "\u0000", "🛒", "x" * 1_024):
            await tell(socket, subscribe("{ number }", name))
            assert [(await hear(socket))["id"], (await hear(socket))["id"]] == [name, name]


async def test_errors_in_a_result_belong_to_the_result(sockets: SocketEndpoint) -> None:
    async with ready(sockets) as socket:
        await tell(socket, subscribe("{ breaks }"))
        answer = await hear(socket)
        assert (answer["type"], answer["payload"]["data"]) == ("next", {"breaks": None})
        assert answer["payload"]["errors"][0]["path"] == ["breaks"]
        assert await hear(socket) == COMPLETE


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "subscription { nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": ""}, "BAD_REQUEST"),
        ({"documentId": "0" * 64}, "PERSISTED_QUERY_NOT_FOUND"),
        ({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}, "PERSISTED_QUERY_NOT_FOUND"),
        ({"extensions": {"persistedQuery": {"version": 2}}}, "PERSISTED_QUERY_NOT_SUPPORTED"),
        ({"extensions": {"persistedQuery": None}}, "BAD_REQUEST"),
        ({"query": "{ number }", "extensions": {"persistedQuery": "x"}}, "BAD_REQUEST"),
        ({"query": "query A { number }", "operationName": "B"}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": "query A { number } query B { number }"}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": "query ($n: Int!) { number(of: $n) }"}, "BAD_USER_INPUT"),
        ({"query": "subscription ($n: Int!) { count(to: $n) }", "variables": {"n": "no"}}, "BAD_USER_INPUT"),
    ],
)
async def test_what_cannot_run_ends_its_own_operation_and_not_the_socket(
    sockets: SocketEndpoint, payload: dict[str, Any], code: str
) -> None:
    async with ready(sockets) as socket:
        await tell(socket, {"id": "a", "type": "subscribe", "payload": payload}, subscribe("{ number }"))
        refused = await hear(socket)
        assert (refused["id"], refused["type"]) == ("a", "error")
        assert [error["extensions"]["code"] for error in refused["payload"]] == [code]
        assert [await hear(socket), await hear(socket)] == [next_of({"number": 1}), COMPLETE]


async def test_a_source_that_breaks_ends_its_own_operation(sockets: SocketEndpoint) -> None:
    async with ready(sockets) as socket:
        await tell(socket, subscribe("subscription { breaks }"))
        assert await hear(socket) == next_of({"breaks": 1})
        broken = await hear(socket)
        assert (broken["type"], broken["payload"][0]["extensions"]["code"]) == ("error", "INTERNAL_SERVER_ERROR")
        await tell(socket, subscribe("{ number }"))
        assert await hear(socket) == next_of({"number": 1})


async def test_a_document_that_was_sent_once_is_known_by_its_hash(sockets: SocketEndpoint) -> None:
    query = "{ number(of: 3) }"
    known = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}
    async with ready(sockets) as socket:
        await tell(socket, subscribe(query, extensions=known))
        assert [await hear(socket), await hear(socket)] == [next_of({"number": 3}), COMPLETE]
        for payload in (
            {"extensions": known},
            {"query": None, "extensions": known},
            {"query": "", "extensions": known},
        ):
            await tell(socket, {"id": "1", "type": "subscribe", "payload": payload})
            assert [await hear(socket), await hear(socket)] == [next_of({"number": 3}), COMPLETE]


async def test_what_may_be_nested_is_sent_back(sockets: SocketEndpoint) -> None:
    async with raw(sockets) as socket:
        payload: Any = {}
        for _ in range(23):
            payload = {"a": payload}
        await tell(socket, {"type": "ping", "payload": payload})
        assert await hear(socket) == {"type": "pong", "payload": payload}
        await tell(socket, {"type": "ping", "payload": {"a": "[{" * 500}})
        assert (await hear(socket))["payload"] == {"a": "[{" * 500}


async def test_pings_are_answered_before_and_after_the_acknowledgement(sockets: SocketEndpoint) -> None:
    async with raw(sockets) as socket:
        await tell(socket, {"type": "ping"}, {"type": "ping", "payload": None})
        assert [await hear(socket), await hear(socket)] == [{"type": "pong"}] * 2
        await tell(socket, {"type": "pong"}, {"type": "pong", "payload": {"of": "nothing"}}, INIT)
        assert await hear(socket) == ACK
        await tell(socket, {"type": "ping", "payload": {"sent": 1, "再": [None]}})
        assert await hear(socket) == {"type": "pong", "payload": {"sent": 1, "再": [None]}}


async def test_operations_run_at_the_same_time_and_complete_apart(sockets: SocketEndpoint, world: World) -> None:
    async with ready(sockets) as socket:
        await tell(socket, subscribe("subscription { waits }", "a"), subscribe("subscription { waits }", "b"))
        assert sorted([(await hear(socket))["id"], (await hear(socket))["id"]]) == ["a", "b"]
        await tell(socket, {"id": "a", "type": "complete"}, {"id": "unknown", "type": "complete"})
        await until(lambda: world.open_sources == 1)
        world.gate.set()
        assert [await hear(socket), await hear(socket)] == [
            next_of({"waits": 1}, "b"),
            {"id": "b", "type": "complete"},
        ]


async def test_complete_during_a_query_breaks_it_off_without_an_answer(sockets: SocketEndpoint, world: World) -> None:
    async with ready(sockets) as socket:
        await tell(socket, subscribe("{ slow }"))
        await world.begun.wait()
        await tell(socket, COMPLETE)
        await world.ended.wait()
        await tell(socket, subscribe("{ number }"))
        assert await hear(socket) == next_of({"number": 1})
    assert world.finished == []


@pytest.mark.parametrize("leave", ["complete", "close"])
async def test_a_mutation_is_run_to_its_end_whoever_leaves(sockets: SocketEndpoint, world: World, leave: str) -> None:
    async with running(sockets) as address:
        async with connect(f"ws://{address}/", subprotocols=PROTOCOL) as socket:
            await tell(socket, INIT)
            await hear(socket)
            await tell(socket, subscribe("mutation { slow }"))
            await world.begun.wait()
            if leave == "complete":
                await tell(socket, COMPLETE, {"type": "ping"})
                assert await hear(socket) == {"type": "pong"}
        assert not world.ended.is_set()
        world.gate.set()
        await until(lambda: world.finished == ["mutation"])


async def test_a_socket_that_is_cut_leaves_nothing_and_logs_nothing(
    sockets: SocketEndpoint, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        async with running(sockets) as address:
            before = asyncio.all_tasks()
            socket = await connect(f"ws://{address}/", subprotocols=PROTOCOL)
            await tell(socket, INIT)
            await hear(socket)
            await tell(socket, subscribe("subscription { waits }"), subscribe("{ slow }", "2"))
            await hear(socket)
            await world.begun.wait()
            assert (sockets.counts.sockets, sockets.counts.operations, sockets.hub.metrics.members) == (1, 2, 1)
            socket.transport.abort()
            await until(lambda: is_empty(sockets))
            await socket.wait_closed()
            await until(lambda: asyncio.all_tasks() <= before)
    assert world.finished == []
    assert caplog.records == []


# ── what is not the protocol ────────────────────────────────────────────────────────────────────────────────────────

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
                assert (message, *await the_end(socket)) == (message, BAD_REQUEST, f"Invalid message: {said}")


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


# ── limits ──────────────────────────────────────────────────────────────────────────────────────────────────────────


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
