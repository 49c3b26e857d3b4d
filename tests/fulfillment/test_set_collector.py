"""Somebody else than the buyer will collect."""

from uuid import UUID

import pytest

from app.fulfillment.actions.expire_pickup import expire_pickup
from app.fulfillment.actions.set_collector import set_collector
from app.fulfillment.errors import PickupCodeInvalid
from app.kit.db import Database
from app.kit.errors import InvalidInput, InvalidTransition, NotFound
from app.kit.permissions import SHOPPER
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


async def _set(db: Database, pickup_id: UUID, order_id: UUID | None, name: str | None) -> None:
    await db.in_write(lambda tx: set_collector(tx, pickup_id, name, order_id=order_id, actor=SHOPPER, now=NOW))


async def test_the_other_person_gets_a_code_and_the_old_one_is_void(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    old = await make_verified(db, order_id)
    await _set(db, old.id, order_id, " 山田 花子 ")
    new = await pickup_of(db, order_id)
    assert (new.collector_name, new.verified_at) == ("山田 花子", None)
    assert isinstance(await say_code(db, new, code_of(old)), PickupCodeInvalid)
    assert await say_code(db, new, code_of(new)) is None
    [entry] = [row for row in (await everything(db))["order_history"] if row["kind"] == "PICKUP_CHANGED"]
    assert entry["facts"] == {"pickup": new.number, "hasCollector": True}


async def test_when_the_buyer_comes_after_all_the_other_one_gets_nothing(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    await _set(db, pickup.id, order_id, "Hanako")
    theirs = await pickup_of(db, order_id)
    await _set(db, pickup.id, order_id, None)
    assert (await pickup_of(db, order_id)).collector_name is None
    assert isinstance(await say_code(db, theirs, code_of(theirs)), PickupCodeInvalid)


async def test_wrong_codes_stay_counted_and_a_locked_pickup_locked(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    for _ in range(5):
        await say_code(db, pickup, wrong_code_of(pickup))
    await _set(db, pickup.id, order_id, "Hanako")
    after = await pickup_of(db, order_id)
    assert (after.failed_attempts, after.is_locked) == (5, True)


async def test_the_same_name_again_changes_nothing(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await pickup_of(db, order_id)
    await _set(db, pickup.id, order_id, "Hanako")
    before = await everything(db)
    await _set(db, pickup.id, order_id, "Hanako")
    assert await everything(db) == before


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\x00b"])
async def test_names_that_cannot_be_are_refused(db: Database, name: str) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await pickup_of(db, order_id)
    before = await everything(db)
    with pytest.raises(InvalidInput):
        await _set(db, pickup.id, order_id, name)
    assert await everything(db) == before


async def test_only_the_buyer_and_only_while_it_can_be_collected(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    for wrong in (None, UUID(int=3)):
        with pytest.raises(NotFound):
            await _set(db, pickup.id, wrong, "Hanako")
    await db.in_write(lambda tx: expire_pickup(tx, pickup.id, actor=STAFF, now=pickup.hold_until))
    with pytest.raises(InvalidTransition):
        await _set(db, pickup.id, order_id, "Hanako")
    assert "PICKUP_CHANGED" not in await history_of(db, order_id)
