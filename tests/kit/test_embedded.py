"""The embedded server against what happens on real machines: kills, reboots, odd paths, other versions."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from app.kit.embedded import EmbeddedPostgresError, create_database, start_embedded, stop_embedded

# A process that joins the server, says so, and lives until it is told or killed.
OWNER = """
import sys, time
from pathlib import Path
from app.kit.embedded import start_embedded, stop_embedded
start_embedded(Path(sys.argv[1]))
print("started", flush=True)
"""


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Not pytest's own: each session that starts closes that one to the user that root's server runs as."""
    with tempfile.TemporaryDirectory(prefix="hikiate-") as folder:
        yield Path(folder).resolve()


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "data"
    yield path
    stop_embedded(path)
    pid = server_pid(path)
    if pid is not None:
        psutil.Process(pid).kill()


@pytest.fixture
def owner(data_dir: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(then: str = "sys.stdin.read()") -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", OWNER + textwrap.dedent(then), str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def server_pid(data_dir: Path) -> int | None:
    """The number of the running server, None when there is none."""
    try:
        pid = int((data_dir / "cluster" / "postmaster.pid").read_text().splitlines()[0])
        return pid if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE else None
    except (FileNotFoundError, psutil.NoSuchProcess):
        return None


async def ask(dsn: str, question: str) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def remember(dsn: str) -> None:
    await ask(dsn, "CREATE TABLE kept AS SELECT 42 AS answer")


async def test_restart_keeps_data(data_dir: Path) -> None:
    await remember(start_embedded(data_dir))
    stop_embedded(data_dir)
    assert server_pid(data_dir) is None
    assert await ask(start_embedded(data_dir), "SELECT answer FROM kept") == 42


async def test_settings(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "no_SUCH.locale")
    monkeypatch.setenv("LC_ALL", "no_SUCH.locale")
    monkeypatch.setenv("PGPORT", "7777")
    dsn = start_embedded(data_dir)
    assert await ask(dsn, "SHOW max_connections") == "200"
    assert await ask(dsn, "SHOW listen_addresses") == ""
    assert await ask(dsn, "SHOW server_encoding") == "UTF8"
    assert await ask(dsn, "SELECT datlocale FROM pg_database WHERE datname = 'postgres'") == "C.UTF-8"
    assert await ask(dsn, "SHOW fsync") == "on"


async def test_durability_can_be_given_up_and_comes_back(data_dir: Path) -> None:
    dsn = start_embedded(data_dir, durable=False)
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert await ask(dsn, f"SHOW {setting}") == "off"
    start_embedded(data_dir)
    # A reload is a signal; the server follows it a moment later.
    deadline = time.monotonic() + 10
    while await ask(dsn, "SHOW fsync") == "off":
        assert time.monotonic() < deadline
    assert await ask(dsn, "SHOW full_page_writes") == "on"


async def test_create_database_once(data_dir: Path) -> None:
    dsn = start_embedded(data_dir)
    first = await create_database(dsn, 'odd "name"/1')
    await remember(first)
    assert await create_database(dsn, 'odd "name"/1') == first
    assert await ask(first, "SELECT answer FROM kept") == 42
    assert await ask(first, "SELECT current_database()") == 'odd "name"/1'


async def test_killed_owner_leaves_a_server_that_is_taken_over(
    data_dir: Path, owner: Callable[..., subprocess.Popen[str]]
) -> None:
    process = owner()
    pid = server_pid(data_dir)
    process.kill()
    process.wait()
    dsn = start_embedded(data_dir)
    assert server_pid(data_dir) == pid
    await remember(dsn)
    stop_embedded(data_dir)
    assert server_pid(data_dir) is None


async def test_killed_server_recovers(data_dir: Path) -> None:
    await remember(start_embedded(data_dir))
    pid = server_pid(data_dir)
    assert pid is not None
    family = [psutil.Process(pid), *psutil.Process(pid).children()]
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):  # it left when the first one was gone
            process.kill()
    psutil.wait_procs(family, timeout=10)
    assert await ask(start_embedded(data_dir), "SELECT answer FROM kept") == 42


def test_the_last_one_to_leave_stops_the_server(data_dir: Path, owner: Callable[..., subprocess.Popen[str]]) -> None:
    process = owner()
    start_embedded(data_dir)
    stop_embedded(data_dir)
    assert server_pid(data_dir) is not None
    start_embedded(data_dir)
    process.communicate("")  # an ordinary exit
    assert server_pid(data_dir) is not None
    stop_embedded(data_dir)
    assert server_pid(data_dir) is None


