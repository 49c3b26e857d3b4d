"""Programs of the product, run as a shop runs them: processes of their own, with a database, a port and a key."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

import httpx

from tests.conftest import ROOT

T = TypeVar("T")

SECRET_KEY: Final = "only for tests, but at least of thirty-two letters"
PATIENCE_S: Final = 30.0


async def until(condition: Callable[[], Awaitable[T]], *, within: float = PATIENCE_S, every: float = 0.05) -> T:
    """The first true answer of a condition that is asked again and again. Fails when none comes in time."""
    deadline = time.monotonic() + within
    while True:
        found = await condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"nothing within {within:.0f} seconds; the last answer was {found!r}"
        await asyncio.sleep(every)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Program:
    """A running `hikiate` command. Its output is kept in a file and shown when it fails.

    module: what starts it, when a test wants something else of it than `app` does.
    """

    def __init__(self, *words: str, dsn: str | None, folder: Path, module: str = "app", **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / f"{'-'.join(words)}-{self.port}.log"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("HIKIATE_", "PYTEST_"))},
            "HIKIATE_PORT": str(self.port),
            "HIKIATE_SECRET_KEY": SECRET_KEY,
            "HIKIATE_DATA_DIR": str(folder),
            "PYTHONUNBUFFERED": "1",
            **settings,
        }
        self.environment.pop("DATABASE_URL", None)
        if dsn is not None:
            self.environment["DATABASE_URL"] = dsn
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *words],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        """What it has said so far."""
        return self._log.read_text(errors="replace")

    async def ready(self) -> "Program":
        """Itself, once it answers queries."""
        async with httpx.AsyncClient() as http:

            async def answers() -> bool:
                assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.output}"
                try:
                    return (await http.get(f"{self.url}/readyz")).status_code == 200
                except httpx.TransportError:
                    return False

            await until(answers, within=60.0)
        return self

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        return await asyncio.to_thread(self.process.wait, PATIENCE_S)

    async def stop(self) -> int:
        """End it politely, as Ctrl-C and orchestrators do."""
        self.process.terminate()
        return await self.ended()

    async def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        await self.ended()
