"""Jobs that changed behind a place of the feed, also where many facts share a row."""

from uuid import UUID

from app.fulfillment.events import PickupChanged
from app.fulfillment.sql.jobs import CHANGED_JOBS
from app.kit.db import Database, Row
from app.kit.outbox import START, Position, publish, unfold
from app.kit.told import facts_behind
from tests.fulfillment.builders import konbini_pickup, one_more_planned, planned_order
from tests.fulfillment.views import pickup_of

MANY = 150


def _fact(pickup: Row) -> PickupChanged:
    place, status, version = pickup.location_id, pickup.status, pickup.version
    return PickupChanged(pickup.id, pickup.number, pickup.order_id, pickup.partner_id, place, status, version)


async def _changed(db: Database, after: Position) -> list[UUID]:
    async with db.read() as tx:
        rows = await tx.fetch(CHANGED_JOBS, **after._asdict(), partner_id=None, allowed=None)
    return [row.pickup_id for row in rows]


async def test_a_place_may_be_in_the_middle_of_a_row(db: Database) -> None:
    shop, first = await planned_order(db, konbini_pickup)
    orders = [first, *[await one_more_planned(db, shop) for _ in range(2)]]
    pickups = [await pickup_of(db, order_id) for order_id in orders]
    ids = sorted(pickup.id for pickup in pickups)
    assert await _changed(db, START) == ids
    last = [await pickup_of(db, order_id) for order_id in orders]
    async with db.write() as tx:
        await publish(tx, *[_fact(last[0])] * (MANY - 2), _fact(last[1]), _fact(last[2]))
    async with db.read() as tx:
        row = await tx.connection.fetchrow("SELECT * FROM outbox WHERE key = '*'")
        before = await tx.connection.fetchrow("SELECT xid, id FROM outbox ORDER BY xid DESC, id DESC OFFSET 1 LIMIT 1")
        place = Position(before["xid"], before["id"])
        behind = await facts_behind(tx, place, limit=9)
    facts = list(unfold(row))
    assert (len(facts), behind) == (MANY, 100)
    assert await _changed(db, place) == ids
    assert await _changed(db, facts[MANY - 4][0]) == ids
    assert await _changed(db, facts[MANY - 3][0]) == sorted([last[1].id, last[2].id])
    assert await _changed(db, facts[MANY - 2][0]) == [last[2].id]
    assert await _changed(db, facts[MANY - 1][0]) == []
