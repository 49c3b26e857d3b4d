"""Goods that were not collected in time are in the way of the next ones."""

from app.capacity.actions.replan_overstays import replan_overstays
from app.capacity.jobs import look_for_overstays
from app.kit.db import Database
from tests.capacity.builders import DAY, MEDIUM, claim, claimed, claims, doors, wish
from tests.capacity.test_follow_standings import P, follow
from tests.conftest import NOW


async def test_who_was_to_come_next_goes_elsewhere(db: Database) -> None:
    station, [own] = await claimed(db, ("M", "L"), MEDIUM)
    later = wish(station, at=NOW + 4 * DAY)
    assert await claim(db, later) == []
    await follow(db, own.delivery_id, P.INSIDE, since=NOW + 2 * DAY, until=NOW + 5 * DAY)
    assert await db.in_write(lambda tx: replan_overstays(tx, now=NOW + 4 * DAY)) == 0
    assert await claims(db) == {own.delivery_id: ("OCCUPYING", "1"), later.delivery_id: ("PLANNED", "1")}
    assert await look_for_overstays(db, now=NOW + 5 * DAY) == 1
    assert await claims(db) == {own.delivery_id: ("OVERDUE", "1"), later.delivery_id: ("PLANNED", "2")}
    assert await doors(db) == [("1", "EXPIRED"), ("2", "RESERVED")]
    assert await look_for_overstays(db, now=NOW + 5 * DAY) == 0
    assert await look_for_overstays(db, now=NOW + 6 * DAY) == 1
    assert await claims(db) == {own.delivery_id: ("OVERDUE", "1"), later.delivery_id: ("PLANNED", "2")}
