"""What is sent again, and what is not; a connection that is cut in the middle of a COMMIT."""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from app.kit.db import RETRIES, Database, WriteTx
from app.kit.ids import global_id
from app.kit.permissions import SCOPES, Actor, ActorKind
from app.kit.statement import Statement
from tests.conftest import Execute
from tests.inventory.builders import counters, stocked

STAFF = Actor(kind=ActorKind.STAFF, reference="key:staff", scopes=frozenset(SCOPES))
RECEIVE = """mutation ($input: StockReceiveInput!) { stockReceive(input: $input) { userErrors { code } replayed } }"""
SKU = Statement("SELECT sku FROM variants WHERE id = :id")
SENT_AGAIN = [
    "40001",
    "40P01",
    "55P03",
    "57P01",
    "57P02",
    "57P03",
    "08000",
    "08003",
    "08006",
    "08001",
    "08004",
    "08P01",
]
# A bug, a shortage, a mistake, a statement that took too long: again would be the same again.
SENT_ONCE = ["23514", "23505", "23503", "42501", "42P01", "57014", "22003", "53100", "XX000"]


async def tries(db: Database, sqlstate: str) -> int:
    """How often a work is begun that PostgreSQL refuses with this code each time."""
    begun = 0

    async def work(tx: WriteTx) -> None:
        nonlocal begun
        begun += 1
        await tx.connection.execute(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{sqlstate}'; END $$")

    with pytest.raises(asyncpg.PostgresError) as refused:
        await db.in_write(work)
    assert refused.value.sqlstate == sqlstate
    return begun


@pytest.mark.parametrize("sqlstate", SENT_AGAIN)
async def test_trouble_that_passes_is_tried_five_times(db: Database, sqlstate: str) -> None:
    assert await tries(db, sqlstate) == RETRIES == 5


@pytest.mark.parametrize("sqlstate", SENT_ONCE)
async def test_what_would_fail_again_is_tried_once(db: Database, sqlstate: str) -> None:
    assert await tries(db, sqlstate) == 1


async def test_the_first_try_that_succeeds_is_the_last(db: Database) -> None:
    begun = 0

    async def work(tx: WriteTx) -> int:
        nonlocal begun
        begun += 1
        await tx.connection.execute("INSERT INTO outbox (topic, key, payload) VALUES ('x', 'k', '{}')")
        if begun < 3:
            await tx.connection.execute("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$")
        return begun

    assert await db.in_write(work) == 3
    async with db.read() as tx:
        assert await tx.fetchval(Statement("SELECT count(*) FROM outbox WHERE topic = 'x'")) == 1


@dataclass
class Wire:
    """Stands between a client and PostgreSQL, and cuts the first COMMIT off, before or after it has happened."""

    target: str
    is_done: bool
    cuts: list[bytes] = field(default_factory=list[bytes])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        host, _, port = self.target.rpartition(":")
        if host.startswith("/"):
            there, back = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        else:
            there, back = await asyncio.open_connection(host, int(port))
        answers = asyncio.create_task(self._pass(there, writer))
        try:
            while data := await reader.read(65536):
                if b"COMMIT;\0" in data and not self.cuts:
                    self.cuts.append(data)
                    answers.cancel()
                    await asyncio.gather(answers, return_exceptions=True)
                    if self.is_done:
                        back.write(data)
                        await there.readuntil(b"COMMIT\0")
                    return
                back.write(data)
        finally:
            answers.cancel()
            back.close()
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()


@contextlib.asynccontextmanager
async def cut_at_commit(db: Database, *, is_done: bool) -> AsyncGenerator[tuple[Database, Wire]]:
    """The same database over a wire that is cut once."""
    parts = urlsplit(db.dsn)
    host = parse_qs(parts.query)["host"][0] if "host=" in parts.query else parts.hostname or "localhost"
    wire = Wire(f"{host}:{parts.port or parse_qs(parts.query).get('port', ['5432'])[0]}", is_done)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    user = f"{parts.username or os.environ.get('PGUSER', 'postgres')}:{parts.password or ''}"
    far = await Database.open(f"postgresql://{user}@127.0.0.1:{port}{parts.path}?sslmode=disable")
    try:
        yield far, wire
    finally:
        await far.close()
        server.close()


@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
async def test_a_connection_cut_in_the_middle_of_a_commit_moves_stock_once(db: Database, *, is_done: bool) -> None:
    """Nobody can know whether the commit happened: sent again, the key tells."""
    variant_id, [store] = await stocked(db, 5)
    async with db.read() as tx:
        sku = await tx.fetchval(SKU, id=variant_id)
    given = {"locationId": global_id("Location", store), "lines": [{"sku": sku, "quantity": 3}], "idempotencyKey": "d1"}
    async with cut_at_commit(db, is_done=is_done) as (far, wire):
        answer = await Execute(far)(RECEIVE, {"input": given}, actor=STAFF)
        again = await Execute(far)(RECEIVE, {"input": given}, actor=STAFF)
    assert wire.cuts == [b"Q\0\0\0\x0cCOMMIT;\0"]
    assert answer == {"stockReceive": {"userErrors": [], "replayed": is_done}}
    assert again == {"stockReceive": {"userErrors": [], "replayed": True}}
    assert (await counters(db))[variant_id, store] == (8, 0, 0, 0)
