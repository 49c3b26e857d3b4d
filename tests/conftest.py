"""One PostgreSQL per run, one migrated template, one clone per worker process; every test ends by its invariants."""

import asyncio
import contextlib
import os
import pkgutil
import tempfile
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from hypothesis import HealthCheck, settings

import app
from app.kit.config import Config
from app.kit.db import Database
from app.kit.embedded import create_database, start_embedded, stop_embedded
from app.kit.graphql.context import Context
from app.kit.permissions import SHOPPER, Actor
from app.kit.statement import Statement
from app.kit.tables import metadata

ROOT = Path(__file__).parent.parent
# What migrations put there is left alone: which rows of a table are deleted.
OF_MIGRATIONS: Final = {
    "locations": "kind <> 'IN_TRANSIT'",
    "carriers": "code NOT IN ('yamato', 'sagawa', 'japan-post')",
}
TEMPLATE = f"hikiate_test_{os.getpid()}"
DSN_VARIABLE, TEMPLATE_VARIABLE = "HIKIATE_TEST_DSN", "HIKIATE_TEST_TEMPLATE"
CONFIG = Config(secret_key=b"only for tests, never in a shop!")
QUEUE_TABLES = ("pgqueuer", "pgqueuer_log", "pgqueuer_schedules", "pgqueuer_statistics")
# The application works as a role of few rights; a test that breaks something on purpose takes it off for a transaction.
AS_OWNER = "SET LOCAL ROLE NONE"
WITHOUT_TRIGGERS = f"{AS_OWNER}; SET LOCAL session_replication_role = replica"
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)

# The machine may be busy: how long examples take says nothing about what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# Filled by pytest_configure in the controlling process only.
_embedded_dir: list[tempfile.TemporaryDirectory[str]] = []


def load_rooms(room: str) -> Iterator[Any]:
    """The module of this name of every slice that has one."""
    for module in pkgutil.iter_modules(app.__path__, prefix="app."):
        slice_ = Path(app.__path__[0]) / module.name[4:]
        if module.ispkg and ((slice_ / f"{room}.py").exists() or (slice_ / room / "__init__.py").exists()):
            yield import_module(f"{module.name}.{room}")


def with_database(dsn: str, name: str) -> str:
    """The same server, another database."""
    return urlsplit(dsn)._replace(path="/" + name).geturl()


def alembic_config(dsn: str) -> AlembicConfig:
    """Alembic's settings for a database."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["dsn"] = dsn
    return config


def pytest_configure(config: pytest.Config) -> None:
    """In the controlling process: start PostgreSQL (or use DATABASE_URL) and migrate the template."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    server = os.environ.get("DATABASE_URL")
    if server is None:
        folder = tempfile.TemporaryDirectory(prefix="hikiate-test-", ignore_cleanup_errors=True)
        _embedded_dir.append(folder)
        server = start_embedded(Path(folder.name), durable=False)
    template = asyncio.run(create_database(server, TEMPLATE))
    command.upgrade(alembic_config(template), "head")
    os.environ[DSN_VARIABLE], os.environ[TEMPLATE_VARIABLE] = server, TEMPLATE


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    if hasattr(config, "workerinput"):
        return
    for folder in _embedded_dir:
        stop_embedded(Path(folder.name))
        folder.cleanup()
    if not _embedded_dir and DSN_VARIABLE in os.environ:
        asyncio.run(_drop_all(os.environ[DSN_VARIABLE]))


async def _drop(server: str, name: str) -> None:
    connection = await asyncpg.connect(server)
    await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await connection.close()


async def _drop_all(server: str) -> None:
    """The template, and what tests have made of it for one another."""
    connection = await asyncpg.connect(server)
    names = await connection.fetch("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", TEMPLATE)
    await connection.close()
    for row in names:
        await _drop(server, row["datname"])


@contextlib.asynccontextmanager
async def cloned_database(suffix: str, *, of: str = "") -> AsyncGenerator[str, None]:
    """The DSN of a fresh copy of the migrated template, dropped at the end.

    of: the ending of another database's name, to copy that one.
    """
    server, template = os.environ[DSN_VARIABLE], os.environ[TEMPLATE_VARIABLE] + of
    name = f"{template}_{suffix}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        yield with_database(server, name)
    finally:
        await connection.close()
        await _drop(server, name)


