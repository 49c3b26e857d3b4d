"""Puts a process together: database, feed, web server, worker; and takes it apart again within seconds.

The schema is imported where requests are answered: it takes longer than most commands, which do not need it.
"""

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from app.api.listening import Server, bind, url_of
from app.demo.load import demo_is_loaded, load_demo
from app.demo.partners import KEYS
from app.inventory.sql.accelerated import is_accelerated
from app.kit.clock import utc_now
from app.kit.config import Config
from app.kit.db import Database
from app.kit.embedded import create_database, start_embedded, stop_embedded
from app.kit.feed import Feed
from app.kit.migrations import current_revision, head_revision, migrate
from app.kit.queue import Worker
from app.kit.startup import StartError, database_must_answer, run
from app.kit.statement import Statement
from app.locations.actions.seed_postal_areas import seed_postal_areas
from app.settings import (
    Settings,
    development_secret_key,
    load_trusted_documents,
    make_config,
    make_limits,
    make_socket_limits,
    require_database_url,
    require_secret_key,
)
from app.worker import make_worker

log = logging.getLogger(__name__)
Say = Callable[[str], None]

# How long requests and jobs under way are waited for before they are broken off.
GRACE_S: Final = 5
EMBEDDED_DATABASE: Final = "hikiate"
# A shop that somebody runs is never filled with demo goods, and never given keys that everybody knows.
_MAY_HAVE_DEMO: Final = Statement("""
    SELECT NOT EXISTS (SELECT FROM products) AND NOT EXISTS (SELECT FROM orders) AND NOT EXISTS (SELECT FROM api_keys)
        OR EXISTS (SELECT FROM api_keys WHERE name = 'demo-staff')
""")
_HAS_KEYS: Final = Statement("SELECT EXISTS (SELECT FROM api_keys)")


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
async def open_database(dsn: str, settings: Settings) -> AsyncGenerator[Database, None]:
    """The pools on a migrated database. Raises StartError when nothing answers or migrations are missing."""
    with database_must_answer(dsn):
        if await current_revision(dsn) != head_revision():
            message = "The database is not up to date: run `hikiate migrate` first."
            raise StartError(message)
        db = await Database.open(
            dsn,
            read_connections=settings.read_connections,
            write_connections=settings.write_connections,
            lane_connections=settings.lane_connections,
        )
    try:
        async with db.read() as tx:
            db.accelerated = settings.allocation != "portable" and await is_accelerated(tx)
        if settings.allocation == "accelerated" and not db.accelerated:
            message = (
                "HIKIATE_ALLOCATION is `accelerated`, and this database has no function hold_batch: use `portable`."
            )
            raise StartError(message)
        yield db
    finally:
        await db.close()


async def bring_up_to_date(dsn: str, settings: Settings) -> bool:
    """Migrate, and add what every shop needs to know: where postal codes lie. Whether there was anything to migrate."""
    with database_must_answer(dsn):
        migrated = await migrate(dsn)
    async with open_database(dsn, settings) as db:
        await db.in_write(seed_postal_areas)
    return migrated


def develop(settings: Settings, say: Say) -> None:
    """Everything in one process, with an embedded database and, if wanted, a demo shop in an empty one."""
    if settings.production:
        message = "`hikiate dev` is for development: run `hikiate serve` and `hikiate worker` in production."
        raise StartError(message)
    settings = settings.model_copy(update={"private_webhooks": True})
    config = make_config(settings, development_secret_key(settings))
    with bind(settings.host, settings.port) as listening, database_server(settings) as dsn:

        async def start() -> None:
            is_demo = await _prepare_development(dsn, settings, say)
            async with open_database(dsn, settings) as db:
                async with db.read() as tx:
                    has_keys = bool(await tx.fetchval(_HAS_KEYS))
                ready = _greeting(listening, say, is_demo=is_demo, has_keys=has_keys)
                await _serve(db, settings, config, listening, with_worker=True, when_ready=ready)

        run(start())


