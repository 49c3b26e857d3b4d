"""A parcel for a locker that cannot take it goes to another station."""

import pytest

from app.capacity.errors import LockerFull
from app.fulfillment.actions.relocate_pickup import relocate_pickup
from app.fulfillment.model.reports import ReportKind
from app.kit.db import Database
from app.kit.errors import InvalidInput, InvalidTransition, NotFound
from app.kit.ids import global_id
from tests.capacity.builders import cases, claims, doors
from tests.conftest import NOW, Execute, keyed
from tests.fulfillment.builders import STAFF, konbini_pickup, planned_order
from tests.fulfillment.lockers import locker_order, make_locker_shop, sent_order
from tests.fulfillment.test_follow_lockers import HOUR, standing, tell
from tests.fulfillment.views import everything, history_of, pickup_of, report

K = ReportKind
RELOCATE = """
    mutation ($input: PickupRelocateInput!) { pickupRelocate(input: $input) {
      pickup { location { code } compartmentReservation { code state size } }
      userErrors { code path ... on LockerFullError { location { code } } } } }
"""
JOBS = "{ pickups { nodes { location { code } compartmentReservation { code size temperature state } } } }"


async def test_full_at_the_drop_off_and_sent_on_to_another_station(db: Database, execute: Execute) -> None:
    ground = await make_locker_shop(db, ("M",))
    order_id, pickup_id = await sent_order(db, ground)
    await tell(db, ground, pickup_id, K.BLOCKED, NOW + HOUR)
    delivery_id = (await pickup_of(db, order_id)).delivery_id
    assert ("LOCKER_FULL", str(delivery_id), "OPEN") in await cases(db)
    given = {"pickupId": global_id("Pickup", pickup_id), "locationId": global_id("Location", ground.south)}
    answer = (await execute(RELOCATE, keyed(given), actor=STAFF))["pickupRelocate"]
    kept = {"code": "1", "state": "PLANNED", "size": "M"}
    assert answer == {"pickup": {"location": {"code": "south"}, "compartmentReservation": kept}, "userErrors": []}
    assert ("LOCKER_FULL", str(delivery_id), "CLOSED") in await cases(db)
    assert await doors(db) == [("1", "FAULTED"), ("1", "RESERVED")]
    assert (await history_of(db, order_id))[-1] == "PICKUP_CHANGED"
    assert (await execute(JOBS, actor=ground.company))["pickups"]["nodes"] == []
    assert (await execute(JOBS, actor=ground.other_company))["pickups"]["nodes"] == [
        {
            "location": {"code": "south"},
            "compartmentReservation": {**kept, "temperature": "AMBIENT"},
        }
    ]
    await report(db, pickup_id, K.ARRIVED, actor=ground.other_company, at=NOW + 3 * HOUR, now=NOW + 4 * HOUR)
    assert await standing(db, order_id) == ("OCCUPYING", "1")
    assert await doors(db) == [("1", "FAULTED"), ("1", "OCCUPIED")]


async def test_a_station_without_room_is_refused_and_nothing_changes(db: Database) -> None:
    ground = await make_locker_shop(db)
    async with db.write() as tx:
        await locker_order(tx, ground, station=ground.south)
        order_id = await locker_order(tx, ground)
    before, held = await everything(db), await claims(db)
    with pytest.raises(LockerFull) as refused:
        async with db.write() as tx:
            await relocate_pickup(tx, (await pickup_of(db, order_id)).id, ground.south, actor=STAFF, now=NOW)
    assert [one["code"] for one in refused.value.facts["found"]] == ["north"]
    assert (await everything(db), await claims(db)) == (before, held)


async def test_only_what_is_not_there_yet_moves_and_only_to_other_stations(db: Database) -> None:
    ground = await make_locker_shop(db)
    order_id, pickup_id = await sent_order(db, ground)
    for location_id in (ground.north, ground.shop.store, ground.shop.konbini, 0):
        with pytest.raises(NotFound):
            async with db.write() as tx:
                await relocate_pickup(tx, pickup_id, location_id, actor=STAFF, now=NOW)
    await tell(db, ground, pickup_id, K.ARRIVED, NOW + HOUR)
    with pytest.raises(InvalidTransition):
        async with db.write() as tx:
            await relocate_pickup(tx, pickup_id, ground.south, actor=STAFF, now=NOW)
    assert await standing(db, order_id) == ("OCCUPYING", "1")


async def test_a_pickup_at_another_kind_of_point_stays(db: Database) -> None:
    _, order_id = await planned_order(db, konbini_pickup)
    with pytest.raises(InvalidInput):
        async with db.write() as tx:
            await relocate_pickup(tx, (await pickup_of(db, order_id)).id, 1, actor=STAFF, now=NOW)


async def test_chilled_goods_are_not_sent_on_to_where_it_is_too_warm(db: Database) -> None:
    ground = await make_locker_shop(db, ("M",))
    order_id, pickup_id = await sent_order(db, ground)
    await tell(db, ground, pickup_id, K.BLOCKED, NOW + HOUR)
    async with db.write() as tx:
        await tx.connection.execute("UPDATE variants SET temperature = 'CHILLED'")
    before = await everything(db)
    with pytest.raises(InvalidInput) as refused:
        async with db.write() as tx:
            await relocate_pickup(tx, pickup_id, ground.south, actor=STAFF, now=NOW + HOUR)
    assert refused.value.path == ["input", "locationId"]
    assert await everything(db) == before
    assert (await pickup_of(db, order_id)).status == "ARRIVED"
