"""The demo shop, loaded once per test run by whoever asks first; everybody works on a copy."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from app.demo.load import load_demo
from app.kit.clock import utc_now
from app.kit.db import Database
from tests.conftest import DSN_VARIABLE, TEMPLATE_VARIABLE, cloned_database, with_database

LOADED: Final = "_demo"
# Any number that nobody else locks.
_LOCK: Final = 20261122


@asynccontextmanager
async def demo_database(suffix: str) -> AsyncGenerator[str, None]:
    """The DSN of a copy of the demo shop, dropped at the end."""
    connection = await asyncpg.connect(os.environ[DSN_VARIABLE])
    try:
        # Test processes that come second wait here until the first has loaded the shop.
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await _load_once(connection)
    finally:
        await connection.close()
    async with cloned_database(suffix, of=LOADED) as dsn:
        yield dsn


async def _load_once(connection: Any) -> None:
    template = os.environ[TEMPLATE_VARIABLE]
    finished, unfinished = template + LOADED, f"{template}_unfinished"
    if await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", finished):
        return
    await connection.execute(f'DROP DATABASE IF EXISTS "{unfinished}"')
    await connection.execute(f'CREATE DATABASE "{unfinished}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    db = await Database.open(with_database(os.environ[DSN_VARIABLE], unfinished))
    await load_demo(db, now=utc_now(), report=lambda _stage: None)
    await db.close()
    await connection.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{finished}"')
