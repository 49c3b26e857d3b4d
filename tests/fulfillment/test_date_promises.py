"""Promised times of pickups follow the transfers that bring their goods."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.fulfillment.actions.date_promises import date_promises
from app.fulfillment.jobs import notice_late_transfers
from app.fulfillment.model.promises import Bringing, arrival_of, ready_by
from app.inventory.actions.date_transfer import date_transfer
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.inventory.model.transfers import Arrival
from app.kit.db import Database
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.fulfillment.builders import home, planned_order, store_pickup
from tests.fulfillment.views import everything, make_ready, transfer_of
from tests.inventory.builders import facts
from tests.pump import pump

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("transfer", "hours", "arrives"),
    [
        (Bringing(is_unsent=True, send_by=NOW + 2 * HOUR), 0, 26),
        (Bringing(is_unsent=True, send_by=NOW + 2 * HOUR), 2, 50),
        (Bringing(is_unsent=True, send_by=NOW + 2 * HOUR), 51, 98),
        (Bringing(is_unsent=False, send_by=NOW, left_at=NOW + HOUR), 2, 25),
        (Bringing(is_unsent=False, send_by=NOW, left_at=NOW + HOUR), 25, 49),
        (Bringing(is_unsent=True, send_by=NOW, left_at=NOW), 0, 48),
        (Bringing(is_unsent=True, send_by=NOW, expected_at=NOW + 5 * HOUR), 4, 5),
        (Bringing(is_unsent=False, send_by=NOW, left_at=NOW, expected_at=NOW + 5 * HOUR), 5, 29),
    ],
)
def test_what_is_late_is_put_off_by_whole_days(transfer: Bringing, hours: int, arrives: int) -> None:
    assert arrival_of(transfer, NOW + hours * HOUR) == NOW + arrives * HOUR


def test_a_pickup_is_ready_two_opening_hours_after_the_last_transfer() -> None:
    both = [Bringing(is_unsent=True, send_by=NOW, expected_at=NOW + days * DAY) for days in (1, 3)]
    assert ready_by(both, {}, "Asia/Tokyo", NOW) == NOW + 3 * DAY + 2 * HOUR
    # 12:00 in Tokyo; the store opens at 10:00 and closes at 13:00.
    hours = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), (("10:00", "13:00"),))
    assert ready_by(both[:1], hours, "Asia/Tokyo", NOW) == NOW + 2 * DAY - HOUR


async def _promised(db: Database) -> list[datetime | None]:
    async with db.read() as tx:
        return [row[0] for row in await tx.connection.fetch("SELECT ready_by FROM order_deliveries ORDER BY id")]


async def _told(db: Database, order_id: UUID) -> list[tuple[str, str]]:
    async with db.read() as tx:
        rows = await tx.connection.fetch(
            "SELECT facts FROM order_history WHERE order_id = $1 AND kind = 'PROMISE_REDATED' ORDER BY id", order_id
        )
    return [(one["from"], one["to"]) for row in rows for one in row["facts"]["deliveries"]]


async def test_goods_in_the_store_are_promised_for_when_they_are_prepared(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup, home)
    assert await _promised(db) == [NOW + 2 * HOUR, None]
    assert await _told(db, order_id) == []
    assert await facts(db, "promise_redated") == []


async def test_a_transfer_that_is_sent_late_and_arrives_late_puts_the_promise_off(db: Database) -> None:
    """And one that arrives early brings it forward. C-20: what is promised is said, and so is what has changed."""
    _, order_id = await planned_order(db, lambda shop: store_pickup(shop, source=shop.other_store))
    transfer = await transfer_of(db, order_id)
    seen: list[Any] = [await _promised(db)]
    # It should have left by 5 o'clock.
    for hours in (1, 3, 4, 27):
        await notice_late_transfers(db, now=NOW + hours * HOUR)
        seen.append(await _promised(db))
    assert seen == [[NOW + hours * HOUR] for hours in (28, 28, 52, 52, 76)]
    later = NOW + 28 * HOUR
    async with db.write() as tx:
        await ship_transfer(tx, transfer["id"], actor="test", now=later)
    await pump(db, now=later)
    assert await _promised(db) == [later + 26 * HOUR]
    async with db.write() as tx:
        await date_transfer(tx, transfer["id"], later + 40 * HOUR, now=later)
    await pump(db, now=later)
    assert await _promised(db) == [later + 42 * HOUR]
    early = later + 3 * HOUR
    async with db.write() as tx:
        await receive_transfer(tx, transfer["id"], Arrival(), actor="test", now=early)
    await pump(db, now=early)
    assert await _promised(db) == [early + 2 * HOUR]
    told = await _told(db, order_id)
    assert [datetime.fromisoformat(to) for _, to in told] == [
        NOW + 52 * HOUR,
        NOW + 76 * HOUR,
        later + 26 * HOUR,
        later + 42 * HOUR,
        early + 2 * HOUR,
    ]
    assert [previous for previous, _ in told[1:]] == [to for _, to in told[:-1]]
    events = await facts(db, "promise_redated")
    assert [(event["order_id"], event["ready_by"][:16]) for event in events] == [
        (str(order_id), to[:16].replace("T", " ")) for _, to in told
    ]
    assert (await make_ready(db, order_id))["status"] == "READY"


async def test_repeating_it_changes_nothing(db: Database) -> None:
    _, order_id = await planned_order(db, lambda shop: store_pickup(shop, source=shop.other_store))
    late = NOW + 30 * HOUR
    assert await notice_late_transfers(db, now=late) == 1
    before = await everything(db)
    assert await notice_late_transfers(db, now=late + HOUR) == 0
    async with db.write() as tx:
        assert await date_promises(tx, order_id, now=late) == {}
        assert await date_promises(tx, new_id(), now=late) == {}
    assert await everything(db) == before
