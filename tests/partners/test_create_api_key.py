"""Making keys: shown once, kept as a hash, never with a name that was used before."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.kit.db import Database
from app.kit.errors import DomainError, NotFound
from app.partners.actions.create_api_key import create_api_key
from app.partners.actions.create_partner import create_partner
from app.partners.errors import InvalidKey, KeyNameTaken
from app.partners.model import hash_secret, is_secret, new_secret


async def keys(db: Database) -> list[dict[str, Any]]:
    async with db.read() as tx:
        return [dict(row) for row in await tx.connection.fetch("SELECT * FROM api_keys ORDER BY id")]


async def secrets(db: Database) -> list[tuple[bytes, str]]:
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT * FROM api_key_secrets")
    assert all(row["ends_at"] is row["last_used_at"] is None for row in rows)
    return [(row["secret_hash"], row["prefix"]) for row in rows]


async def test_only_the_hash_is_kept(db: Database, now: datetime) -> None:
    async with db.write() as tx:
        key_id, token = await create_api_key(
            tx, name="till-1", kind="STAFF", scopes=["stock:write", "stock:read", "stock:read"], location_ids=[7, 3, 3],
            expires_at=now + timedelta(days=1), now=now,
        )  # fmt: skip
    assert token.startswith("hk_")
    assert len(token) == 46
    assert await keys(db) == [
        {
            "id": key_id,
            "name": "till-1",
            "kind": "STAFF",
            "scopes": ["stock:read", "stock:write"],
            "partner_id": None,
            "location_ids": [3, 7],
            "created_at": now,
            "expires_at": now + timedelta(days=1),
            "revoked_at": None,
        }
    ]
    assert await secrets(db) == [(hash_secret(token), token[:8])]


async def test_a_given_token_is_taken(db: Database, now: datetime) -> None:
    async with db.write() as tx:
        _, token = await create_api_key(
            tx, name="demo", kind="STAFF", scopes=["stock:read"], now=now, token="hk_demo_staff"
        )
    assert token == "hk_demo_staff"
    assert await secrets(db) == [(hash_secret("hk_demo_staff"), "hk_demo_")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "needs a name"),
        ({"name": " till"}, "needs a name"),
        ({"name": "x" * 81}, "needs a name"),
        ({"kind": "SHOPPER"}, "'SHOPPER' is no kind"),
        ({"scopes": []}, "at least one"),
        ({"scopes": ["stock:read", "world:rule"]}, "not world:rule"),
        ({"kind": "PARTNER"}, "belongs to a partner"),
        ({"partner_id": UUID(int=1)}, "belongs to a partner"),
        ({"location_ids": []}, "no location"),
        ({"expires_at": "now"}, "in the future"),
        ({"token": "secret"}, "begins with hk_"),
        ({"token": "hk_short"}, "begins with hk_"),
        ({"token": "hk_" + "あ" * 20}, "begins with hk_"),
    ],
)
async def test_keys_that_cannot_be_made(db: Database, now: datetime, change: dict[str, Any], message: str) -> None:
    wanted: dict[str, Any] = {"name": "till", "kind": "STAFF", "scopes": ["stock:read"], **change}
    if wanted.get("expires_at") == "now":
        wanted["expires_at"] = now
    with pytest.raises(InvalidKey, match=message):
        async with db.write() as tx:
            await create_api_key(tx, now=now, **wanted)
    assert await keys(db) == []


async def test_an_unknown_partner(db: Database, now: datetime) -> None:
    with pytest.raises(NotFound):
        async with db.write() as tx:
            await create_api_key(tx, name="p", kind="PARTNER", scopes=["partner:jobs"], partner_id=uuid4(), now=now)
    assert await keys(db) == []


async def test_a_name_and_a_secret_are_never_given_twice(db: Database, now: datetime) -> None:
    async with db.write() as tx:
        partner_id = await create_partner(tx, code="P", name="P", kind="CARRIER", now=now)
        await create_api_key(
            tx, name="p", kind="PARTNER", scopes=["partner:jobs"], partner_id=partner_id, now=now, token="hk_1234567890"
        )  # fmt: skip
    before = await keys(db)
    for change in ({"name": "p"}, {"name": "q", "token": "hk_1234567890"}):
        with pytest.raises(KeyNameTaken):
            async with db.write() as tx:
                await create_api_key(tx, kind="STAFF", scopes=["stock:read"], now=now, **change)
    assert await keys(db) == before


async def test_of_many_who_want_one_name_one_gets_it(db: Database, now: datetime) -> None:
    async def wants_it() -> bool:
        try:
            async with db.write() as tx:
                await create_api_key(tx, name="till", kind="STAFF", scopes=["stock:read"], now=now)
        except DomainError:
            return False
        return True

    assert sum(await asyncio.gather(*(wants_it() for _ in range(8)))) == 1
    assert len(await keys(db)) == 1


def test_fresh_secrets_differ_and_are_secrets() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(is_secret(secret) for secret in secrets)
