"""A compartment does not work, and works again."""

import pytest

from app.capacity.actions.set_fault import set_fault
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.ids import global_id, new_id
from app.kit.permissions import Actor, ActorKind
from tests.capacity.builders import MEDIUM, cases, claim, claimed, claims, doors, draft, make_station, wish
from tests.conftest import NOW, Execute, keyed
from tests.fulfillment.builders import make_partner

SET = """
    mutation ($input: LockerFaultSetInput!) {
      lockerFaultSet(input: $input) { compartments { code status fault } userErrors { code path } } }
"""


async def test_what_was_planned_for_it_goes_elsewhere_and_nothing_new_comes(db: Database) -> None:
    station, [one, two] = await claimed(db, ("M", "M", "M"), MEDIUM, MEDIUM)
    await db.in_write(lambda tx: set_fault(tx, station, "1", "door", now=NOW))
    assert await claims(db) == {one.delivery_id: ("PLANNED", "3"), two.delivery_id: ("PLANNED", "2")}
    assert await doors(db) == [("1", "FAULTED"), ("2", "RESERVED"), ("3", "RESERVED")]
    assert await claim(db, three := wish(station)) == [three.delivery_id]
    await db.in_write(lambda tx: set_fault(tx, station, "2", "door", now=NOW))
    assert (await claims(db))[two.delivery_id] == ("UNPLACED", None)
    assert await cases(db) == [("LOCKER_FULL", str(two.delivery_id), "OPEN")]
    await db.in_write(lambda tx: set_fault(tx, station, "1", None, now=NOW))
    assert (await claims(db))[two.delivery_id] == ("PLANNED", "1")
    assert await cases(db) == [("LOCKER_FULL", str(two.delivery_id), "CLOSED")]
    assert await doors(db) == [("1", "RESERVED"), ("2", "FAULTED"), ("3", "RESERVED")]


async def test_a_locker_company_says_it_of_its_own_stations_only(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        partner_id = await make_partner(tx, "lockers")
        station = await make_station(tx, [draft("1")], partner_id=partner_id)
    own = Actor(ActorKind.PARTNER, "key:own", frozenset({"partner:jobs"}), partner_id)
    other = Actor(ActorKind.PARTNER, "key:other", frozenset({"partner:jobs"}), new_id())
    given = {"locationId": global_id("Location", station), "code": "1", "fault": "broken hinge"}
    refused = (await execute(SET, keyed(given), actor=other))["lockerFaultSet"]
    assert refused == {"compartments": [], "userErrors": [{"code": "NOT_FOUND", "path": ["input", "locationId"]}]}
    assert await doors(db) == [("1", "FREE")]
    answer = (await execute(SET, keyed(given), actor=own))["lockerFaultSet"]
    assert answer == {
        "compartments": [{"code": "1", "status": "FAULTED", "fault": "broken hinge"}],
        "userErrors": [],
    }
    unknown = (await execute(SET, keyed({**given, "code": "9"}), actor=own))["lockerFaultSet"]
    assert unknown["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "code"]}]


async def test_a_station_that_nobody_has_told_has_none(db: Database) -> None:
    async with db.write() as tx:
        with pytest.raises(NotFound):
            await set_fault(tx, 1, "1", "door", now=NOW)
