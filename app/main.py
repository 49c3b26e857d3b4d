"""Puts a process together: database, feed, web server, worker; and takes it apart again within seconds."""

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import asyncpg
import uvicorn
from uvicorn.loops.auto import auto_loop_factory

from app.api.schema import schema
from app.api.server import create_app
from app.demo.load import demo_is_loaded, load_demo
from app.kit.clock import utc_now
from app.kit.config import Config
from app.kit.db import Database
from app.kit.embedded import create_database, start_embedded, stop_embedded
from app.kit.feed import Feed
from app.kit.migrations import current_revision, head_revision, migrate
from app.kit.queue import Worker
from app.kit.statement import Statement
from app.settings import Settings
from app.worker import HEARINGS, TIMETABLE

log = logging.getLogger(__name__)
T = TypeVar("T")

# How long requests and jobs under way are waited for before they are broken off.
GRACE_S: Final = 5
EMBEDDED_DATABASE: Final = "hikiate"
# A shop that somebody runs is never filled with demo goods, and never given keys that everybody knows.
_MAY_HAVE_DEMO: Final = Statement("""
    SELECT NOT EXISTS (SELECT FROM products) AND NOT EXISTS (SELECT FROM orders) AND NOT EXISTS (SELECT FROM api_keys)
        OR EXISTS (SELECT FROM api_keys WHERE name = 'demo-staff')
""")


class StartError(Exception):
    """The process cannot start; the message is one line and says what to do."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end on the fastest event loop there is."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        return runner.run(work)


@contextmanager
def database_server(settings: Settings) -> Generator[str]:
    """The address of PostgreSQL: `DATABASE_URL`, or an embedded server for as long as the block runs."""
    if settings.database_url:
        yield settings.database_url
        return
    folder = settings.data_dir
    try:
        yield run(create_database(start_embedded(folder), EMBEDDED_DATABASE))
    finally:
        stop_embedded(folder)


@asynccontextmanager
async def open_database(dsn: str, settings: Settings, *, migrated: bool = True) -> AsyncGenerator[Database, None]:
    """The pools. Raises StartError when nothing answers, or when migrations are missing and `migrated` is asked for."""
    with database_must_answer(dsn):
        if migrated and await current_revision(dsn) != head_revision():
            message = "The database is not up to date: run `hikiate migrate` first."
            raise StartError(message)
        db = await Database.open(
            dsn, read_connections=settings.read_connections, write_connections=settings.write_connections
        )
    try:
        yield db
    finally:
        await db.close()


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


def bind(settings: Settings) -> socket.socket:
    """Take the port before anything else is started. Raises StartError when somebody has it."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        where = f"{settings.host}:{settings.port}"
        message = f"Cannot listen on {where}: {error}. Set HIKIATE_HOST and HIKIATE_PORT to a free address."
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            message = f"Port {settings.port} is in use: stop what uses it, or set HIKIATE_PORT to another one."
        raise StartError(message) from error


def url_of(listening: socket.socket) -> str:
    """Where a browser finds the socket."""
    host, port = listening.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104  # shown, not bound
    return f"http://{shown}:{port}/"


class _Server(uvicorn.Server):
    """uvicorn with signals left to us, since more than the server has to stop, and a call when it answers."""

    def __init__(self, config: uvicorn.Config, when_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_ready = when_ready

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Nothing."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        self._when_ready()


async def serve(
    db: Database,
    settings: Settings,
    config: Config,
    listening: socket.socket,
    *,
    with_worker: bool,
    when_ready: Callable[[], None],
) -> None:
    """Answer requests, and run jobs as well if wanted, until SIGINT or SIGTERM."""
    feed = Feed(db)
    await feed.start()
    app = create_app(
        served=schema,
        db=db,
        config=config,
        feed=feed,
        allowed_origins=settings.allowed_origins(),
        max_body_bytes=settings.max_body_bytes,
    )
    server = _Server(_server_config(app, settings), when_ready)
    worker = Worker(db, HEARINGS, TIMETABLE) if with_worker else None
    async with asyncio.TaskGroup() as group:
        if worker is not None:
            feed.after_read.append(worker.wake)
            group.create_task(_until_stopped(worker))

        def stop() -> None:
            if server.should_exit:
                server.force_exit = True
            server.should_exit = True
            if worker is not None:
                worker.stop()

        with _on_signals(stop):
            await server.serve(sockets=[listening])
            if worker is not None:
                worker.stop()
    await feed.close()


async def work(db: Database) -> None:
    """Run jobs until SIGINT or SIGTERM."""
    feed = Feed(db)
    await feed.start()
    worker = Worker(db, HEARINGS, TIMETABLE)
    feed.after_read.append(worker.wake)
    with _on_signals(worker.stop):
        await _until_stopped(worker)
    await feed.close()


async def _until_stopped(worker: Worker) -> None:
    """Run; jobs that are under way when the worker is stopped have a few seconds to end."""
    running = asyncio.create_task(worker.run())
    stopped = asyncio.create_task(worker.stopped.wait())
    await asyncio.wait([running, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    try:
        async with asyncio.timeout(GRACE_S):
            await running
    except TimeoutError:
        log.warning("Jobs were broken off after %s s; they run again at the next start.", GRACE_S)


@contextmanager
def _on_signals(stop: Callable[[], None]) -> Generator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _server_config(app: Any, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        ws_max_size=settings.max_body_bytes,
        proxy_headers=False,
    )


async def prepare_development(dsn: str, settings: Settings, report: Callable[[str], None]) -> bool:
    """Migrate, and load the demo shop into an empty database; whether the shop is the demo shop."""
    with database_must_answer(dsn):
        if await migrate(dsn):
            report("The database is up to date.")
    async with open_database(dsn, settings) as db:
        async with db.read() as tx:
            is_loaded, may_have_demo = await demo_is_loaded(tx), await tx.fetchval(_MAY_HAVE_DEMO)
        if may_have_demo and not is_loaded:
            await load_demo(db, now=utc_now(), report=report)
        return is_loaded or bool(may_have_demo)
