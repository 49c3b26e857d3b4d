"""Buyers are reminded once for each end."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

from app.fulfillment.actions.extend_pickup import extend_pickup
from app.fulfillment.model.reports import ReportKind
from app.kit.db import Database
from tests.conftest import NOW, Count
from tests.fulfillment.builders import STAFF, konbini_pickup, one_more_planned, planned_order, store_pickup
from tests.fulfillment.due import remind
from tests.fulfillment.views import (
    everything,
    history_of,
    make_arrived,
    make_ready,
    pickup_of,
    report,
    say_code,
    ship_all,
)

SECOND = timedelta(seconds=1)


async def test_a_day_before_the_end_the_buyer_of_a_store_is_reminded_once(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    due = pickup.hold_until - timedelta(days=1)
    assert await remind(db, due - SECOND) == 0
    assert await remind(db, due) == 1
    after = await pickup_of(db, order_id)
    assert (after.status, after.ready_at, after.hold_until) == ("EXPIRING", pickup.ready_at, pickup.hold_until)
    assert (await history_of(db, order_id))[-1] == "PICKUP_EXPIRING"
    before = await everything(db)
    assert await remind(db, due + SECOND) == 0
    assert await everything(db) == before
    assert await say_code(db, after) is None


async def test_the_buyer_of_a_point_is_reminded_again_of_a_later_end(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    due = pickup.hold_until - timedelta(days=1)
    assert await remind(db, due) == 1
    assert (await pickup_of(db, order_id)).status == "EXPIRING"
    await db.in_write(lambda tx: extend_pickup(tx, pickup.id, actor=STAFF, now=due + SECOND))
    assert (await pickup_of(db, order_id)).status == "READY"
    assert await remind(db, due + 2 * SECOND) == 0
    assert await remind(db, due + timedelta(days=3)) == 1
    assert (await pickup_of(db, order_id)).status == "EXPIRING"
    kinds = [row["kind"] for row in (await everything(db))["pickup_reports"]]
    assert sorted(kinds) == ["ARRIVED", "EXTENDED", "REMINDED", "REMINDED"]


async def test_who_has_little_time_is_reminded_when_half_of_it_is_over(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    await ship_all(db, order_id)
    until = NOW + timedelta(hours=10)
    pickup = await pickup_of(db, order_id)
    await report(db, pickup.id, ReportKind.ARRIVED, actor=shop.partner, hold_until=until)
    assert await remind(db, NOW + timedelta(hours=5) - SECOND) == 0
    assert await remind(db, NOW + timedelta(hours=5)) == 1


async def test_nobody_is_reminded_of_what_is_over(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    assert await remind(db, pickup.hold_until) == 0


async def test_two_sweeps_at_once_remind_once(db: Database) -> None:
    shop, first = await planned_order(db, konbini_pickup)
    orders = [first, *[await one_more_planned(db, shop) for _ in range(5)]]
    for order_id in orders:
        pickup = await make_arrived(db, shop, order_id)
    due = pickup.hold_until - timedelta(days=1)
    counts = await asyncio.gather(*(remind(db, due) for _ in range(4)))
    left = await remind(db, due)
    assert sum(counts) + left == 6
    kinds = [row["kind"] for row in (await everything(db))["pickup_reports"]]
    assert kinds.count("REMINDED") == 6


async def test_the_number_of_statements_does_not_grow_with_the_pickups(
    db: Database, count_statements: Callable[[], AbstractContextManager[Count]]
) -> None:
    shop, first = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, first)
    due = pickup.hold_until - timedelta(days=1)
    with count_statements() as one:
        assert await remind(db, due) == 1
    for _ in range(4):
        await make_arrived(db, shop, await one_more_planned(db, shop))
    with count_statements() as many:
        assert await remind(db, due) == 4
    assert one.total == many.total
