"""New secrets for keys that stay what they are."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.kit.db import Database
from app.kit.errors import DomainError, InvalidTransition, NotFound
from app.kit.ids import new_id
from app.partners import sql
from app.partners.actions.authenticate import authenticate
from app.partners.actions.create_api_key import create_api_key
from app.partners.actions.note_key_use import note_key_use
from app.partners.actions.revoke_api_key import revoke_api_key
from app.partners.actions.rotate_api_key import rotate_api_key
from app.partners.actions.set_key_expiry import set_key_expiry
from app.partners.errors import InvalidKey, LastKey
from app.partners.model import MAX_SECRETS, hash_secret
from tests.kit.feed_tools import running_feed, until

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


async def make_key(db: Database, now: datetime, **more: Any) -> tuple[UUID, str]:
    wanted: dict[str, Any] = {"name": "till", "kind": "STAFF", "scopes": ["stock:read"], **more}
    async with db.write() as tx:
        return await create_api_key(tx, now=now, **wanted)


async def rotate(db: Database, key_id: UUID, now: datetime, overlap: timedelta = DAY) -> str:
    async with db.write() as tx:
        return await rotate_api_key(tx, key_id, overlap=overlap, now=now)


async def works(db: Database, token: str, now: datetime) -> bool:
    return await authenticate(db, token, now=now) is not None


async def secrets_of(db: Database, key_id: UUID) -> list[tuple[str, Any, Any]]:
    async with db.read() as tx:
        rows = await tx.fetch(sql.SECRETS_BY_KEY, ids=[key_id], limit=20)
    return [(row.prefix, row.ends_at, row.last_used_at) for row in rows]


async def test_the_old_secret_works_until_the_overlap_ends(db: Database, now: datetime) -> None:
    key_id, old = await make_key(db, now)
    _, other = await make_key(db, now, name="other")
    actor = await authenticate(db, old, now=now)
    async with db.write() as tx:
        await note_key_use(tx, hash_secret(old), now=now)
    new = await rotate(db, key_id, now)
    assert await authenticate(db, old, now=now) == await authenticate(db, new, now=now) == actor
    assert await works(db, old, now + DAY - INSTANT)
    assert not await works(db, old, now + DAY)
    assert await works(db, new, now + 365 * DAY)
    assert await works(db, other, now + 365 * DAY)
    assert await secrets_of(db, key_id) == [(new[:8], None, None), (old[:8], now + DAY, now)]


async def test_without_an_overlap_the_old_secret_is_useless_at_once(db: Database, now: datetime) -> None:
    key_id, old = await make_key(db, now)
    new = await rotate(db, key_id, now, timedelta())
    assert (await works(db, old, now), await works(db, new, now)) == (False, True)


async def test_a_lost_secret_is_replaced_while_the_old_one_works(db: Database, now: datetime) -> None:
    key_id, first = await make_key(db, now)
    lost = await rotate(db, key_id, now, 2 * DAY)
    third = await rotate(db, key_id, now + DAY, 5 * DAY)
    later = now + 2 * DAY
    assert [await works(db, one, later - INSTANT) for one in (first, lost, third)] == [True, True, True]
    assert [await works(db, one, later) for one in (first, lost, third)] == [False, True, True]
    assert [await works(db, one, now + 6 * DAY) for one in (first, lost, third)] == [False, False, True]
    last = await rotate(db, key_id, now + DAY, timedelta())
    assert [await works(db, one, now + DAY) for one in (first, lost, third, last)] == [False, False, False, True]


@pytest.mark.parametrize("overlap", [-INSTANT, 30 * DAY + INSTANT])
async def test_overlaps_that_cannot_be(db: Database, now: datetime, overlap: timedelta) -> None:
    key_id, old = await make_key(db, now)
    with pytest.raises(InvalidKey):
        await rotate(db, key_id, now, overlap)
    assert await secrets_of(db, key_id) == [(old[:8], None, None)]
    await rotate(db, key_id, now, 30 * DAY)


async def test_not_more_secrets_than_anybody_could_watch(db: Database, now: datetime) -> None:
    key_id, _ = await make_key(db, now)
    for _ in range(MAX_SECRETS - 1):
        await rotate(db, key_id, now)
    with pytest.raises(InvalidKey):
        await rotate(db, key_id, now)
    assert len(await secrets_of(db, key_id)) == MAX_SECRETS
    await rotate(db, key_id, now + DAY)
    await rotate(db, key_id, now + DAY, timedelta())
    assert sum(ends is None or ends > now + DAY for _, ends, _ in await secrets_of(db, key_id)) == 1


async def test_keys_that_are_over_get_no_secrets(db: Database, now: datetime) -> None:
    with pytest.raises(NotFound):
        await rotate(db, new_id(), now)
    expiring, _ = await make_key(db, now, expires_at=now + DAY)
    revoked, _ = await make_key(db, now, name="revoked")
    async with db.write() as tx:
        await revoke_api_key(tx, revoked, now=now)
    await rotate(db, expiring, now + DAY - INSTANT)
    for key_id, status in ((expiring, "EXPIRED"), (revoked, "REVOKED")):
        with pytest.raises(InvalidTransition) as refused:
            await rotate(db, key_id, now + DAY)
        assert refused.value.facts == {"current_status": status}


async def test_a_new_secret_does_not_outlive_its_key(db: Database, now: datetime) -> None:
    key_id, old = await make_key(db, now, expires_at=now + DAY)
    new = await rotate(db, key_id, now, 2 * DAY)
    assert [await works(db, one, now + DAY - INSTANT) for one in (old, new)] == [True, True]
    assert [await works(db, one, now + DAY) for one in (old, new)] == [False, False]
    async with db.write() as tx:
        await revoke_api_key(tx, key_id, now=now)
    assert [await works(db, one, now) for one in (old, new)] == [False, False]


async def test_of_many_rotations_at_once_each_gives_a_secret_and_one_is_the_newest(db: Database, now: datetime) -> None:
    key_id, _ = await make_key(db, now)
    tokens = await asyncio.gather(*(rotate(db, key_id, now) for _ in range(6)))
    assert len(set(tokens)) == 6
    assert all([await works(db, token, now) for token in tokens])
    assert sum([await works(db, token, now + DAY) for token in tokens]) == 1


# ── the last key that makes keys ──────────────────────────────────────────────────────────────────────


async def refusal(work: Any) -> str | None:
    try:
        await work
    except DomainError as error:
        return type(error).__name__
    return None


async def end(db: Database, key_id: UUID, now: datetime, *, way: str) -> None:
    async with db.write() as tx:
        if way == "revoke":
            await revoke_api_key(tx, key_id, now=now)
        elif way == "expire":
            await set_key_expiry(tx, key_id, expires_at=now + DAY, now=now)
        else:
            await rotate_api_key(tx, key_id, overlap=timedelta(), now=now)


@pytest.mark.parametrize("way", ["revoke", "expire", "rotate"])
async def test_the_last_key_that_makes_keys_stays(db: Database, now: datetime, way: str) -> None:
    owner, token = await make_key(db, now, name="owner", scopes=["partners:write"])
    await make_key(db, now, name="limited", scopes=["partners:write"], location_ids=[1])
    await make_key(db, now, name="ending", scopes=["partners:write"], expires_at=now + DAY)
    revoked, _ = await make_key(db, now, name="revoked", scopes=["partners:write"])
    async with db.write() as tx:
        await revoke_api_key(tx, revoked, now=now)
    with pytest.raises(LastKey):
        await end(db, owner, now, way=way)
    assert await works(db, token, now + 9 * DAY)
    second, _ = await make_key(db, now, name="second", scopes=["partners:write"])
    await end(db, owner, now, way=way)
    assert await refusal(end(db, second, now, way=way)) == (None if way == "rotate" else "LastKey")


async def test_the_last_key_keeps_its_old_secret_for_a_while(db: Database, now: datetime) -> None:
    owner, token = await make_key(db, now, name="owner", scopes=["partners:write"])
    with pytest.raises(LastKey):
        await rotate(db, owner, now, timedelta(minutes=5) - INSTANT)
    await rotate(db, owner, now, timedelta(minutes=5))
    assert await works(db, token, now + timedelta(minutes=5) - INSTANT)


async def test_two_last_keys_do_not_end_at_the_same_time(db: Database, now: datetime) -> None:
    for attempt in range(5):
        made = [
            (await make_key(db, now, name=f"owner {attempt} {number}", scopes=["partners:write"]))[0]
            for number in range(2)
        ]
        answers = await asyncio.gather(*(refusal(end(db, key_id, now, way="revoke")) for key_id in made))
        assert sorted(answers, key=str) == ["LastKey", None]
        async with db.write() as tx:
            await tx.connection.execute("UPDATE api_keys SET revoked_at = $1", now)


# ── with keys kept in process ─────────────────────────────────────────────────────────────────────────


async def test_other_processes_hear_of_a_rotation(db: Database, now: datetime) -> None:
    key_id, old = await make_key(db, now)
    other = await Database.open(db.dsn, read_connections=1, write_connections=1)

    async def listens() -> bool:
        return db.reference.is_on

    async def is_over() -> bool:
        return not await works(db, old, now)

    async with running_feed(db):
        await until(listens)
        assert await works(db, old, now)
        new = await rotate(other, key_id, now, timedelta())
        await until(is_over)
        assert await works(db, new, now)
    await other.close()
