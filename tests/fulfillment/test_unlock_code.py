"""Staff unlocks a pickup."""

from uuid import UUID

import pytest

from app.fulfillment.actions.hand_over import hand_over
from app.fulfillment.actions.unlock_code import unlock_code
from app.fulfillment.errors import PickupCodeInvalid
from app.kit.db import Database
from app.kit.errors import InvalidTransition
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, planned_order, store_pickup
from tests.fulfillment.views import (
    code_of,
    everything,
    history_of,
    make_ready,
    make_verified,
    pickup_of,
    say_code,
    wrong_code_of,
)


async def _unlock(db: Database, pickup_id: UUID) -> None:
    async with db.write() as tx:
        await unlock_code(tx, pickup_id, actor=STAFF, now=NOW)


async def test_an_unlocked_pickup_has_a_new_code(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    locked = await make_ready(db, order_id)
    for _ in range(5):
        await say_code(db, locked, wrong_code_of(locked))
    await _unlock(db, locked.id)
    pickup = await pickup_of(db, order_id)
    assert (pickup.is_locked, pickup.failed_attempts, pickup.code_version) == (False, 0, 2)
    assert (await history_of(db, order_id))[-1] == "PICKUP_UNLOCKED"
    assert code_of(pickup) != code_of(locked)
    assert isinstance(await say_code(db, pickup, code_of(locked)), PickupCodeInvalid)
    assert await say_code(db, pickup) is None


async def test_unlocking_takes_back_a_verification(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    await _unlock(db, (await make_verified(db, order_id)).id)
    assert (await pickup_of(db, order_id)).verified_at is None


async def test_a_pickup_that_is_over_needs_no_code(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_verified(db, order_id)
    async with db.write() as tx:
        await hand_over(tx, pickup.id, actor=STAFF, now=NOW)
    before = await everything(db)
    with pytest.raises(InvalidTransition) as refusal:
        await _unlock(db, pickup.id)
    assert refusal.value.facts == {"current_status": "COLLECTED"}
    assert await everything(db) == before
