"""What every start of a process needs: an event loop, and troubles told in one line."""

import asyncio
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg
from uvicorn.loops.auto import auto_loop_factory

T = TypeVar("T")


class StartError(Exception):
    """The process cannot start; the message is one line and says what to do."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end on the fastest event loop there is."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        return runner.run(work)


@contextmanager
def database_must_answer(dsn: str) -> Generator[None]:
    """Turn what a missing database raises into a StartError that names it, without its password."""
    try:
        yield
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        message = f"No database at {_address(dsn)}: {reason}. Start PostgreSQL, or correct DATABASE_URL."
        raise StartError(message) from error


def _address(dsn: str) -> str:
    try:
        parts = urlsplit(dsn)
        return f"{parts.hostname or 'the local socket'}:{parts.port or 5432}{parts.path}"
    except ValueError:
        return "DATABASE_URL"
