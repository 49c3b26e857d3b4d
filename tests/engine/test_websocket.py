"""`graphql-transport-ws` on a real server: what is said while all goes well, and operations that fail."""

import asyncio
import hashlib
import logging
from typing import Any

import pytest
from websockets.asyncio.client import connect

from app.engine.websocket import SocketEndpoint
from tests.engine.serving import World, is_empty, running, until
from tests.engine.sockets import ACK, COMPLETE, INIT, PROTOCOL, hear, next_of, raw, ready, subscribe, tell


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


async def test_the_cost_is_told_to_who_asks(sockets: SocketEndpoint) -> None:
    told = {"cost": {"requested": 2, "maximum": 100_000}}
    async with ready(sockets) as socket:
        await tell(socket, subscribe("{ number who }", extensions={"cost": True}))
        answer = {"data": {"number": 1, "who": "nobody"}, "extensions": told}
        assert await hear(socket) == {"id": "1", "type": "next", "payload": answer}
        assert await hear(socket) == COMPLETE
        # Answers to a subscription are shared with those who do not ask.
        await tell(socket, subscribe("subscription { count(to: 1) }", extensions={"cost": True}))
        assert [await hear(socket), await hear(socket)] == [next_of({"count": 1}), COMPLETE]


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
