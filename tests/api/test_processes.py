"""Processes of the command line: they start, answer, and end on a signal."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.kit.db import Database
from tests.api.small import make_key
from tests.conftest import ROOT
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
