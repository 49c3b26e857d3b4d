"""Where everything happens: a database with the shop, a user of it for each server, and who runs on which core."""

import contextlib
import os
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import psutil

from app.kit.clock import utc_now
from app.kit.db import Database
from bench.engine.shop import Shop, Size, load_shop
from bench.fresh_database import fresh_database

KINDS: Final = ("ours", "raw", "reference")
SERVER_CORE: Final = 0
OTHER_CORE: Final = 1


@dataclass(frozen=True)
class Ground:
    """monitor: a connection for questions about PostgreSQL itself. pins: what runs where, in a sentence."""

    db: Database
    monitor: Any
    shop: Shop
    file: Path
    pins: str
    server_core: int | None
    other_core: int | None

    def dsn(self, kind: str) -> str:
        """The database's address for a kind of server."""
        parts = urlsplit(self.db.dsn)
        return parts._replace(netloc=f"{_user(kind)}@{parts.netloc.rpartition('@')[2]}").geturl()


@contextlib.asynccontextmanager
async def prepare(size: Size, given: Database | None = None) -> AsyncGenerator[Ground, None]:
    """Start PostgreSQL (or take that of DATABASE_URL, on this machine), load the shop, pin.

    given: an empty, migrated database to be used instead; nothing is pinned then.
    """
    with tempfile.TemporaryDirectory(prefix="hikiate-bench-") as folder:
        async with fresh_database() if given is None else contextlib.nullcontext(given) as db:
            monitor = await asyncpg.connect(db.dsn)
            for kind in KINDS:
                await monitor.execute(f'CREATE ROLE "{_user(kind)}" SUPERUSER LOGIN')
            try:
                shop = await load_shop(db, size, now=utc_now())
                file = Path(folder) / "shop.json"
                shop.save(file)
                await monitor.execute("CHECKPOINT")
                cores = await _pin(monitor) if given is None else (None, None)
                pins = "nothing pinned"
                if cores[0] is not None:
                    pins = f"server processes on core {cores[0]}, PostgreSQL and clients on core {cores[1]}"
                yield Ground(db, monitor, shop, file, pins, *cores)
            finally:
                for kind in KINDS:
                    await monitor.execute(f'DROP ROLE "{_user(kind)}"')
                await monitor.close()


def _user(kind: str) -> str:
    """Roles belong to a whole PostgreSQL, and others may use it."""
    return f"bench_{kind}_{os.getpid()}"


async def _pin(monitor: Any) -> tuple[int | None, int | None]:
    """(core of the servers, core of everything else); nothing is pinned on one core or in somebody's PostgreSQL."""
    if len(os.sched_getaffinity(0)) < 2 or "DATABASE_URL" in os.environ:
        return None, None
    backend = psutil.Process(await monitor.fetchval("SELECT pg_backend_pid()"))
    postmaster = backend.parent()
    assert postmaster is not None
    for process in (postmaster, *postmaster.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            os.sched_setaffinity(process.pid, {OTHER_CORE})
    os.sched_setaffinity(0, {OTHER_CORE})
    return SERVER_CORE, OTHER_CORE
