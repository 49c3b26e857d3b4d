"""The last use of a key, to the minute."""

import asyncio
from datetime import datetime, timedelta

from app.kit.db import Database
from app.partners.actions.create_api_key import create_api_key
from app.partners.actions.note_key_use import note_key_use
from app.partners.model import hash_secret


async def make_key(db: Database, now: datetime) -> bytes:
    async with db.write() as tx:
        _, token = await create_api_key(tx, name="till", kind="STAFF", scopes=["stock:read"], now=now)
    return hash_secret(token)


async def last_use(db: Database) -> datetime | None:
    async with db.read() as tx:
        return await tx.connection.fetchval("SELECT last_used_at FROM api_key_secrets")


async def note(db: Database, secret: bytes, now: datetime) -> bool:
    async with db.write() as tx:
        return await note_key_use(tx, secret, now=now)


async def test_it_is_written_at_most_once_a_minute(db: Database, now: datetime) -> None:
    secret = await make_key(db, now)
    assert await last_use(db) is None
    assert await note(db, secret, now) is True
    assert await note(db, secret, now + timedelta(seconds=59)) is False
    assert await last_use(db) == now
    assert await note(db, secret, now + timedelta(seconds=60)) is True
    assert await last_use(db) == now + timedelta(seconds=60)


async def test_of_many_uses_at_once_one_is_written(db: Database, now: datetime) -> None:
    secret = await make_key(db, now)
    assert sum(await asyncio.gather(*(note(db, secret, now) for _ in range(8)))) == 1


async def test_a_key_that_is_gone_is_no_trouble(db: Database, now: datetime) -> None:
    assert await note(db, b"gone", now) is False
