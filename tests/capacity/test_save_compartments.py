"""A station's compartments are told, and told anew."""

from typing import Any

import pytest

from app.capacity.actions.save_compartments import save_compartments
from app.kit.db import Database
from app.kit.errors import InvalidInput, NotFound
from app.kit.ids import global_id
from app.kit.permissions import Actor, ActorKind
from tests.capacity.builders import HUGE, MEDIUM, SMALL, cases, claim, claimed, claims, doors, draft, make_station, wish
from tests.conftest import NOW, Execute, keyed
from tests.locations.builders import make_location

STAFF = Actor(ActorKind.STAFF, "key:staff", frozenset({"locations:write", "fulfillment:read", "fulfillment:write"}))
SAVE = """
    mutation ($input: LockerCompartmentsSaveInput!) {
      lockerCompartmentsSave(input: $input) {
        compartments { code size temperature lengthMm widthMm heightMm status isActive }
        userErrors { code path } } }
"""
STATION = """
    query ($id: ID!) { lockerStation(locationId: $id) {
      leadDays begins ends location { code } compartments { code status } free { size temperature total free } } }
"""


async def test_who_saves_again_changes_and_leaves_the_others(db: Database) -> None:
    async with db.write() as tx:
        station = await make_station(tx, [draft("1"), draft("2", "S")])
        ids = await save_compartments(tx, station, [draft("2", "L"), draft("3")], now=NOW)
    assert await doors(db) == [("1", "FREE"), ("2", "FREE"), ("3", "FREE")]
    assert len(set(ids)) == 2


async def test_what_was_planned_for_a_compartment_that_is_taken_out_goes_elsewhere(db: Database) -> None:
    station, [own] = await claimed(db, ("M", "M"), MEDIUM)
    assert await claims(db) == {own.delivery_id: ("PLANNED", "1")}
    async with db.write() as tx:
        await save_compartments(tx, station, [draft("1", is_active=False)], now=NOW)
    assert await claims(db) == {own.delivery_id: ("PLANNED", "2")}
    async with db.write() as tx:
        await save_compartments(tx, station, [draft("2", "S")], now=NOW)
    assert await claims(db) == {own.delivery_id: ("UNPLACED", None)}
    assert await cases(db) == [("LOCKER_FULL", str(own.delivery_id), "OPEN")]
    async with db.write() as tx:
        await save_compartments(tx, station, [draft("3", "L")], now=NOW)
    assert await claims(db) == {own.delivery_id: ("PLANNED", "3")}
    assert await cases(db) == [("LOCKER_FULL", str(own.delivery_id), "CLOSED")]


async def test_only_stations_have_compartments(db: Database) -> None:
    async with db.write() as tx:
        store = await make_location(tx, kind="STORE")
        for location_id, refusal in ((store, InvalidInput), (store + 1, NotFound)):
            with pytest.raises(refusal):
                await save_compartments(tx, location_id, [draft("1")], now=NOW)
        with pytest.raises(InvalidInput):
            await make_station(tx, [draft("1"), draft("1")])
    assert await doors(db) == []


async def test_people_save_and_look(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        station = await make_location(tx, kind="LOCKER_STATION", code="umeda", hold_days=3)
    place = global_id("Location", station)
    assert (await execute(STATION, {"id": place}, actor=STAFF))["lockerStation"] is None
    rows: list[dict[str, Any]] = [
        {"code": "A1", "size": "S", "lengthMm": 85, "widthMm": 550, "heightMm": 440},
        {"code": "B1", "size": "M", "lengthMm": 180, "widthMm": 550, "heightMm": 440, "temperature": "CHILLED"},
        {"code": "B2", "size": "M", "lengthMm": 180, "widthMm": 550, "heightMm": 440},
    ]
    given = keyed({"locationId": place, "compartments": rows, "leadDays": 3})
    saved = (await execute(SAVE, given, actor=STAFF))["lockerCompartmentsSave"]
    assert saved["userErrors"] == []
    assert saved["compartments"][0] == {
        "code": "A1", "size": "S", "temperature": "AMBIENT", "lengthMm": 550, "widthMm": 440, "heightMm": 85,
        "status": "FREE", "isActive": True,
    }  # fmt: skip
    assert await claim(db, wish(station, SMALL), wish(station)) == []
    assert (await execute(STATION, {"id": place}, actor=STAFF))["lockerStation"] == {
        "leadDays": 3,
        # The 25th of November in Tokyo, and the end of the 28th.
        "begins": "2026-11-24T15:00:00+00:00",
        "ends": "2026-11-28T15:00:00+00:00",
        "location": {"code": "umeda"},
        "compartments": [
            {"code": "A1", "status": "RESERVED"},
            {"code": "B1", "status": "FREE"},
            {"code": "B2", "status": "RESERVED"},
        ],
        "free": [
            {"size": "S", "temperature": "AMBIENT", "total": 1, "free": 0},
            {"size": "M", "temperature": "CHILLED", "total": 1, "free": 1},
            {"size": "M", "temperature": "AMBIENT", "total": 1, "free": 0},
        ],
    }
    assert await claim(db, one := wish(station, HUGE)) == [one.delivery_id]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"compartments": []}, ["input", "compartments"]),
        ({"leadDays": 61}, ["input", "leadDays"]),
        (
            {"compartments": [{"code": "1", "size": "S", "lengthMm": 0, "widthMm": 1, "heightMm": 1}]},
            ["input", "compartments", "0", "lengthMm"],
        ),
        (
            {"compartments": [{"code": " ", "size": "S", "lengthMm": 1, "widthMm": 1, "heightMm": 1}]},
            ["input", "compartments", "0", "code"],
        ),
    ],
)
async def test_what_cannot_be_is_refused_where_it_stands(
    db: Database, execute: Execute, change: dict[str, Any], path: list[str]
) -> None:
    async with db.write() as tx:
        station = await make_location(tx, kind="LOCKER_STATION")
    row = {"code": "1", "size": "S", "lengthMm": 1, "widthMm": 1, "heightMm": 1}
    given = keyed({"locationId": global_id("Location", station), "compartments": [row], **change})
    saved = (await execute(SAVE, given, actor=STAFF))["lockerCompartmentsSave"]
    assert [error["path"] for error in saved["userErrors"]] == [path]
    assert await doors(db) == []
