"""Places in pickup slots: first come first served, never more than there are."""

import asyncio
from collections import Counter
from collections.abc import Callable

import asyncpg
import pytest

from app.capacity.actions.plan_slots import plan_slots
from app.kit.db import Database, WriteTx
from app.kit.ids import new_id
from app.kit.statement import Statement
from tests.capacity.slots import HOUR, TEN, TUESDAY, TWELVE, book, booked, counters, make_store, save, told, wish
from tests.conftest import Count
from tests.locations.builders import make_location

_FORCE = Statement("UPDATE pickup_slots SET booked = booked + 1")


async def test_the_first_ones_get_the_places(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx)
    wishes = [wish(store), wish(store), wish(store), wish(store, TWELVE)]
    assert await book(db, *wishes) == [None, None, "FULL", None]
    assert await booked(db) == {wishes[0].delivery_id: TEN, wishes[1].delivery_id: TEN, wishes[3].delivery_id: TWELVE}
    assert await counters(db) == [(TEN, 2, 2, 2), (TWELVE, 2, 1, 2)]
    assert await book(db, wish(store)) == ["FULL"]


async def test_an_order_has_all_its_slots_or_none(db: Database) -> None:
    async with db.write() as tx:
        one, other = await make_store(tx, 1), await make_store(tx, 1)
    await book(db, wish(other))
    order_id = new_id()
    wishes = [wish(one, order_id=order_id), wish(other, order_id=order_id), wish(one), wish(one)]
    # What the refused one had is free for who is behind it.
    assert await book(db, *wishes) == ["FULL", "FULL", None, "FULL"]
    assert (await booked(db)).keys() & {each.delivery_id for each in wishes} == {wishes[2].delivery_id}
    late = [wish(one, TWELVE, order_id=order_id), wish(one, TWELVE + HOUR, order_id=order_id), wish(one, TWELVE)]
    assert await book(db, *late) == ["NO_SUCH_SLOT", "NO_SUCH_SLOT", None]


async def test_what_cannot_be_had_is_told_with_others(db: Database) -> None:
    async with db.write() as tx:
        store, bare = await make_store(tx, 1), await make_location(tx)
    await book(db, wish(store), wish(store, TUESDAY))
    wishes = [
        wish(store),
        wish(store, TEN, now=TEN - HOUR + HOUR / 60),
        wish(store, TEN + HOUR),
        wish(bare),
        wish(store, TWELVE),
    ]

    async def work(tx: WriteTx) -> list[tuple[str, str | None, list[object]]]:
        plan = await plan_slots(tx, wishes)
        await plan.keep(tx, {one.delivery_id for one in wishes})
        refusals = await plan.refusals(tx, "input", "cartId")
        assert {tuple(one.path) for one in refusals.values()} == {("input", "cartId")}
        return [told(refusals[one.order_id]) for one in wishes if one.order_id in refusals]

    # Nothing of what was booked a moment ago, in this transaction either, is offered.
    later = [TUESDAY + 2 * HOUR, TUESDAY + 24 * HOUR, TUESDAY + 26 * HOUR]
    assert await db.in_write(work) == [
        ("SLOT_FULL", None, later),
        ("SLOT_NOT_OFFERED", "TOO_LATE", later),
        ("SLOT_NOT_OFFERED", "NO_SUCH_SLOT", later),
        ("SLOT_NOT_OFFERED", "NO_SLOTS_HERE", []),
    ]


async def test_more_takers_than_places(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 3)
    wishes = [wish(store, begins) for _ in range(15) for begins in (TEN, TWELVE)]
    # Each in a transaction of its own, in both orders of the slots; nobody waits in a circle.
    pairs = [
        [wishes[number], wishes[number + 1]] if number % 4 else [wishes[number + 1], wishes[number]]
        for number in range(0, 30, 2)
    ]
    answers = await asyncio.gather(*(book(db, *pair) for pair in pairs))
    assert Counter(reason for pair in answers for reason in pair) == {None: 6, "FULL": 24}
    assert await counters(db) == [(TEN, 3, 3, 3), (TWELVE, 3, 3, 3)]
    assert Counter((await booked(db)).values()) == {TEN: 3, TWELVE: 3}


async def test_who_books_waits_for_who_plans(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 5)
    waiting = None
    async with db.write() as tx:
        await save(tx, store, 1)
        waiting = [asyncio.create_task(book(db, wish(store))) for _ in range(3)]
        done, _ = await asyncio.wait(waiting, timeout=0.2)
        assert not done
    answers = [answer for task in waiting for answer in await task]
    assert Counter(answers) == {None: 1, "FULL": 2}


async def test_postgresql_itself_holds_the_capacity(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 1)
    await book(db, wish(store))
    with pytest.raises(asyncpg.CheckViolationError, match="slots_never_overbooked"):
        await db.in_write(lambda tx: tx.execute(_FORCE))


async def test_deliveries_that_go_without_leave_nothing(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 1)
    kept, left = wish(store), wish(store, TWELVE)

    async def work(tx: WriteTx) -> None:
        plan = await plan_slots(tx, [kept, left])
        await plan.keep(tx, {kept.delivery_id})

    await db.in_write(work)
    assert await booked(db) == {kept.delivery_id: TEN}
    assert await counters(db) == [(TEN, 1, 1, 1), (TWELVE, 1, 0, 1)]


@pytest.mark.parametrize("count", [1, 40])
async def test_the_number_of_statements_does_not_grow(
    db: Database, count_statements: Callable[[], Count], count: int
) -> None:
    async with db.write() as tx:
        stores = [await make_store(tx, 100) for _ in range(count)]
    wishes = [wish(store, begins) for store in stores for begins in (TEN, TWELVE)]
    with count_statements() as counted:  # type: ignore[attr-defined]
        assert set(await book(db, *wishes)) == {None}
    assert counted.total == 4
    with count_statements() as counted:  # type: ignore[attr-defined]
        assert await book(db) == []
    assert counted.total == 0
