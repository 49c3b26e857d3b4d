"""A migrated database that lives as long as a benchmark: embedded and durable, or on the server of DATABASE_URL."""

import contextlib
import os
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg

from app.kit.db import Database
from app.kit.embedded import create_database, start_embedded, stop_embedded
from app.kit.migrations import migrate

NAME = f"hikiate_bench_{os.getpid()}"


@contextlib.asynccontextmanager
async def fresh_database() -> AsyncGenerator[Database, None]:
    """Pools on an empty, migrated database; it is dropped at the end. fsync and synchronous_commit stay on."""
    given = os.environ.get("DATABASE_URL")
    with tempfile.TemporaryDirectory(prefix="hikiate-bench-", ignore_cleanup_errors=True) as folder:
        server = given or start_embedded(Path(folder))
        dsn = await create_database(server, NAME)
        try:
            await migrate(dsn)
            database = await Database.open(dsn)
            try:
                yield database
            finally:
                await database.close()
        finally:
            connection = await asyncpg.connect(server)
            await connection.execute(f'DROP DATABASE IF EXISTS "{NAME}" WITH (FORCE)')
            await connection.close()
            if given is None:
                stop_embedded(Path(folder))
