"""A gate between a program and its database, which can be shut and opened."""

import asyncio
import contextlib
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit


class Gate:
    """Passes PostgreSQL's bytes on. Shut, it breaks every connection and lets none through."""

    def __init__(self, dsn: str) -> None:
        parts = urlsplit(dsn)
        query = parse_qs(parts.query)
        self._host = parts.hostname or query.get("host", ["127.0.0.1"])[0]
        self._port = parts.port or int(query.get("port", ["5432"])[0])
        self._folder = tempfile.TemporaryDirectory(prefix="hikiate-gate-")
        # Unix sockets have short names: not in pytest's folder.
        self._socket = Path(self._folder.name) / ".s.PGSQL.5432"
        user = f"{parts.username or 'postgres'}:{parts.password}@" if parts.password else f"{parts.username or ''}@"
        where = urlencode({"host": self._folder.name, "port": 5432}, safe="/")
        self.dsn = f"postgresql://{user}{parts.path}?{where}"
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Let connections through."""
        self._socket.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._pass_on, self._socket)

    async def shut(self) -> None:
        """Break all connections; new ones are refused."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._socket.unlink(missing_ok=True)
        for writer in [*self._writers]:
            writer.transport.abort()
        self._writers.clear()
        await asyncio.sleep(0)

    async def remove(self) -> None:
        """Shut it for good."""
        await self.shut()
        self._folder.cleanup()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._host.startswith("/"):
            far_reader, far_writer = await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{self._port}")
        else:
            far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        self._writers |= {writer, far_writer}
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        self._writers -= {writer, far_writer}


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    writer.transport.abort()
