"""A delivery goes to another station than planned."""

from dataclasses import replace

import pytest

from app.capacity.actions.move_claim import move_claim
from app.capacity.errors import LockerFull
from app.kit.db import Database
from tests.capacity.builders import HUGE, MEDIUM, claimed, claims, doors, draft, make_station
from tests.conftest import NOW
from tests.locations.builders import make_location


async def test_one_compartment_is_given_back_and_another_one_kept(db: Database) -> None:
    _, [own] = await claimed(db, ("M",), MEDIUM)
    async with db.write() as tx:
        other = await make_station(tx, [draft("A", "S"), draft("B")])
        # What fits is known from the first time.
        code = await move_claim(tx, replace(own, location_id=other, parcel=HUGE), now=NOW)
    assert code == "B"
    assert await claims(db) == {own.delivery_id: ("PLANNED", "B")}
    assert await doors(db) == [("1", "FREE"), ("A", "FREE"), ("B", "RESERVED")]


async def test_a_full_station_leaves_everything_as_it_is(db: Database) -> None:
    _, [own] = await claimed(db, ("M",), MEDIUM)
    async with db.write() as tx:
        small = await make_station(tx, [draft("A", "S")])
    with pytest.raises(LockerFull) as refused:
        await db.in_write(lambda tx: move_claim(tx, replace(own, location_id=small), now=NOW))
    assert refused.value.facts == {"location_id": small, "is_too_large": True, "found": []}
    assert await claims(db) == {own.delivery_id: ("PLANNED", "1")}
    assert await doors(db) == [("1", "RESERVED"), ("A", "FREE")]


async def test_a_station_that_nobody_has_told_takes_it_without(db: Database) -> None:
    _, [own] = await claimed(db, ("M",), MEDIUM)
    async with db.write() as tx:
        untold = await make_location(tx, kind="LOCKER_STATION")
        assert await move_claim(tx, replace(own, location_id=untold), now=NOW) is None
    assert await claims(db) == {own.delivery_id: ("ENDED", "1")}
    assert await doors(db) == [("1", "FREE")]
