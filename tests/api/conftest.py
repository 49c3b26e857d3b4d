"""What tests of the command line need."""

import os
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app import cli
from tests.conftest import cloned_database


@pytest.fixture
async def dsn(worker_id: str) -> AsyncGenerator[str, None]:
    """A migrated database of one's own, so that processes of the test may hold connections to it."""
    async with cloned_database(f"cli_{worker_id}") as dsn:
        yield dsn


@pytest.fixture
def hikiate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """Runs a command in this process with nothing in the environment but what is given."""
    monkeypatch.setattr(cli, "set_up_logs", lambda **_: None)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **environment: str) -> Result:
        for name in [name for name in os.environ if name.startswith("HIKIATE_") or name == "DATABASE_URL"]:
            monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return CliRunner().invoke(cli.cli, arguments)

    return run
