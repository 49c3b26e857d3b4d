"""The reader of the outbox: each fact becomes one delivery for each endpoint that wants it, whoever reads when."""

import asyncio

from app.kit.db import Database
from app.kit.ids import new_id
from app.notifications.actions.fan_out import fan_out
from app.partners.actions.create_partner import create_partner
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
