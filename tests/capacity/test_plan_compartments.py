"""Compartments for orders: the smallest that fits, first come first served, never two in one."""

import asyncio
from collections import Counter
from typing import Any

import asyncpg
import pytest

from app.kit.db import Database
from app.kit.statement import Statement
from tests.capacity.builders import (
    CLAIMS,
    DAY,
    HUGE,
    MEDIUM,
    SMALL,
    TOLD,
    claim,
    claimed,
    claims,
    doors,
    draft,
    make_station,
    wish,
)
from tests.conftest import NOW
from tests.locations.builders import make_location


async def test_the_smallest_that_fits_comes_first(db: Database) -> None:
    async with db.write() as tx:
        station = await make_station(tx, [draft("1", "L"), draft("2", "M"), draft("3", "S"), draft("4", "M")])
    wishes = [wish(station, parcel) for parcel in (MEDIUM, SMALL, SMALL, MEDIUM, MEDIUM, SMALL)]
    assert await claim(db, *wishes) == [wishes[4].delivery_id, wishes[5].delivery_id]
    found = await claims(db)
    assert [found[one.delivery_id][1] for one in wishes[:4]] == ["2", "3", "4", "1"]
    assert await doors(db) == [(code, "RESERVED") for code in "1234"]
    async with db.read() as tx:
        told = [row.payload for row in await tx.fetch(TOLD)]
    assert [(one["delivery_id"], one["compartment"], one["state"]) for one in told] == [
        (str(one.delivery_id), code, "PLANNED") for one, code in zip(wishes, ("2", "3", "4", "1"), strict=False)
    ]


async def test_a_compartment_is_taken_for_the_days_from_arrival_to_the_last_day_only(db: Database) -> None:
    station, [first] = await claimed(db, ("M",), MEDIUM)
    async with db.read() as tx:
        [row] = await tx.fetch(CLAIMS)
    # Ordered on the 22nd at noon in Tokyo: there on the 24th, kept for three days, free again on the 28th.
    assert (row.begins.isoformat(), row.ends.isoformat()) == ("2026-11-23T15:00:00+00:00", "2026-11-27T15:00:00+00:00")
    wishes = [wish(station, at=NOW + days * DAY) for days in (3, 4, -3, -4)]
    assert await claim(db, *wishes) == [wishes[0].delivery_id, wishes[2].delivery_id]
    assert len(await claims(db)) == 3
    assert first.delivery_id in await claims(db)


async def test_an_order_has_all_its_compartments_or_none(db: Database) -> None:
    station, _ = await claimed(db, ("M", "M"))
    one = wish(station)
    both = [one, wish(station, HUGE, order_id=one.order_id)]
    assert set(await claim(db, *both, last := wish(station))) == {row.delivery_id for row in both}
    assert await claims(db) == {last.delivery_id: ("PLANNED", "1")}
    assert await doors(db) == [("1", "RESERVED"), ("2", "FREE")]


async def test_points_whose_compartments_nobody_has_told_are_not_counted(db: Database, count_statements: Any) -> None:
    async with db.write() as tx:
        station = await make_location(tx, kind="LOCKER_STATION")
    with count_statements() as count:
        assert await claim(db, wish(station), wish(station)) == []
    assert count.total == 1
    with count_statements() as count:
        assert await claim(db) == []
    assert count.total == 0


@pytest.mark.parametrize("number", [1, 7])
async def test_the_number_of_statements_does_not_grow(db: Database, count_statements: Any, number: int) -> None:
    async with db.write() as tx:
        stations = [await make_station(tx, [draft(str(door)) for door in range(4)]) for _ in range(2)]
    with count_statements() as count:
        await claim(db, *(wish(stations[row % 2]) for row in range(number)))
    assert count.total == 6


async def test_more_takers_than_compartments_and_each_has_one_taker(db: Database) -> None:
    async with db.write() as tx:
        station = await make_station(tx, [draft(str(number)) for number in range(10)])
    wishes = [wish(station) for _ in range(40)]
    refused = await asyncio.gather(*(claim(db, one) for one in wishes))
    assert Counter(map(len, refused)) == {0: 10, 1: 30}
    found = await claims(db)
    assert Counter(code for _, code in found.values()) == {str(number): 1 for number in range(10)}


async def test_postgresql_itself_lets_no_two_into_one_compartment(db: Database) -> None:
    station, [own] = await claimed(db, ("M",), MEDIUM)
    twin = Statement("""
        INSERT INTO compartment_reservations
               (delivery_id, order_id, location_id, compartment_id, state, temperature, parcel, period)
        SELECT gen_random_uuid(), order_id, location_id, compartment_id, state, temperature, parcel,
               tstzrange(upper(period) - CAST(:overlap AS interval), upper(period) + interval '1 day')
          FROM compartment_reservations WHERE delivery_id = :id
    """)
    with pytest.raises(asyncpg.ExclusionViolationError):
        async with db.write() as tx:
            await tx.execute(twin, id=own.delivery_id, overlap=DAY / 86_400_000)
    assert list(await claims(db)) == [own.delivery_id]
    async with db.write() as tx:
        await tx.execute(twin, id=own.delivery_id, overlap=DAY * 0)
    assert len(await claims(db)) == 2
    assert station
