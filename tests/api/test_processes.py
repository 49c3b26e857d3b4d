"""Processes of the command line: they start, answer, and end on a signal."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from app.kit.clock import utc_now
from app.kit.db import Database
from tests.api.small import make_key
from tests.conftest import ROOT
from tests.inventory.builders import stocked
from tests.kit.feed_tools import PATIENCE_S

SECRET = "a secret for tests, long enough to be one"


@pytest.fixture
def started(dsn: str, tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], list[str]]]]:
    """Starts a process and reads its output until it says that it is ready."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **environment: str) -> tuple[subprocess.Popen[str], list[str]]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HIKIATE_")}
        given = {"DATABASE_URL": dsn, "HIKIATE_SECRET_KEY": SECRET, "HIKIATE_PORT": "0", "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            [sys.executable, "-m", "app", *arguments],
            cwd=tmp_path,
            env={**kept, **given, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        processes.append(process)
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or "ready" not in lines[-1]:
            line = process.stdout.readline()
            assert line, lines
            lines.append(line.rstrip())
        return process, lines

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> int:
    """Its exit code after a signal."""
    process.send_signal(number)
    output, _ = process.communicate(timeout=PATIENCE_S)
    assert output == ""
    return process.returncode


def test_serve_answers_and_ends_on_a_signal(started: Callable[..., Any]) -> None:
    process, lines = started("serve", "--worker")
    address = lines[-1].removeprefix("Hikiate is ready: ")
    assert httpx.get(f"{address}readyz").json() == {"status": "ready"}
    answer = httpx.post(f"{address}graphql", json={"query": "{ __typename }"})
    assert answer.json() == {"data": {"__typename": "Query"}}
    # A connection that stays open must not hold the process up.
    with httpx.Client() as client:
        client.get(f"{address}healthz")
        assert ended(process) == 0


DOCUMENTS = {
    "channels": "{ channels { code } }",
    "stock": "subscription ($sku: String!) { stockChanged(skus: [$sku]) { available } }",
}


async def test_serve_does_as_its_settings_say(started: Callable[..., Any], dsn: str, tmp_path: Path) -> None:
    db = await Database.open(dsn, read_connections=1, write_connections=1)
    variant_id, _ = await stocked(db, 5)
    token = await make_key(db, scopes=("stock:read",), now=utc_now())
    async with db.read() as tx:
        sku = await tx.connection.fetchval("SELECT sku FROM variants WHERE id = $1", variant_id)
    await db.close()
    documents = tmp_path / "documents.json"
    documents.write_text(json.dumps(DOCUMENTS))
    process, lines = started(
        "serve",
        HIKIATE_TRUSTED_DOCUMENTS=str(documents),
        HIKIATE_ONLY_TRUSTED_DOCUMENTS="1",
        HIKIATE_MAX_BODY_BYTES="2000",
        HIKIATE_SOCKET_INIT_TIMEOUT_S="0.2",
        HIKIATE_EVENT_HEARTBEAT_S="0.02",
        HIKIATE_CORS_ORIGINS="https://shop.test",
        HIKIATE_METRICS_TOKEN="0123456789abcdef",
        HIKIATE_PRODUCTION="1",
    )
    address = lines[-1].removeprefix("Hikiate is ready: ").rstrip("/")
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE_S) as client:
        assert (await client.get("/")).headers["content-type"] == "application/json"
        assert (await client.get("/metrics", headers={"Authorization": "Bearer 0123456789abcdef"})).status_code == 200
        known = await client.post("/graphql", json={"documentId": "channels"})
        assert known.json() == {"data": {"channels": []}}
        other = await client.post("/graphql", json={"query": "{ __typename }"})
        assert other.json()["errors"][0]["extensions"]["code"] == "QUERY_NOT_IN_SAFELIST"
        large = await client.post("/graphql", json={"documentId": "channels", "more": "x" * 2_000})
        assert large.status_code == 413
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}"}
        asked = {"documentId": "stock", "variables": {"sku": sku}}
        async with client.stream("POST", "/graphql", json=asked, headers=headers) as response:
            heard = ""
            async for text in response.aiter_text():
                heard += text
                if heard.count(":\n\n") > 3 and "event" in heard:
                    break
        # How many beats come before the first event is up to the machine.
        assert heard.replace(":\n\n", "") == 'event: next\ndata: {"data":{"stockChanged":{"available":5}}}\n\n'
    assert _closing(address, "") == 4408
    assert _closing(address, "x" * 2_001) == 1009
    with pytest.raises(InvalidStatus):
        _closing(address, "", origin="https://foreign.test")
    assert ended(process) == 0


def _closing(address: str, text: str, **options: Any) -> int | None:
    """The code with which a socket that says this is closed."""
    protocol: Any = ["graphql-transport-ws"]
    at = f"{address.replace('http', 'ws', 1)}/graphql"
    with connect(at, subprotocols=protocol, **options) as client:
        if text:
            client.send(text)
        with pytest.raises(ConnectionClosed):
            client.recv(8)  # sooner than without the setting
        return client.close_code


def test_a_worker_ends_on_a_signal(started: Callable[..., Any]) -> None:
    process, lines = started("worker")
    assert lines == ["Hikiate's worker is ready."]
    assert ended(process, signal.SIGINT) == 0


async def test_dev_leaves_a_database_that_somebody_uses_alone(started: Callable[..., Any], dsn: str) -> None:
    db = await Database.open(dsn, read_connections=1, write_connections=1)
    await make_key(db, name="own")
    process, lines = started("dev")
    assert [line for line in lines if "demo" in line.lower()] == []
    assert ended(process, signal.SIGINT) == 0
    async with db.read() as tx:
        assert [row.name for row in await tx.connection.fetch("SELECT name FROM api_keys")] == ["own"]
        assert await tx.connection.fetchval("SELECT count(*) FROM products") == 0
    await db.close()
