"""Arbitrary messages on a WebSocket: they are answered, or they close it as the documents say."""

import asyncio
import json

from hypothesis import given
from hypothesis import strategies as st

from tests.engine.peer import Peer
from tests.engine.serving import PATIENCE_S, World, is_empty, make_sockets, until
from tests.engine.sockets import ACK, INIT

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
QUERIES = st.sampled_from(
    [
        "{ number }",
        "{ nothing }",
        "{",
        "",
        "mutation { poke }",
        "subscription { count(to: 2) }",
        "subscription { waits }",
    ]
)
IDS = st.sampled_from(["1", "2", "", "x" * 2_000]) | JSON
PAYLOADS = (
    st.fixed_dictionaries(
        {"query": QUERIES | JSON},
        optional={
            "variables": st.dictionaries(st.text(max_size=3), JSON, max_size=2) | JSON,
            "operationName": st.none() | JSON,
            "extensions": st.fixed_dictionaries({}, optional={"persistedQuery": JSON}) | JSON,
        },
    )
    | JSON
)
TYPES = st.sampled_from(
    ["connection_init", "connection_ack", "subscribe", "subscribe", "complete", "ping", "pong", "next", "error", "x"]
)
MESSAGES = (
    st.fixed_dictionaries({"type": TYPES | JSON}, optional={"id": IDS, "payload": PAYLOADS})
    | st.builds(lambda name, query: {"id": name, "type": "subscribe", "payload": {"query": query}}, IDS, QUERIES)
    | JSON
)
TEXTS = MESSAGES.map(json.dumps) | st.text(max_size=20)
CLOSES = {
    4400: "Invalid message: ",
    4401: "Unauthorized",
    4409: "Subscriber for ",
    4429: "Too many initialisation requests",
    1008: "Too many pings",
}


@given(st.booleans(), st.lists(TEXTS, max_size=8))
def test_arbitrary_messages_are_answered_or_close_as_documented(is_initialised: bool, texts: list[str]) -> None:
    async def play() -> None:
        sockets = make_sockets(World(), pings=5, pings_per_s=0)
        peer = Peer(sockets)
        if is_initialised:
            peer.tell(INIT)
            await until(lambda: peer.heard() == [ACK])
        peer.tell(*texts)
        await until(peer.inbox.empty)
        for _ in range(20):
            await asyncio.sleep(0)
        ended_by_us = peer.closed() is not None
        peer.leave()
        await asyncio.wait_for(peer.task, PATIENCE_S)
        assert {message["type"] for message in peer.heard()} <= {"connection_ack", "pong", "next", "error", "complete"}
        if ended_by_us:
            code, reason = peer.closed() or (0, "")
            assert reason.startswith(CLOSES[code])
            assert len(reason.encode()) <= 123
        for _ in range(20):
            await asyncio.sleep(0)
        assert is_empty(sockets)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(play())


@given(st.lists(st.tuples(st.sampled_from(["subscribe", "complete"]), st.sampled_from("ab"), QUERIES), max_size=12))
def test_every_operation_ends_with_complete_or_error_or_by_the_client(steps: list[tuple[str, str, str]]) -> None:
    """Per id: nothing after its end, and no two ends."""

    async def play() -> None:
        sockets = make_sockets(World())
        peer = Peer(sockets)
        peer.tell(INIT)
        await until(lambda: peer.heard() == [ACK])
        started: dict[str, int] = {}
        for kind, name, query in steps:
            if kind == "subscribe":
                started[name] = started.get(name, 0) + 1
            peer.tell({"id": name, "type": kind, "payload": {"query": query}})
            await until(lambda: peer.inbox.empty() or peer.task.done())
            for _ in range(3):
                await asyncio.sleep(0)
        peer.leave()
        await asyncio.wait_for(peer.task, PATIENCE_S)
        for name, count in started.items():
            own = [message["type"] for message in peer.heard() if message.get("id") == name]
            assert sum(kind in ("complete", "error") for kind in own) <= count
        for _ in range(20):
            await asyncio.sleep(0)
        assert is_empty(sockets)

    asyncio.run(play())
