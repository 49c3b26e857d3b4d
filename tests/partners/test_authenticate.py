"""Who a key stands for, and until when."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.kit.db import Database
from app.kit.permissions import Actor, ActorKind
from app.partners.actions.authenticate import authenticate
from app.partners.actions.create_api_key import create_api_key
from app.partners.actions.create_partner import create_partner
from app.partners.actions.note_key_use import note_key_use
from app.partners.actions.revoke_api_key import revoke_api_key
from app.partners.model import hash_secret, new_secret
from tests.kit.feed_tools import running_feed, until


async def who(db: Database, token: str, now: datetime, uses: list[bytes] | None = None) -> Actor | None:
    return await authenticate(db, token, now=now, on_unnoted_use=None if uses is None else uses.append)


async def make_key(db: Database, now: datetime, **more: Any) -> tuple[UUID, str]:
    wanted: dict[str, Any] = {"name": "till", "kind": "STAFF", "scopes": ["stock:read"], **more}
    async with db.write() as tx:
        return await create_api_key(tx, now=now, **wanted)


async def test_a_staff_key(db: Database, now: datetime) -> None:
    _, token = await make_key(db, now, scopes=["stock:read", "stock:write"], location_ids=[2, 1])
    assert await who(db, token, now) == Actor(
        kind=ActorKind.STAFF,
        reference="key:till",
        scopes=frozenset({"stock:read", "stock:write"}),
        partner_id=None,
        location_ids=frozenset({1, 2}),
    )


async def test_a_partner_key(db: Database, now: datetime) -> None:
    async with db.write() as tx:
        partner_id = await create_partner(tx, code="P", name="P", kind="CARRIER", now=now)
    _, token = await make_key(db, now, kind="PARTNER", scopes=["partner:jobs"], partner_id=partner_id)
    actor = await who(db, token, now)
    assert actor is not None
    assert (actor.kind, actor.partner_id, actor.location_ids) == (ActorKind.PARTNER, partner_id, None)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "hk_",
        "hk_unknown_but_possible",
        "Bearer x",
        "hk_" + "x" * 1000,
        "hk_\x00 and more",
        "hk_あいうえおかきくけこ",
    ],
)
async def test_unknown_and_impossible_tokens(db: Database, now: datetime, token: str) -> None:
    assert await who(db, token, now) is None


async def test_similar_tokens_are_other_tokens(db: Database, now: datetime) -> None:
    _, token = await make_key(db, now)
    for other in (new_secret(), token + "x", token[:-1], token.swapcase()):
        assert await who(db, other, now) is None


async def test_a_key_ends_at_the_instant_of_its_expiry(db: Database, now: datetime) -> None:
    end = now + timedelta(hours=1)
    _, token = await make_key(db, now, expires_at=end)
    assert await who(db, token, end - timedelta(microseconds=1)) is not None
    assert await who(db, token, end) is None


async def test_a_revoked_key_is_nobody(db: Database, now: datetime) -> None:
    key_id, token = await make_key(db, now)
    async with db.write() as tx:
        await revoke_api_key(tx, key_id, now=now)
    assert await who(db, token, now) is None


async def test_a_use_is_told_once_a_minute(db: Database, now: datetime) -> None:
    _, token = await make_key(db, now)
    secret = hash_secret(token)
    uses: list[bytes] = []
    await who(db, token, now, uses)
    assert uses == [secret]
    async with db.write() as tx:
        await note_key_use(tx, secret, now=now)
    await who(db, token, now + timedelta(seconds=59), uses)
    assert uses == [secret]
    await who(db, token, now + timedelta(seconds=60), uses)
    assert uses == [secret, secret]


# ── with keys kept in process ─────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def listening(db: Database) -> AsyncGenerator[Database, None]:
    """As a server runs: with a feed."""
    async with running_feed(db):
        await until(lambda: is_on(db))
        yield db


async def is_on(db: Database) -> bool:
    return db.reference.is_on


async def known_key(db: Database, now: datetime, count_statements: Any, **more: Any) -> tuple[UUID, str]:
    """A key that is not looked up any more: what told of its making has come."""
    key_id, token = await make_key(db, now, **more)

    async def is_known() -> bool:
        with count_statements() as count:
            assert await who(db, token, now) is not None
        return not any("api_keys" in one.text for one in count.statements)

    await until(is_known)
    return key_id, token


async def test_a_known_key_is_not_looked_up_again(listening: Database, now: datetime, count_statements: Any) -> None:
    _, token = await known_key(listening, now, count_statements)
    with count_statements() as count:
        for _ in range(5):
            assert await who(listening, token, now) is not None
    assert not any("api_keys" in one.text for one in count.statements)
    assert await who(listening, new_secret(), now) is None


async def test_a_revoked_key_is_nobody_at_once(listening: Database, now: datetime) -> None:
    for number in range(5):
        key_id, token = await make_key(listening, now, name=f"till {number}")
        assert await who(listening, token, now) is not None
        async with listening.write() as tx:
            await revoke_api_key(tx, key_id, now=now)
            assert await who(listening, token, now) is not None
        assert await who(listening, token, now) is None


async def test_a_key_that_another_process_revoked_is_nobody_when_that_is_told(
    listening: Database, now: datetime
) -> None:
    key_id, token = await make_key(listening, now)
    assert await who(listening, token, now) is not None
    other = await Database.open(listening.dsn, read_connections=1, write_connections=1)
    async with other.write() as tx:
        await revoke_api_key(tx, key_id, now=now)
    await other.close()

    async def is_nobody() -> bool:
        return await who(listening, token, now) is None

    await until(is_nobody)


async def test_a_known_key_ends_at_the_instant_of_its_expiry(listening: Database, now: datetime) -> None:
    end = now + timedelta(hours=1)
    _, token = await make_key(listening, now, expires_at=end)
    assert await who(listening, token, end - timedelta(microseconds=1)) is not None
    assert await who(listening, token, end) is None


async def test_the_use_of_a_known_key_is_told_once_a_minute_and_forgets_nothing(
    listening: Database, now: datetime, count_statements: Any
) -> None:
    _, token = await known_key(listening, now, count_statements)
    secret = hash_secret(token)
    uses: list[bytes] = []
    with count_statements() as count:
        for second in range(0, 180, 10):
            instant = now + timedelta(seconds=second)
            told = len(uses)
            assert await who(listening, token, instant, uses) is not None
            if len(uses) > told:
                async with listening.write() as tx:
                    await note_key_use(tx, secret, now=instant)
    assert uses == [secret] * 3
    assert sum("SELECT api_keys" in one.text for one in count.statements) == 0