def serve(settings: Settings, say: Say, *, with_worker: bool) -> None:
    """Answer requests, and run jobs as well if wanted, until SIGINT or SIGTERM."""
    config, dsn = make_config(settings, require_secret_key(settings)), require_database_url(settings)
    with bind(settings.host, settings.port) as listening:

        async def start() -> None:
            async with open_database(dsn, settings) as db:
                ready = _greeting(listening, say)
                await _serve(db, settings, config, listening, with_worker=with_worker, when_ready=ready)

        run(start())


def work(settings: Settings, say: Say) -> None:
    """Run jobs until SIGINT or SIGTERM."""
    config = make_config(settings, require_secret_key(settings))
    dsn = require_database_url(settings)

    async def start() -> None:
        async with open_database(dsn, settings) as db:
            feed = Feed(db)
            await feed.start()
            worker = make_worker(db, config)
            feed.after_read.append(worker.wake)
            with _on_signals(worker.stop):
                say("Hikiate's worker is ready.")
                await _until_stopped(worker)
            await feed.close()

    run(start())


async def _prepare_development(dsn: str, settings: Settings, say: Say) -> bool:
    """Migrate, and load the demo shop into an empty database if wanted; whether the shop is the demo shop."""
    if await bring_up_to_date(dsn, settings):
        say("The database is up to date.")
    async with open_database(dsn, settings) as db:
        async with db.read() as tx:
            is_loaded, may_have_demo = await demo_is_loaded(tx), bool(await tx.fetchval(_MAY_HAVE_DEMO))
        if not settings.demo:
            return is_loaded
        if may_have_demo and not is_loaded:
            await load_demo(db, now=utc_now(), report=say)
        return may_have_demo


def _greeting(
    listening: socket.socket, say: Say, *, is_demo: bool = False, has_keys: bool = True
) -> Callable[[], None]:
    def greet() -> None:
        if not has_keys:
            say("There is no API key yet. Make the first one in another terminal, from this folder:")
            say("  hikiate key create owner --scope all")
        if is_demo:
            say("API keys of the demo shop, to be sent as `Authorization: Bearer <key>`:")
            for key in KEYS:
                say(f"  {key.token:<18} {key.name}")
        say(f"Hikiate is ready: {url_of(listening)}")

    return greet


async def _serve(
    db: Database,
    settings: Settings,
    config: Config,
    listening: socket.socket,
    *,
    with_worker: bool,
    when_ready: Callable[[], None],
) -> None:
    from app.api.schema import schema  # noqa: PLC0415  # see above
    from app.api.server import create_app  # noqa: PLC0415

    trusted = load_trusted_documents(settings)
    feed = Feed(db)
    await feed.start()
    app = create_app(
        served=schema,
        db=db,
        config=config,
        feed=feed,
        allowed_origins=settings.allowed_origins(),
        limits=make_limits(settings),
        sockets=make_socket_limits(settings),
        heartbeat_s=settings.event_heartbeat_s,
        metrics_token=settings.metrics_token,
        trusted_documents=trusted,
        only_trusted_documents=settings.only_trusted_documents,
    )
    server = Server(app, when_ready, grace_s=GRACE_S, max_message_bytes=settings.max_body_bytes)
    worker = make_worker(db, config)
    feed.after_read.append(worker.wake)

    def stop() -> None:
        server.stop()
        worker.stop()

    spare_the_collector()
    async with asyncio.TaskGroup() as group:
        if with_worker:
            group.create_task(_until_stopped(worker))
        with _on_signals(stop):
            await server.serve(sockets=[listening])
            worker.stop()
    await feed.close()


def spare_the_collector() -> None:
    """Schema, statements and code stay for ever: the garbage collector need not walk them again and again.

    What a request makes is freed by its reference counts; the rare circle may wait for a while.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


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
