"""The reader of the outbox: each fact becomes one delivery for each endpoint that wants it, whoever reads when."""

import asyncio

from app.fulfillment.actions.create_sandbox_pickup import create_sandbox_pickup
from app.kit.db import Database
from app.kit.ids import new_id
from app.notifications.actions.fan_out import fan_out
from app.partners.actions.create_partner import create_partner
from tests.catalog.builders import make_variant
from tests.channels.builders import make_channel
from tests.fulfillment.builders import make_sandbox
from tests.locations.builders import make_group
from tests.notifications.receiver import Office, OrderTold, PickupTold, make_endpoint, tell


async def test_each_endpoint_is_given_what_it_wants(db: Database, office: Office) -> None:
    async with db.write() as tx:
        mine = await create_partner(tx, code="MINE", name="m", kind="LOCKER_OPERATOR", now=office.now)
        other = await create_partner(tx, code="OTHER", name="o", kind="LOCKER_OPERATOR", now=office.now)
    made = [
        await make_endpoint(db, "http://a/", *types, now=office.now, partner_id=partner)
        for types, partner in ((["*"], None), (["pickup.ready"], None), (["*"], mine), (["pickup.*"], other))
    ]
    await tell(
        db,
        PickupTold(new_id(), "READY", partner_id=mine),
        PickupTold(new_id(), "EXPIRED", partner_id=other),
        PickupTold(new_id(), "READY"),
        OrderTold(),
    )
    while await office.is_behind():
        await db.in_write(lambda tx: fan_out(tx, now=office.now))
    rows = await office.rows("endpoint_id, type")
    assert [[kind for key, kind in rows if key == endpoint] for endpoint, _ in made] == [
        ["pickup.ready", "pickup.expired", "pickup.ready", "order.placed"],
        ["pickup.ready", "pickup.ready"],
        ["pickup.ready"],
        ["pickup.expired"],
    ]


async def test_several_readers_give_each_fact_once(db: Database, office: Office) -> None:
    await make_endpoint(db, "http://a/", now=office.now)
    for _ in range(40):
        await tell(db, PickupTold(new_id()))
    while await office.is_behind():
        await asyncio.gather(*(db.in_write(lambda tx: fan_out(tx, now=office.now)) for _ in range(6)))
    assert await office.rows() == [("WAITING", 0)] * 40


async def test_without_endpoints_the_cursor_moves_all_the_same(db: Database, office: Office) -> None:
    await tell(db, PickupTold(new_id()))
    while await office.is_behind():
        await db.in_write(lambda tx: fan_out(tx, now=office.now))
    await make_endpoint(db, "http://a/", now=office.now)
    assert await db.in_write(lambda tx: fan_out(tx, now=office.now)) == 0
    assert await office.rows() == []


async def test_tests_of_a_partner_are_told_to_that_partner_only(db: Database, office: Office) -> None:
    async with db.write() as tx:
        await make_channel(tx, await make_group(tx, []))
        await make_variant(tx, "SHIRT")
        actors = [await make_sandbox(tx, code, now=office.now) for code in ("MINE", "OTHER")]
    for partner_id in (None, *(actor.partner_id for actor in actors)):
        await make_endpoint(db, "http://a/", now=office.now, partner_id=partner_id)
    async with db.write() as tx:
        await create_sandbox_pickup(tx, actor=actors[0], point=1, now=office.now)
    while await office.is_behind():
        await db.in_write(lambda tx: fan_out(tx, now=office.now))
    async with db.read() as tx:
        rows = await tx.connection.fetch(
            "SELECT endpoint.partner_id, delivery.type FROM webhook_deliveries AS delivery"
            " JOIN webhook_endpoints AS endpoint ON endpoint.id = delivery.endpoint_id"
        )
    assert [tuple(row) for row in rows] == [(actors[0].partner_id, "pickup.in_transit_to_point")]