def test_a_killed_process_does_not_keep_the_server_alive(
    data_dir: Path, owner: Callable[..., subprocess.Popen[str]]
) -> None:
    killed, last = owner(), owner()
    killed.kill()
    killed.wait()
    last.communicate("")
    assert server_pid(data_dir) is None


def test_dead_and_reused_numbers_do_not_count_as_users(data_dir: Path) -> None:
    start_embedded(data_dir)
    users = data_dir / "cluster" / ".handle_pids.json"
    with subprocess.Popen([sys.executable, "-c", "pass"]) as dead:
        dead.wait()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as younger:
        users.write_text(json.dumps([dead.pid, os.getpid(), younger.pid]))
        before = psutil.Process(os.getpid()).create_time() + 1
        os.utime(users, (before, before))
        assert psutil.Process(younger.pid).create_time() > before + 1, "the test process is too young"
        stop_embedded(data_dir)
        assert server_pid(data_dir) is None
        younger.communicate(b"\n")


async def test_pid_file_that_names_another_program(data_dir: Path) -> None:
    """As after a reboot: the file is from before it, the number was given to something else."""
    await remember(start_embedded(data_dir))
    pid_file = data_dir / "cluster" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    stop_embedded(data_dir)
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert await ask(start_embedded(data_dir), "SELECT answer FROM kept") == 42


async def test_ctrl_c_reaches_us_and_not_the_server(
    data_dir: Path, owner: Callable[..., subprocess.Popen[str]]
) -> None:
    process = owner("""
        try:
            print("waiting", flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
            sys.stdin.readline()
            stop_embedded(Path(sys.argv[1]))
    """)
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does
    assert process.stdout.readline() == "interrupted\n"
    assert await ask(start_embedded(data_dir), "SELECT 1") == 1
    stop_embedded(data_dir)
    assert server_pid(data_dir) is not None
    process.communicate("\n")
    assert process.returncode == 0
    assert server_pid(data_dir) is None


async def test_interrupted_preparation_is_done_again(data_dir: Path) -> None:
    unfinished = data_dir / "cluster.unfinished"
    (unfinished / "base").mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    assert await ask(start_embedded(data_dir), "SELECT 1") == 1
    assert not unfinished.exists()


async def test_deleted_directory_under_a_running_server(data_dir: Path) -> None:
    start_embedded(data_dir)
    (data_dir / "cluster").rename(data_dir.with_name("deleted"))
    stop_embedded(data_dir)
    assert await ask(start_embedded(data_dir), "SELECT 1") == 1


@pytest.mark.parametrize("name", ["d" * 120, "it's a, shop", "店舗"], ids=["long", "quote", "japanese"])
async def test_odd_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    data_dir = tmp_path / name
    try:
        assert await ask(start_embedded(data_dir), "SELECT 1") == 1
    finally:
        stop_embedded(data_dir)


def test_other_major_version_is_refused(data_dir: Path) -> None:
    cluster = data_dir / "cluster"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedPostgresError, match=r"holds data of PostgreSQL 16, and this is PostgreSQL 18"):
        start_embedded(data_dir)
    assert [path.name for path in cluster.iterdir()] == ["PG_VERSION"]


def test_foreign_folders_are_refused(data_dir: Path, tmp_path: Path) -> None:
    (data_dir / "cluster").mkdir(parents=True)
    (data_dir / "cluster" / "photo.jpg").touch()
    with pytest.raises(EmbeddedPostgresError, match="is not a PostgreSQL data directory"):
        start_embedded(data_dir)
    with pytest.raises(EmbeddedPostgresError, match="use a path without quotes"):
        start_embedded(tmp_path / "$(touch owned)")
    (tmp_path / "PG_VERSION").write_text("18\n")
    with pytest.raises(EmbeddedPostgresError, match="name a folder of its own"):
        start_embedded(tmp_path)


def test_unusable_place_says_so_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedPostgresError, match="Set DATABASE_URL to use another server") as caught:
        start_embedded(tmp_path / "file")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="file permissions do not bind root, so no folder is closed to it")
def test_closed_folder_says_so_in_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(EmbeddedPostgresError, match="No permission to use"):
        start_embedded(tmp_path / "data")


def test_broken_settings_are_named(data_dir: Path) -> None:
    start_embedded(data_dir)
    stop_embedded(data_dir)
    with (data_dir / "cluster" / "postgresql.auto.conf").open("a") as file:
        file.write("max_connections = lots\n")
    with pytest.raises(EmbeddedPostgresError, match=r"does not start: .*configuration file"):
        start_embedded(data_dir)
