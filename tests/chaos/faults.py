"""What breaks: client processes, backends, the database server, the web server; each at a share of the work done."""

import asyncio
import contextlib
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg
import psutil

from app.kit.db import is_database
from app.kit.embedded import start_embedded
from tests.conftest import ROOT

_TERMINATE: Final = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
     WHERE application_name = 'hikiate' AND datname = current_database() AND random() < 0.5
"""


class Clients:
    """Client processes; whoever does not end by itself is started again."""

    def __init__(self, words: Sequence[Sequence[str]], folder: Path) -> None:
        self._words, self._folder = words, folder
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """All of them."""
        self._processes = [self._start(words) for words in self._words]

    def kill_one(self, chance: random.Random) -> bool:
        """One that runs, with -9, and its successor goes on; False when none runs."""
        running = [number for number, process in enumerate(self._processes) if process.poll() is None]
        if not running:
            return False
        number = chance.choice(running)
        self._processes[number].kill()
        self._processes[number].wait()
        self._processes[number] = self._start(self._words[number])
        return True

    def are_done(self) -> bool:
        """Whether all have ended; raises when one has failed."""
        codes = [process.poll() for process in self._processes]
        if any(codes):
            raise AssertionError((self._folder / "clients.log").read_text(errors="replace")[-4_000:])
        return None not in codes

    def stop(self) -> None:
        """Whoever still runs."""
        for process in self._processes:
            process.kill()
            process.wait()

    def _start(self, words: Sequence[str]) -> subprocess.Popen[bytes]:
        with (self._folder / "clients.log").open("ab") as output:
            command = [sys.executable, "-m", "tests.chaos.client", *words]
            return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output)


async def crash_server(data_dir: Path) -> None:
    """End the server and all its processes with -9, and start it again: it recovers from its log."""
    pid = int((data_dir / "cluster" / "postmaster.pid").read_text().split()[0])
    server = psutil.Process(pid)
    processes = [server, *server.children()]
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    await asyncio.to_thread(psutil.wait_procs, processes, 20)
    await asyncio.to_thread(start_embedded, data_dir)


async def terminate_backends(dsn: str) -> None:
    """Half of the connections."""
    try:
        connection: Any = await asyncpg.connect(dsn, server_settings={"application_name": "chaos"})
        await connection.execute(_TERMINATE)
        await connection.close()
    except Exception as error:
        if not is_database(error):
            raise


class Faults:
    """Spread over the run by the share of the work that is done, never by the clock."""

    def __init__(self, counts: dict[str, int], acts: dict[str, Callable[[], Awaitable[Any]]]) -> None:
        self._acts = acts
        self._due = sorted(
            ((number + 1) / (count + 1), name) for name, count in counts.items() for number in range(count)
        )
        self.done = dict.fromkeys(counts, 0)
        """How often each has happened."""

    @property
    def are_over(self) -> bool:
        """Whether all has happened."""
        return not self._due

    async def happen(self, share: float) -> None:
        """All that is due when such a share of the work is done."""
        while self._due and self._due[0][0] <= share:
            _, name = self._due.pop(0)
            await self._acts[name]()
            self.done[name] += 1
