"""A way to the database that is cut in the middle of commits: now before one gets there, now before its answer."""

import asyncio
import contextlib
import random

from tests.scenarios.gate import Gate


class Cutter(Gate):
    """Passes PostgreSQL's bytes on. share: of the commits, so many lose their connection."""

    def __init__(self, dsn: str, *, share: float, chance: random.Random) -> None:
        super().__init__(dsn)
        self._share, self._chance = share, chance
        self.cuts = {"before": 0, "after": 0}
        """Connections cut so far: before the commit was passed on, and after it."""

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{self._port}")
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, far_writer}
        self._writers |= ends
        await asyncio.gather(self._ask(reader, far_writer, writer), _answer(far_reader, writer))
        self._writers -= ends

    async def _ask(
        self, reader: asyncio.StreamReader, server: asyncio.StreamWriter, client: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(262_144):
                cut = self._cut() if b"COMMIT;" in chunk else None
                if cut == "before":
                    break
                server.write(chunk)
                await server.drain()
                if cut == "after":
                    client.transport.abort()
                    server.close()
                    return
        client.transport.abort()
        server.transport.abort()

    def _cut(self) -> str | None:
        if self._chance.random() >= self._share:
            return None
        place = self._chance.choice(["before", "after"])
        self.cuts[place] += 1
        return place


async def _answer(reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(262_144):
            client.write(chunk)
            await client.drain()
    client.transport.abort()
