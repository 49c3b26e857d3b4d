"""A delivery changes its slot: the new one is taken and the old one freed in one."""

import asyncio
from collections import Counter

import pytest

from app.capacity.actions.move_slot import move_slot
from app.capacity.actions.release_slots import release_slots
from app.capacity.model.slots import SlotWish
from app.kit.db import Database
from app.kit.errors import DomainError
from tests.capacity.slots import HOUR, TEN, TUESDAY, TWELVE, book, booked, counters, make_store, save, told, wish
from tests.conftest import NOW


def again(one: SlotWish, begins: object) -> SlotWish:
    return SlotWish(one.delivery_id, one.order_id, one.location_id, begins, NOW)  # type: ignore[arg-type]


async def test_there_and_back(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 1)
    own = wish(store)
    await book(db, own)
    slot = await db.in_write(lambda tx: move_slot(tx, again(own, TWELVE)))
    assert slot is not None
    assert (slot.begins, slot.ends) == (TWELVE, TWELVE + 2 * HOUR)
    assert await booked(db) == {own.delivery_id: TWELVE}
    assert await counters(db) == [(TEN, 1, 0, 1), (TWELVE, 1, 1, 1)]
    assert await db.in_write(lambda tx: move_slot(tx, again(own, TWELVE))) is None
    await db.in_write(lambda tx: move_slot(tx, again(own, TEN)))
    assert await counters(db) == [(TEN, 1, 1, 1), (TWELVE, 1, 0, 1)]


async def test_who_has_none_takes_one_and_may_take_one_again(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 1)
    own = wish(store)
    await db.in_write(lambda tx: move_slot(tx, own))
    await db.in_write(lambda tx: release_slots(tx, [own.order_id]))
    await db.in_write(lambda tx: move_slot(tx, again(own, TUESDAY)))
    assert await booked(db) == {own.delivery_id: TUESDAY}
    assert await counters(db) == [(TEN, 1, 0, 1), (TUESDAY, 1, 1, 1)]


async def test_a_refusal_changes_nothing(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 1)
    own = wish(store)
    await book(db, own, wish(store, TWELVE))
    cases = [
        (TWELVE, {}, ("SLOT_FULL", None, [TUESDAY, TUESDAY + 2 * HOUR, TUESDAY + 24 * HOUR])),
        (TUESDAY, {"ready": TUESDAY + HOUR}, ("SLOT_NOT_OFFERED", "GOODS_NOT_READY", [TUESDAY + 2 * HOUR])),
        (TUESDAY + 2 * HOUR, {"until": TUESDAY + 3 * HOUR}, ("SLOT_NOT_OFFERED", "HOLD_ENDS", [NOW, TUESDAY])),
        (NOW + HOUR, {}, ("SLOT_NOT_OFFERED", "NO_SUCH_SLOT", [TUESDAY])),
    ]
    for begins, span, expected in cases:
        with pytest.raises(DomainError) as refusal:
            await db.in_write(lambda tx, begins=begins, span=span: move_slot(tx, again(own, begins), **span))
        code, reason, found = told(refusal.value)
        assert (code, reason, found[: len(expected[2])]) == expected
    assert await booked(db) | {own.delivery_id: TEN} == await booked(db)
    assert await counters(db) == [(TEN, 1, 1, 1), (TWELVE, 1, 1, 1)]


async def test_goods_that_are_ready_need_no_lead(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 1, lead_minutes=2880)
    own = wish(store)
    with pytest.raises(DomainError) as refusal:
        await db.in_write(lambda tx: move_slot(tx, own))
    assert told(refusal.value)[1] == "TOO_LATE"
    assert await db.in_write(lambda tx: move_slot(tx, own, until=TUESDAY)) is not None


async def test_out_of_a_slot_that_was_lowered(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 2)
    wishes = [wish(store), wish(store)]
    await book(db, *wishes)
    async with db.write() as tx:
        await save(tx, store, 1)
    await db.in_write(lambda tx: move_slot(tx, again(wishes[0], TWELVE)))
    assert await counters(db) == [(TEN, 1, 1, 1), (TWELVE, 1, 1, 1)]
    with pytest.raises(DomainError):
        await db.in_write(lambda tx: move_slot(tx, again(wishes[0], TEN)))


async def test_who_change_places_do_not_wait_in_a_circle(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 6)
    wishes = [wish(store, begins) for begins in (TEN, TWELVE) for _ in range(5)]
    await book(db, *wishes)

    async def move(one: SlotWish) -> str:
        try:
            await db.in_write(lambda tx: move_slot(tx, again(one, TWELVE if one.begins == TEN else TEN)))
        except DomainError as refusal:
            return refusal.code
        return "MOVED"

    answers = Counter(await asyncio.gather(*(move(one) for one in wishes)))
    assert answers["MOVED"] + answers["SLOT_FULL"] == 10
    assert answers["MOVED"] >= 2
    assert sum(units for _, _, units, _ in await counters(db)) == 10


async def test_the_last_place_is_one_delivery_s(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 3)
    wishes = [wish(store, TEN if number < 3 else TUESDAY) for number in range(6)]
    await book(db, *wishes, wish(store, TWELVE), wish(store, TWELVE))

    async def move(one: SlotWish) -> str:
        try:
            await db.in_write(lambda tx: move_slot(tx, again(one, TWELVE)))
        except DomainError as refusal:
            return refusal.code
        return "MOVED"

    assert Counter(await asyncio.gather(*(move(one) for one in wishes))) == {"MOVED": 1, "SLOT_FULL": 5}
    assert sum(units for _, _, units, _ in await counters(db)) == 8
