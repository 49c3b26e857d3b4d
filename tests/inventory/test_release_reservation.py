"""Reserved units are given back before their time; allocated ones are not."""

from datetime import timedelta

from app.inventory.actions.release_reservation import release_reservation
from app.inventory.model import Demand, HoldRequest
from app.kit.db import Database
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.inventory.builders import counters, hold, stocked, wish


async def test_each_unit_is_given_back_once_and_allocations_stay(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    lines = (Demand(1, shirt, 1, (store,)), Demand(2, shirt, 2, (store,)))
    request = HoldRequest("STAFF", new_id(), lines, expires_at=NOW + timedelta(days=1), reason="STAFF")
    allocated = wish(shirt, 2, store)
    await hold(db, request, allocated)
    said = [
        await db.in_write(lambda tx, owner=owner: release_reservation(tx, owner, actor="test"))
        for owner in (request.owner_id, request.owner_id, allocated.owner_id)
    ]
    assert said == [True, False, False]
    assert await counters(db) == {(shirt, store): (5, 0, 2, 0)}
