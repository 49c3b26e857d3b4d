"""Compartments follow where the goods are."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.capacity.actions.follow_standings import follow_standings
from app.capacity.model.claims import Presence, Standing
from app.kit.db import Database
from app.kit.ids import new_id
from tests.capacity.builders import CLAIMS, DAY, MEDIUM, cases, claim, claimed, claims, doors, wish
from tests.conftest import NOW

P = Presence


async def follow(db: Database, delivery_id: UUID, presence: Presence, **told: Any) -> None:
    now = told.pop("now", NOW + 3 * DAY)
    await db.in_write(lambda tx: follow_standings(tx, [Standing(delivery_id, presence, **told)], now=now))


async def test_goods_go_in_lie_too_long_and_leave(db: Database) -> None:
    _, [own] = await claimed(db, ("M",), MEDIUM)
    since, until = NOW + 2 * DAY, NOW + 5 * DAY
    for presence, state, status in (
        (P.EXPECTED, "PLANNED", "RESERVED"),
        (P.INSIDE, "OCCUPYING", "OCCUPIED"),
        (P.OVERDUE, "OVERDUE", "EXPIRED"),
        (P.INSIDE, "OCCUPYING", "OCCUPIED"),
        (P.STUCK, "OCCUPYING", "FAULTED"),
    ):
        await follow(db, own.delivery_id, presence, since=since, until=until)
        assert (await claims(db), await doors(db)) == ({own.delivery_id: (state, "1")}, [("1", status)])
    await follow(db, own.delivery_id, P.GONE)
    assert (await claims(db), await doors(db)) == ({own.delivery_id: ("ENDED", "1")}, [("1", "FAULTED")])
    assert await cases(db) == []


async def test_the_period_is_that_of_the_goods(db: Database) -> None:
    _, [own] = await claimed(db, ("M",), MEDIUM)
    since, until = NOW + DAY, NOW + 9 * DAY
    await follow(db, own.delivery_id, P.INSIDE, since=since, until=until)
    async with db.read() as tx:
        [row] = await tx.fetch(CLAIMS)
    assert (row.begins, row.ends) == (since, until)


async def test_goods_in_another_compartment_than_planned_move_who_was_to_be_there(db: Database) -> None:
    station, [one, two] = await claimed(db, ("M", "M"), MEDIUM, MEDIUM)
    until = NOW + 5 * DAY
    await follow(db, one.delivery_id, P.INSIDE, since=NOW + 2 * DAY, until=until, compartment="2")
    assert await claims(db) == {one.delivery_id: ("OCCUPYING", "2"), two.delivery_id: ("PLANNED", "1")}
    assert await doors(db) == [("1", "RESERVED"), ("2", "OCCUPIED")]
    assert await claim(db, three := wish(station)) == [three.delivery_id]


async def test_goods_that_stay_longer_move_who_was_to_come_next(db: Database) -> None:
    station, [own] = await claimed(db, ("M", "L"), MEDIUM)
    later = wish(station, at=NOW + 5 * DAY)
    assert await claim(db, later) == []
    assert (await claims(db))[later.delivery_id] == ("PLANNED", "1")
    await follow(db, own.delivery_id, P.INSIDE, since=NOW + 2 * DAY, until=NOW + 8 * DAY)
    assert await claims(db) == {own.delivery_id: ("OCCUPYING", "1"), later.delivery_id: ("PLANNED", "2")}


async def test_a_compartment_that_did_not_take_the_goods_is_faulted_once(db: Database) -> None:
    _, [own] = await claimed(db, ("M", "M", "M"), MEDIUM)
    told = {"since": NOW + 2 * DAY, "reason": "POINT_FAULT"}
    for _ in range(2):
        await follow(db, own.delivery_id, P.REFUSED, **told)
        assert await claims(db) == {own.delivery_id: ("PLANNED", "2")}
        assert await doors(db) == [("1", "FAULTED"), ("2", "RESERVED"), ("3", "FREE")]
    # The point tells at last that they had been in the first one all the time.
    await follow(db, own.delivery_id, P.STUCK, since=NOW + 2 * DAY - timedelta(hours=1), until=NOW + 5 * DAY)
    assert await claims(db) == {own.delivery_id: ("OCCUPYING", "1")}
    assert await doors(db) == [("1", "FAULTED"), ("2", "FREE"), ("3", "FREE")]


async def test_a_station_without_another_one_is_a_case(db: Database) -> None:
    _, [own, other] = await claimed(db, ("M", "M"), MEDIUM, MEDIUM)
    await follow(db, own.delivery_id, P.REFUSED, since=NOW + 2 * DAY)
    assert (await claims(db))[own.delivery_id] == ("UNPLACED", None)
    assert await cases(db) == [("LOCKER_FULL", str(own.delivery_id), "OPEN")]
    await follow(db, other.delivery_id, P.GONE)
    assert (await claims(db))[own.delivery_id] == ("PLANNED", "2")
    assert await cases(db) == [("LOCKER_FULL", str(own.delivery_id), "CLOSED")]


async def test_two_in_one_compartment_are_a_case(db: Database) -> None:
    _, [one, two] = await claimed(db, ("M", "M"), MEDIUM, MEDIUM)
    for own in (one, two):
        await follow(db, own.delivery_id, P.INSIDE, since=NOW + 2 * DAY, until=NOW + 5 * DAY, compartment="1")
    assert await claims(db) == {one.delivery_id: ("OCCUPYING", None), two.delivery_id: ("OCCUPYING", "1")}
    assert await cases(db) == [("LOCKER_FULL", str(one.delivery_id), "OPEN")]


async def test_deliveries_without_a_claim_cost_one_statement(db: Database, count_statements: Any) -> None:
    with count_statements() as count:
        await follow(db, new_id(), P.INSIDE, since=NOW)
    assert count.total == 1