@pytest.fixture(scope="session")
async def database(worker_id: str) -> AsyncGenerator[Database, None]:
    """The pools of this worker process."""
    async with cloned_database(worker_id) as dsn:
        database = await Database.open(dsn, read_connections=8, write_connections=24)
        yield database
        await database.close()


@pytest.fixture
async def db(database: Database) -> AsyncGenerator[Database, None]:
    """An empty database. At the end of the test every slice's invariants must hold."""
    yield database
    database.observe = None
    database.after_publish = None
    try:
        broken = await broken_invariants(database)
    finally:
        await empty_tables(database)
    assert broken == {}


async def broken_invariants(database: Database) -> dict[str, list[dict[str, Any]]]:
    """The rows that invariants of any slice object to."""
    broken: dict[str, list[dict[str, Any]]] = {}
    async with database.read() as tx:
        for module in load_rooms("invariants"):
            for name, query in module.INVARIANTS.items():
                rows = await tx.connection.fetch(query)
                if rows:
                    broken[f"{module.__name__}: {name}"] = [dict(row) for row in rows[:5]]
    return broken


async def empty_tables(database: Database) -> None:
    """Delete everything but what migrations put there. Triggers and foreign keys are off meanwhile."""
    list(load_rooms("tables"))
    deletes = [
        f"DELETE FROM {table.name} WHERE {OF_MIGRATIONS.get(table.name, 'true')}" for table in metadata.tables.values()
    ]
    deletes.append("UPDATE carriers SET partner_id = NULL")
    deletes += [f"DELETE FROM {table}" for table in QUEUE_TABLES]
    async with database.write() as tx:
        await tx.connection.execute("; ".join([WITHOUT_TRIGGERS, *deletes]))


def keyed(values: dict[str, Any]) -> dict[str, Any]:
    """The variables of a mutation with this input, under an idempotency key of its own unless the input has one."""
    return {"input": {"idempotencyKey": str(uuid4()), **values}}


@dataclass
class Execute:
    """Runs GraphQL documents over the whole schema, in process."""

    db: Database
    feed: Any = None

    def context(
        self,
        *,
        actor: Actor | None = None,
        now: datetime | None = None,
        language: str = "ja",
        channel: str = "web",
    ) -> Context:
        """The context of one operation."""
        return Context(
            db=self.db,
            config=CONFIG,
            actor=actor or SHOPPER,
            now=now or NOW,
            language=language,
            channel=channel,
            feed=self.feed,
        )

    async def raw(self, document: str, variables: dict[str, Any] | None = None, **context: Any) -> Any:
        """The execution result with data and errors."""
        from app.api.schema import schema  # noqa: PLC0415  # only tests that use it need the whole roof

        return await schema.execute(document, variable_values=variables, context_value=self.context(**context))

    async def __call__(self, document: str, variables: dict[str, Any] | None = None, **context: Any) -> Any:
        """The data; fails on any error."""
        result = await self.raw(document, variables, **context)
        assert result.errors is None, result.errors
        return result.data


@pytest.fixture
def execute(db: Database) -> Execute:
    """`await execute(document, variables, actor=…, now=…)` gives the data."""
    return Execute(db)


@dataclass
class Count:
    """The statements that ran inside a `count_statements` block."""

    statements: list[Statement] = field(default_factory=list[Statement])

    @property
    def total(self) -> int:
        """How many there were."""
        return len(self.statements)


@pytest.fixture
def count_statements(db: Database) -> Callable[[], contextlib.AbstractContextManager[Count]]:
    """`with count_statements() as count: …` counts what reaches the database (BEGIN and COMMIT aside)."""

    @contextlib.contextmanager
    def counting() -> Generator[Count, None, None]:
        count = Count()
        db.observe = count.statements.append
        try:
            yield count
        finally:
            db.observe = None

    return counting


@pytest.fixture
def now() -> datetime:
    """The instant at which tests play."""
    return NOW
