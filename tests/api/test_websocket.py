"""Subscriptions over graphql-transport-ws on a real server."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from app.kit.db import Database
from app.partners.actions.revoke_api_key import revoke_api_key
from tests.api.small import make_key, running_server
from tests.conftest import NOW
from tests.kit.feed_tools import PATIENCE_S, Happened, say, until

PROTOCOL: Any = ["graphql-transport-ws"]


def raw(address: str, **options: Any) -> connect:
    """A connection on which nothing was said yet."""
    return connect(f"ws://{address}/graphql", subprotocols=PROTOCOL, **options)


@asynccontextmanager
async def connected(
    address: str, payload: dict[str, Any] | None = None, **options: Any
) -> AsyncGenerator[ClientConnection, None]:
    async with raw(address, **options) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": payload or {}}))
        assert await receive(socket) == {"type": "connection_ack"}
        yield socket


async def receive(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_S):
        message = await socket.recv()
    assert isinstance(message, str)
    return json.loads(message)


async def send(socket: ClientConnection, query: str, id: str = "1", **payload: Any) -> None:
    await socket.send(json.dumps({"id": id, "type": "subscribe", "payload": {"query": query, **payload}}))


async def closing_code(socket: ClientConnection) -> int:
    async with asyncio.timeout(PATIENCE_S):
        with suppress(ConnectionClosedError):
            async for _message in socket:
                pass
        await socket.wait_closed()
    assert socket.close_code is not None
    return socket.close_code


async def test_a_subscription_from_its_first_to_its_last_event(db: Database) -> None:
    async with running_server(db) as (address, _), connected(address) as socket:
        await send(socket, "subscription ($to: Int!) { count(to: $to) }", variables={"to": 2})
        assert await receive(socket) == {"id": "1", "type": "next", "payload": {"data": {"count": 1}}}
        assert await receive(socket) == {"id": "1", "type": "next", "payload": {"data": {"count": 2}}}
        assert await receive(socket) == {"id": "1", "type": "complete"}


async def test_facts_reach_the_subscriber_in_order_and_leave_nothing_behind(db: Database) -> None:
    async with running_server(db) as (address, feed), connected(address) as socket:
        await send(socket, 'subscription { happened(name: "a") }')
        assert (await receive(socket))["payload"]["data"] == {"happened": 0}
        for number in range(1, 6):
            await say(db, Happened("b", number), Happened("a", number))
            assert (await receive(socket))["payload"]["data"] == {"happened": number}
        assert feed.subscriber_count == 1
        await socket.send(json.dumps({"id": "1", "type": "complete"}))
        await until(lambda: asyncio.sleep(0, feed.subscriber_count == 0))
        await send(socket, 'subscription { happened(name: "a") }', id="2")
        assert (await receive(socket))["payload"]["data"] == {"happened": 0}
        await socket.close()
        await until(lambda: asyncio.sleep(0, feed.subscriber_count == 0))


async def test_queries_and_mutations_run_over_the_socket(db: Database) -> None:
    async with running_server(db) as (address, _), connected(address) as socket:
        await send(socket, "mutation { poke }")
        assert (await receive(socket))["payload"] == {"data": {"poke": "poked"}}


async def test_errors_over_the_socket_are_masked(db: Database) -> None:
    async with running_server(db) as (address, _), connected(address) as socket:
        await send(socket, "subscription { breaks }")
        assert (await receive(socket))["payload"] == {"data": {"breaks": 1}}
        broken = await receive(socket)
        assert (broken["type"], broken["payload"][0]["extensions"]["code"]) == ("error", "INTERNAL_SERVER_ERROR")
        assert "secret" not in json.dumps(broken)
        await send(socket, "subscription { nothing }", id="2")
        refused = await receive(socket)
        assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize("name", ["Authorization", "authorization", "apiKey", "X-Api-Key"])
@pytest.mark.parametrize("is_nested", [False, True])
async def test_the_key_may_come_with_connection_init(db: Database, name: str, is_nested: bool) -> None:
    token = await make_key(db)
    payload: dict[str, Any] = {name: f"Bearer {token}" if name.lower() == "authorization" else token}
    init = {"headers": payload} if is_nested else payload
    async with running_server(db) as (address, _), connected(address, init) as socket:
        await send(socket, "subscription { whose }")
        assert (await receive(socket))["payload"]["data"] == {"whose": "key:till"}


async def test_the_key_may_come_as_a_header_of_the_handshake(db: Database) -> None:
    token = await make_key(db)
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    async with running_server(db) as (address, _), connected(address, additional_headers=headers) as socket:
        await send(socket, "{ who where }")
        assert (await receive(socket))["payload"]["data"] == {"who": "key:till", "where": ["en", "web"]}


async def test_a_bad_key_is_refused_at_once(db: Database) -> None:
    async with running_server(db) as (address, _), raw(address) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"apiKey": "hk_unknown_key_1"}}))
        assert await closing_code(socket) == 4403


async def test_a_key_that_is_revoked_starts_nothing_more(db: Database) -> None:
    token = await make_key(db)
    async with running_server(db) as (address, _), connected(address, {"apiKey": token}) as socket:
        await send(socket, "{ who }")
        assert (await receive(socket))["payload"]["data"] == {"who": "key:till"}
        assert (await receive(socket))["type"] == "complete"
        async with db.write() as tx:
            key_id = await tx.connection.fetchval("SELECT id FROM api_keys")
            await revoke_api_key(tx, key_id, now=NOW)
        await send(socket, "{ who }", id="2")
        assert await closing_code(socket) == 4403


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("revoked_at = created_at", 4403),
        ("expires_at = created_at", 4403),
        ("scopes = '{stock:read}'", 1013),
        ("location_ids = '{1}'", 1013),
    ],
)
async def test_a_subscription_ends_with_its_key(db: Database, change: str, code: int) -> None:
    token = await make_key(db)
    async with running_server(db, recheck_s=0.001) as (address, _), connected(address, {"apiKey": token}) as socket:
        await send(socket, 'subscription { happened(name: "a") }')
        assert (await receive(socket))["payload"]["data"] == {"happened": 0}
        async with db.write() as tx:
            await tx.connection.execute(f"UPDATE api_keys SET {change}")
        assert await closing_code(socket) == code


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("no json", 4400),
        (r'{"type": "connection_init", "payload": {"half a pair": "\ud800"}}', 4400),
        ('{"type": "unknown"}', 4400),
        ('{"type": "subscribe", "id": "1", "payload": {"query": "{ one }"}}', 4401),
    ],
)
async def test_what_is_not_the_protocol_closes_the_connection(db: Database, message: str, code: int) -> None:
    async with running_server(db) as (address, _), raw(address) as socket:
        await socket.send(message)
        assert await closing_code(socket) == code


async def test_pages_of_other_origins_are_refused_when_origins_are_named(db: Database) -> None:
    async with running_server(db, allowed_origins=["https://own.test"]) as (address, _):
        with pytest.raises(InvalidStatus):
            async with connected(address, origin="https://foreign.test"):
                pass
        async with connected(address, origin="https://own.test"):
            pass
