"""The migrations make exactly the tables that the code knows, and can be undone."""

from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.kit.tables import metadata
from tests.conftest import alembic_config, cloned_database, load_rooms

FOREIGN = ("ledger_", "requests_", "pgqueuer", "alembic_version")


@pytest.fixture
async def dsn(worker_id: str) -> AsyncGenerator[str, None]:
    """A clone of its own, to be changed at will."""
    async with cloned_database(f"migrations_{worker_id}") as dsn:
        yield dsn


async def on(dsn: str, work: Any) -> Any:
    """Run `work(connection)` on a synchronous SQLAlchemy connection."""
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn), poolclass=NullPool
    )
    async with engine.begin() as connection:
        result = await connection.run_sync(work)
    await engine.dispose()
    return result


def migrate(direction: Any, dsn: str, revision: str) -> Any:
    """Run alembic on a given connection (its own event loop would clash with the test's)."""

    def run(connection: Connection) -> None:
        config = alembic_config(dsn)
        config.attributes["connection"] = connection
        direction(config, revision)

    return run


async def test_tables_equal_the_migrations(dsn: str) -> None:
    list(load_rooms("tables"))

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(
            connection,
            opts={"include_object": lambda _o, name, kind, _r, _c: not (kind == "table" and name.startswith(FOREIGN))},
        )
        return compare_metadata(context, metadata)

    assert await on(dsn, differences) == []


async def test_migrations_go_down_and_up_again(dsn: str) -> None:
    await on(dsn, migrate(command.downgrade, dsn, "base"))
    connection = await asyncpg.connect(dsn)
    left = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S', 'v')"
    )
    functions = await connection.fetch("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
    await connection.close()
    assert [row["relname"] for row in left] == ["alembic_version"]
    assert functions == []
    await on(dsn, migrate(command.upgrade, dsn, "head"))


def test_there_is_one_line_of_history() -> None:
    script = ScriptDirectory.from_config(alembic_config(""))
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


async def test_every_table_has_a_key_and_every_reference_an_index(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    without_key = await connection.fetch("""
        SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
           AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)""")
    without_index = await connection.fetch("""
        SELECT c.conrelid::regclass::text AS of, c.conname FROM pg_constraint c
         WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace
           AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1])""")
    without_zone = await connection.fetch("""
        SELECT table_name, column_name FROM information_schema.columns
         WHERE table_schema = 'public' AND data_type = 'timestamp without time zone'""")
    await connection.close()
    assert [row["relname"] for row in without_key if not row["relname"].startswith("pgqueuer")] == []
    assert [dict(row) for row in without_index] == []
    assert [dict(row) for row in without_zone] == []


async def test_answers_to_keys_survive_the_way_into_periods_and_back(dsn: str) -> None:
    answers = "SELECT caller, key, operation, body_hash, answer, created_at FROM requests ORDER BY key"
    connection = await asyncpg.connect(dsn)
    await on(dsn, migrate(command.downgrade, dsn, "0015"))
    await connection.execute("""
        INSERT INTO requests (caller, key, operation, body_hash, answer)
        SELECT 'c', 'k' || n, 'op', 'hash', '{"a": 1}' FROM generate_series(1, 3) n""")
    before = await connection.fetch(answers)
    await on(dsn, migrate(command.upgrade, dsn, "head"))
    assert await connection.fetch(answers) == before
    assert await connection.fetchval("SELECT count(*) FROM requests_now") == len(before) == 3
    await on(dsn, migrate(command.downgrade, dsn, "0015"))
    assert await connection.fetch(answers) == before
    await connection.close()
    await on(dsn, migrate(command.upgrade, dsn, "head"))
