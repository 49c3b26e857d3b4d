"""Runs Alembic from Python: no configuration file, the address is handed over."""

import asyncio
import os
from pathlib import Path
from typing import Any, Final

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from app.kit.embedded import create_database
from app.kit.roles import application_role

FOLDER: Final = Path(__file__).parents[2] / "migrations"


class SchemaDrift(Exception):
    """The migrations do not lead to the tables of the code; the message names the first difference."""


def head_revision() -> str | None:
    """The newest revision."""
    return ScriptDirectory(str(FOLDER)).get_current_head()


async def current_revision(dsn: str) -> str | None:
    """The revision that a database is at; None when it was never migrated. Raises as asyncpg.connect does."""
    connection: Any = await asyncpg.connect(dsn)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version') IS NULL"):
            return None
        return await connection.fetchval("SELECT version_num FROM alembic_version")
    finally:
        await connection.close()


async def migrate(dsn: str) -> bool:
    """Bring a database up to date; False when it was already. Of several processes at once, one does it."""
    is_old = await current_revision(dsn) != head_revision()
    # A database that was restored on another server has lost the role.
    if is_old or await application_role(dsn) is None:
        await asyncio.to_thread(command.upgrade, _config(dsn), "head")
    return is_old


async def check_migrations(server_dsn: str) -> None:
    """Migrate an empty database on this server, compare it with the tables of the code, and drop it.

    Raises SchemaDrift when they differ.
    """
    name = f"hikiate_check_{os.getpid()}"
    dsn = await create_database(server_dsn, name)
    try:
        await asyncio.to_thread(command.upgrade, _config(dsn), "head")
        await asyncio.to_thread(command.check, _config(dsn))
    except CommandError as error:
        raise SchemaDrift(str(error)) from error
    finally:
        connection: Any = await asyncpg.connect(server_dsn)
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.close()


def _config(dsn: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["dsn"] = dsn
    return config
