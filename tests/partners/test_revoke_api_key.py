"""Revoking keys."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from app.kit.db import Database
from app.kit.errors import NotFound
from app.partners.actions.create_api_key import create_api_key
from app.partners.actions.revoke_api_key import revoke_api_key


async def test_a_key_is_revoked_once_and_keeps_the_time(db: Database, now: datetime) -> None:
    async with db.write() as tx:
        key_id, _ = await create_api_key(tx, name="a", kind="STAFF", scopes=["stock:read"], now=now)
        await create_api_key(tx, name="b", kind="STAFF", scopes=["stock:read"], now=now)
    async with db.write() as tx:
        assert await revoke_api_key(tx, key_id, now=now) is True
        assert await revoke_api_key(tx, key_id, now=now + timedelta(hours=1)) is False
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT name, revoked_at FROM api_keys ORDER BY name")
    assert [tuple(row) for row in rows] == [("a", now), ("b", None)]


async def test_an_unknown_key(db: Database, now: datetime) -> None:
    async with db.write() as tx:
        with pytest.raises(NotFound):
            await revoke_api_key(tx, uuid4(), now=now)
