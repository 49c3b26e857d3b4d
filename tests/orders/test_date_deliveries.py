"""A delivery is promised for another time: written, and told from the second time on."""

from datetime import datetime, timedelta
from uuid import UUID

from app.kit.db import Database
from app.orders.actions.date_deliveries import date_deliveries
from app.orders.sql import deliveries_of, lock_order
from tests.conftest import NOW
from tests.orders.builders import history_kinds, make_ground, make_order, published

DAY = timedelta(days=1)


async def test_the_first_time_is_written_and_another_one_told(db: Database) -> None:
    async with db.write() as tx:
        order_id: UUID = (await make_order(tx, await make_ground(tx))).id
    seen: list[tuple[datetime | None, list[str]]] = []
    before: datetime | None = None
    for day in (NOW + DAY, NOW + 2 * DAY, None):
        async with db.write() as tx:
            order = await lock_order(tx, order_id)
            assert order is not None
            [delivery] = await deliveries_of(tx, [order_id])
            ids = delivery["id"]
            await date_deliveries(tx, order, {ids: day}, before={ids: before}, actor="test", now=NOW)
            await date_deliveries(tx, order, {}, before={}, actor="test", now=NOW)
            [delivery] = await deliveries_of(tx, [order_id])
        before = day
        kinds = await history_kinds(db, order_id)
        seen.append((delivery["ready_by"], [kind for kind in kinds if kind == "PROMISE_REDATED"]))
    assert seen == [
        (NOW + DAY, []),
        (NOW + 2 * DAY, ["PROMISE_REDATED"]),
        (None, ["PROMISE_REDATED"] * 2),
    ]
    told = [fact for _, fact in await published(db, "promise_redated")]
    assert [(fact["previous"], fact["ready_by"]) for fact in told] == [
        (str(NOW + DAY), str(NOW + 2 * DAY)),
        (str(NOW + 2 * DAY), None),
    ]
