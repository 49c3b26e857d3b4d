"""Runs migrations over asyncpg, the only driver that the project needs.

The caller hands the address over as `config.attributes["dsn"]`. One process at a time migrates: the others wait on an
advisory lock and then find nothing left to do.
"""

import asyncio
import pkgutil
from importlib import import_module
from typing import Any

import asyncpg
from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import app
from app.kit.roles import GRANTS
from app.kit.tables import metadata

LOCK_KEY = 7_246_201  # any number that no other advisory lock of this database uses
# Made and dropped by the database itself or owned by the job queue, so not part of our metadata.
FOREIGN_PREFIXES = ("ledger_", "pgqueuer", "requests_")

for module in pkgutil.iter_modules(app.__path__, prefix="app."):
    if module.ispkg and any(
        room.name == "tables" for room in pkgutil.iter_modules([f"{app.__path__[0]}/{module.name[4:]}"])
    ):
        import_module(f"{module.name}.tables")


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave out tables that the metadata does not own."""
    return not (kind == "table" and name is not None and name.startswith(FOREIGN_PREFIXES))


def include_object(_item: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Alembic cannot compare expressions of partial and partition indexes; it is told about tables and plain ones."""
    return include_name(name, kind, None)


def migrate(connection: Connection) -> None:
    """Bring the database up to date inside one transaction."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=include_name,
        include_object=include_object,
        compare_server_default=False,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        connection.execute(text("SET LOCAL statement_timeout = '60s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
        context.run_migrations()
        connection.exec_driver_sql(GRANTS)


async def main() -> None:
    """Connect and migrate."""
    dsn: str = context.config.attributes["dsn"]
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn), poolclass=NullPool
    )
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()
    await engine.dispose()


if (shared := context.config.attributes.get("connection")) is not None:
    migrate(shared)
else:
    asyncio.run(main())
