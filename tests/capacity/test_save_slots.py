"""A store's plan: what it makes of slots that are booked."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.capacity.actions.release_slots import release_slots
from app.capacity.model.slots import Window
from app.kit.db import Database
from app.kit.errors import InvalidInput
from app.locations.model import Weekday
from tests.capacity.slots import HOUR, TEN, TUESDAY, TWELVE, book, booked, counters, make_store, save, week, wish
from tests.locations.builders import make_location


async def test_fewer_places_than_are_booked_keep_who_has_one(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 3)
    wishes = [wish(store), wish(store), wish(store), wish(store, TWELVE)]
    await book(db, *wishes)
    async with db.write() as tx:
        over = await save(tx, store, 1)
    assert [(slot.begins, slot.capacity, has) for slot, has in over] == [(TEN, 1, 3)]
    assert await counters(db) == [(TEN, 1, 3, 3), (TWELVE, 1, 1, 1)]
    assert len(await booked(db)) == 4
    assert await book(db, wish(store)) == ["FULL"]
    # One goes: there are still more than it takes. The ceiling comes down with them.
    for left in (2, 1):
        async with db.write() as tx:
            await release_slots(tx, [wishes[left].order_id])
        assert (await counters(db))[0] == (TEN, 1, left, left)
        assert await book(db, wish(store)) == ["FULL"]
    await db.in_write(lambda tx: release_slots(tx, [wishes[0].order_id]))
    assert await book(db, wish(store), wish(store)) == [None, "FULL"]


async def test_more_places(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 1)
    await book(db, wish(store))
    async with db.write() as tx:
        assert await save(tx, store, 2) == []
    assert await counters(db) == [(TEN, 2, 1, 2)]
    assert await book(db, wish(store), wish(store)) == [None, "FULL"]


async def test_a_closed_day_and_a_slot_that_is_gone_keep_who_has_one(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 2)
    await book(db, wish(store), wish(store, TUESDAY))
    async with db.write() as tx:
        over = await save(tx, store, week=week(2, [("11:00", "12:00")]), days={date(2026, 11, 23): ()})
    assert [(slot.begins, slot.ends, slot.capacity, has) for slot, has in over] == [
        (TEN, TWELVE, 0, 1),
        (TUESDAY, TUESDAY + 2 * HOUR, 0, 1),
    ]
    assert await book(db, wish(store), wish(store, TUESDAY)) == ["STORE_CLOSED", "NO_SUCH_SLOT"]
    async with db.write() as tx:
        assert await save(tx, store, 2) == []
    assert await counters(db) == [(TEN, 2, 1, 2), (TUESDAY, 2, 1, 2)]


async def test_what_is_over_stays_as_it_was(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 2)
    await book(db, wish(store), wish(store))
    async with db.write() as tx:
        assert await save(tx, store, 1, now=TWELVE) == []
    assert await counters(db) == [(TEN, 2, 2, 2)]


async def test_slots_begin_when_the_clocks_of_now_say_it(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 5)
    await book(db, wish(store))
    async with db.write() as tx:
        # As if nobody had said since when the store's slot of that time takes fewer.
        await tx.connection.execute("UPDATE pickup_slots SET capacity = 1, ceiling = 1")
    assert await book(db, wish(store)) == [None]
    assert await counters(db) == [(TEN, 5, 2, 5)]


async def test_no_windows_no_slots(db: Database) -> None:
    async with db.write() as tx:
        store = await make_store(tx, 1)
        await save(tx, store, week={Weekday.MONDAY: []})
    assert await book(db, wish(store)) == ["NO_SLOTS_HERE"]


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        ({"lead_minutes": -1}, ["leadMinutes"]),
        ({"lead_minutes": 2881}, ["leadMinutes"]),
        ({"transfer_days": 31}, ["transferDays"]),
        ({"days_ahead": 91}, ["daysAhead"]),
        ({"days_ahead": -1}, ["daysAhead"]),
        ({"week": {Weekday.MONDAY: [], Weekday.TUESDAY: [Window("12:00", "11:00", 1)]}}, ["week", "1", "windows"]),
        ({"days": {date(2027, 1, 1): [Window("25:00", "26:00", 1)]}}, ["days", "0", "windows"]),
    ],
)
async def test_plans_that_cannot_be(db: Database, rules: dict[str, Any], path: list[str]) -> None:
    async with db.write() as tx:
        store = await make_location(tx)
        with pytest.raises(InvalidInput) as refusal:
            await save(tx, store, **rules)
    assert refusal.value.path == ["input", *path]


async def test_only_stores_that_are_open_long_enough(db: Database) -> None:
    async with db.write() as tx:
        short = await make_location(tx, hours={"mon": [["10:00", "10:30"]]})
        places = [
            short,
            await make_location(tx, kind="EC_WAREHOUSE"),
            await make_location(tx, kind="LOCKER_STATION"),
            await make_location(tx, hands_over=False),
            await make_location(tx, holds_stock=False),
            12345,
        ]
        for place in places:
            with pytest.raises(InvalidInput) as refusal:
                await save(tx, place, lead_minutes=120)
            field = "leadMinutes" if place == short else "locationId"
            assert refusal.value.path == ["input", field]
        assert await save(tx, short, lead_minutes=60, now=datetime(2026, 11, 22, tzinfo=UTC)) == []
