"""The code is right, or it is counted."""

import asyncio

import pytest

from app.fulfillment.errors import PickupCodeInvalid, PickupCodeLocked
from app.kit.db import Database
from app.kit.errors import InvalidTransition
from tests.conftest import NOW
from tests.fulfillment.builders import konbini_pickup, planned_order, store_pickup
from tests.fulfillment.views import (
    code_of,
    everything,
    history_of,
    make_arrived,
    make_ready,
    pickup_of,
    say_code,
    wrong_code_of,
)


async def test_the_right_code_allows_the_hand_over(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    assert await say_code(db, await make_ready(db, order_id)) is None
    pickup = await pickup_of(db, order_id)
    assert (pickup.status, pickup.verified_at, pickup.failed_attempts) == ("READY", NOW, 0)


async def test_a_wrong_code_is_counted_and_the_right_one_resets_the_count(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    for wrong, remaining in ((wrong_code_of(pickup), 4), ("", 3), ("abc", 2)):
        refusal = await say_code(db, pickup, wrong)
        assert isinstance(refusal, PickupCodeInvalid)
        assert (refusal.facts, refusal.path) == ({"remaining_attempts": remaining}, ["input", "code"])
    assert (await pickup_of(db, order_id)).failed_attempts == 3
    assert await say_code(db, pickup) is None
    assert (await pickup_of(db, order_id)).failed_attempts == 0


async def test_a_wrong_code_takes_back_an_earlier_verification(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    await say_code(db, pickup)
    await say_code(db, pickup, wrong_code_of(pickup))
    assert (await pickup_of(db, order_id)).verified_at is None


async def test_the_fifth_wrong_code_locks_even_the_right_one_out(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    refusals = [await say_code(db, pickup, wrong_code_of(pickup)) for _ in range(5)]
    assert [refusal and refusal.facts["remaining_attempts"] for refusal in refusals] == [4, 3, 2, 1, 0]
    assert (await history_of(db, order_id))[-1] == "PICKUP_LOCKED"
    before = await everything(db)
    for code in (code_of(pickup), wrong_code_of(pickup)):
        with pytest.raises(PickupCodeLocked):
            await say_code(db, pickup, code)
    assert await everything(db) == before
    locked = await pickup_of(db, order_id)
    assert (locked.is_locked, locked.failed_attempts, locked.verified_at) == (True, 5, None)


async def test_wrong_codes_in_parallel_are_counted_exactly(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    answers = await asyncio.gather(
        *(say_code(db, pickup, wrong_code_of(pickup)) for _ in range(12)), return_exceptions=True
    )
    counted = [answer for answer in answers if isinstance(answer, PickupCodeInvalid)]
    assert sorted(refusal.facts["remaining_attempts"] for refusal in counted) == [0, 1, 2, 3, 4]
    assert sum(isinstance(answer, PickupCodeLocked) for answer in answers) == 7
    assert (await pickup_of(db, order_id)).failed_attempts == 5


async def test_partners_verify_at_their_points(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    assert await say_code(db, pickup, actor=shop.partner) is None


async def test_nothing_is_verified_before_the_goods_are_ready(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await pickup_of(db, order_id)
    before = await everything(db)
    for code in (code_of(pickup), "000000"):
        with pytest.raises(InvalidTransition) as refusal:
            await say_code(db, pickup, code)
        assert refusal.value.facts == {"current_status": "PREPARING"}
    assert await everything(db) == before
