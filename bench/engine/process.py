"""One server process of the benchmark: ours, or the hand-written one. Started by `start_server`."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import uvicorn

from app.api.listening import bind, url_of
from app.kit.db import Database
from app.kit.feed import Feed
from app.kit.startup import run
from app.main import serve, spare_the_collector
from app.settings import Settings
from bench.engine.raw import Connections, Headers, RawReads
from bench.engine.raw_plain import PlainReads
from bench.engine.raw_writes import RawWrites
from bench.engine.sampler import Sampler
from bench.engine.shop import Shop
from bench.engine.usage import raise_file_limit

POOL: Final = 8
_READY: Final = "ready "
_OK: Final = 200


@dataclass(frozen=True)
class Running:
    """A started server. user: whose connections in PostgreSQL are its own."""

    kind: str
    process: subprocess.Popen[str]
    user: str

    @property
    def pid(self) -> int:
        """Of the process."""
        return self.process.pid

    def begin_profile(self) -> None:
        """Sample from now on; only for a server that was started with a `profile`."""
        self.process.send_signal(signal.SIGUSR1)

    async def end_profile(self, path: Path) -> dict[str, Any]:
        """What was sampled; path: the one that the server was started with."""
        self.process.send_signal(signal.SIGUSR2)
        for _ in range(100):
            if path.exists():  # noqa: ASYNC240  # written once, by another process
                return orjson.loads(path.read_bytes())  # noqa: ASYNC240
            await asyncio.sleep(0.1)
        raise RuntimeError("The server wrote no samples.")

    @cached_property
    def port(self) -> int:
        """Where it answers; waits until it does."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(_READY):
                return int(line.removeprefix(_READY))
        raise RuntimeError(f"The server {self.kind} did not start.")


@contextmanager
def server(kind: str, dsn: str, shop: Path, *, core: int | None, profile: Path | None = None) -> Iterator[Running]:
    """kind: ours, reference (ours on graphql-core's executor) or raw. core: the one that it may use; None: all.

    It is not ready yet: see `Running.port`.
    """
    given = {"kind": kind, "dsn": dsn, "shop": str(shop), "core": core, "profile": profile and str(profile)}
    process = subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-m", "bench.engine.process", orjson.dumps(given).decode()],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Running(kind, process, urlsplit(dsn).username or "")
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()
        process.stdout.close()  # pyright: ignore[reportOptionalMemberAccess]


def _main(given: dict[str, Any]) -> None:
    raise_file_limit()
    if given["core"] is not None:
        os.sched_setaffinity(0, {given["core"]})
    if given["profile"] is not None:
        Sampler(Path(given["profile"])).listen()
    if given["kind"] == "raw":
        run(_serve_raw(given["dsn"], Shop.load(Path(given["shop"]))))
        return
    if given["kind"] == "reference":
        _use_reference_executor()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            DATABASE_URL=given["dsn"],  # pyright: ignore[reportCallIssue]
            port=0,
            data_dir=Path(folder),
            secret_key="only for benchmarks, not in shops",  # noqa: S106
            production=True,
            read_connections=POOL,
            write_connections=POOL,
        )
        serve(settings, _tell_ours, with_worker=False)


def _tell_ours(line: str) -> None:
    if "http://" in line:
        print(_READY + line.rstrip("/").rpartition(":")[2], flush=True)


def _use_reference_executor() -> None:
    from app.engine.engine import Engine  # noqa: PLC0415

    Engine.execute = Engine.reference  # type: ignore[method-assign]


async def _serve_raw(dsn: str, shop: Shop) -> None:
    connections = await Connections.open(dsn, POOL)
    db = await Database.open(dsn, read_connections=POOL, write_connections=POOL)
    # Whoever writes stock reads the outbox as well, to tell those who listen.
    feed = Feed(db)
    await feed.start()
    handlers = {**(await RawReads.open(connections)).handlers, **RawWrites(db, shop).handlers}
    handlers |= (await PlainReads.open(dsn, POOL)).handlers

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message.get("more_body"):
                break
        headers: Headers = dict(scope["headers"])
        payload = await handlers[scope["path"][1:]](orjson.loads(body), headers)
        head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(payload))]
        await send({"type": "http.response.start", "status": _OK, "headers": head})
        await send({"type": "http.response.body", "body": payload})

    spare_the_collector()
    listening = bind("127.0.0.1", 0)
    print(_READY + url_of(listening).rstrip("/").rpartition(":")[2], flush=True)
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, access_log=False, server_header=False, proxy_headers=False,
        timeout_keep_alive=75, loop="uvloop", http="httptools",
    )  # fmt: skip
    await uvicorn.Server(config).serve(sockets=[listening])
    await feed.close()
    await asyncio.gather(connections.close(), db.close())


if __name__ == "__main__":
    _main(orjson.loads(sys.argv[1]))
