"""Deliveries that are orders already get a compartment, or a case."""

from app.capacity.actions.claim_compartments import claim_compartments
from app.kit.db import Database
from tests.capacity.builders import MEDIUM, cases, claimed, claims, wish
from tests.conftest import NOW


async def test_who_has_none_gets_one_or_waits_for_it(db: Database) -> None:
    station, [own] = await claimed(db, ("M", "M"), MEDIUM)
    one, two = wish(station), wish(station)
    assert await db.in_write(lambda tx: claim_compartments(tx, [own, one, two], now=NOW)) == 2
    expected = {
        own.delivery_id: ("PLANNED", "1"),
        one.delivery_id: ("PLANNED", "2"),
        two.delivery_id: ("UNPLACED", None),
    }
    for _ in range(2):
        assert await claims(db) == expected
        assert await cases(db) == [("LOCKER_FULL", str(two.delivery_id), "OPEN")]
        assert await db.in_write(lambda tx: claim_compartments(tx, [own, one, two], now=NOW)) == 0
