"""Another end for a key."""

from datetime import datetime, timedelta

import pytest

from app.kit.db import Database
from app.kit.errors import InvalidTransition, NotFound
from app.kit.ids import new_id
from app.partners.actions.authenticate import authenticate
from app.partners.actions.revoke_api_key import revoke_api_key
from app.partners.actions.set_key_expiry import set_key_expiry
from app.partners.errors import InvalidKey
from tests.partners.test_rotate_api_key import DAY, INSTANT, make_key, works


async def test_a_key_ends_earlier_later_or_never(db: Database, now: datetime) -> None:
    key_id, token = await make_key(db, now, expires_at=now + 2 * DAY)
    _, other = await make_key(db, now, name="other", expires_at=now + 2 * DAY)
    for end in (now + DAY, now + 3 * DAY):
        async with db.write() as tx:
            await set_key_expiry(tx, key_id, expires_at=end, now=now)
        assert (await works(db, token, end - INSTANT), await works(db, token, end)) == (True, False)
    async with db.write() as tx:
        await set_key_expiry(tx, key_id, expires_at=None, now=now)
    assert await authenticate(db, token, now=now + 999 * DAY) is not None
    assert (await works(db, other, now + 2 * DAY - INSTANT), await works(db, other, now + 2 * DAY)) == (True, False)


async def test_a_key_that_has_expired_works_again(db: Database, now: datetime) -> None:
    key_id, token = await make_key(db, now - 2 * DAY, expires_at=now - DAY)
    assert not await works(db, token, now)
    async with db.write() as tx:
        await set_key_expiry(tx, key_id, expires_at=now + DAY, now=now)
    assert await works(db, token, now)


async def test_ends_that_cannot_be(db: Database, now: datetime) -> None:
    key_id, token = await make_key(db, now)
    for end in (now, now - timedelta(days=400)):
        async with db.write() as tx:
            with pytest.raises(InvalidKey):
                await set_key_expiry(tx, key_id, expires_at=end, now=now)
    assert await works(db, token, now + 999 * DAY)
    async with db.write() as tx:
        with pytest.raises(NotFound):
            await set_key_expiry(tx, new_id(), expires_at=None, now=now)
        await revoke_api_key(tx, key_id, now=now)
    async with db.write() as tx:
        with pytest.raises(InvalidTransition) as refused:
            await set_key_expiry(tx, key_id, expires_at=None, now=now)
    assert refused.value.facts == {"current_status": "REVOKED"}
    assert not await works(db, token, now)
