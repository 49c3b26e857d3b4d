"""By when goods are at the store: promised, kept when it can be, told anew when they are late."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.exceptions.actions.close_case import close_case
from app.fulfillment.actions.follow_transfer import follow_transfer
from app.fulfillment.jobs import redate
from app.fulfillment.model import WorkKind, due_at
from app.inventory.actions.cancel_transfer import cancel_transfer
from app.inventory.actions.date_transfer import date_transfer
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.kit.db import Database
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, konbini_pickup, planned_order, store_pickup
from tests.fulfillment.views import cases_of, everything, history_of, pickup_of, transfer_of
from tests.pump import pump

DAY = timedelta(days=1)


async def _events(db: Database) -> list[dict[str, Any]]:
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT payload FROM outbox WHERE topic = 'promise_redated' ORDER BY xid, id")
    return [row["payload"] for row in rows]


async def _hours(db: Database, location_id: int) -> tuple[Any, str]:
    async with db.read() as tx:
        row = await tx.connection.fetchrow("SELECT hours, timezone FROM locations WHERE id = $1", location_id)
    return row["hours"], row["timezone"]


async def _after(db: Database, location_id: int, instant: datetime) -> datetime:
    """When a pickup is prepared whose goods come at an instant."""
    hours, timezone = await _hours(db, location_id)
    return due_at(WorkKind.PREPARE_PICKUP, instant, hours, timezone) or instant


async def _from_elsewhere(db: Database) -> tuple[Any, UUID, Any]:
    shop, order_id = await planned_order(db, lambda shop: store_pickup(shop, source=shop.other_store))
    return shop, order_id, await transfer_of(db, order_id)


async def test_goods_of_the_store_itself_are_ready_when_their_preparation_is_due(db: Database) -> None:
    shop, order_id = await planned_order(db, store_pickup)
    pickup = await pickup_of(db, order_id)
    assert (pickup.status, pickup.ready_by) == ("PREPARING", await _after(db, shop.store, NOW))


@pytest.mark.parametrize("part", [konbini_pickup])
async def test_points_of_others_promise_nothing_here(db: Database, part: Any) -> None:
    _, order_id = await planned_order(db, part, home)
    assert (await pickup_of(db, order_id)).ready_by is None


async def test_goods_from_elsewhere_are_promised_by_their_transfer(db: Database) -> None:
    shop, order_id, transfer = await _from_elsewhere(db)
    pickup = await pickup_of(db, order_id)
    assert (pickup.status, pickup.ready_by) == ("REQUESTED", await _after(db, shop.store, NOW + 3 * DAY))
    before = await everything(db)
    await db.in_write(lambda tx: follow_transfer(tx, transfer.id, now=NOW))
    assert await everything(db) == before


async def test_a_later_day_is_told_and_an_earlier_one_is_kept_quiet(db: Database) -> None:
    shop, order_id, transfer = await _from_elsewhere(db)
    first = await pickup_of(db, order_id)
    later, sooner = NOW + 6 * DAY, NOW + 2 * DAY
    for expected_at in (later, sooner):
        await db.in_write(lambda tx, at=expected_at: date_transfer(tx, transfer.id, at, now=NOW))
        await pump(db, now=NOW)
    pickup = await pickup_of(db, order_id)
    assert (pickup.ready_by, pickup.version) == (await _after(db, shop.store, sooner), first.version + 1)
    redated = await _after(db, shop.store, later)
    assert await _events(db) == [
        {
            "pickup_id": str(pickup.id), "number": pickup.number, "order_id": str(order_id),
            "location_id": shop.store, "ready_by": redated.isoformat(),
        }
    ]  # fmt: skip
    assert (await history_of(db, order_id)).count("PROMISE_REDATED") == 1
    async with db.read() as tx:
        facts = await tx.connection.fetchval("SELECT facts FROM order_history WHERE kind = 'PROMISE_REDATED'")
    assert facts == {"pickup": pickup.number, "before": first.ready_by.isoformat(), "readyBy": redated.isoformat()}


async def test_a_transfer_that_does_not_come_moves_the_promise_and_asks_somebody(db: Database) -> None:
    shop, order_id, transfer = await _from_elsewhere(db)
    promised = (await pickup_of(db, order_id)).ready_by
    assert await redate(db, now=promised) == 0
    assert await redate(db, now=promised + timedelta(seconds=1)) == 1
    late = promised + timedelta(seconds=1)
    pickup = await pickup_of(db, order_id)
    assert pickup.ready_by == await _after(db, shop.store, late + DAY)
    assert await cases_of(db, transfer.id) == ["TRANSFER_LATE"]
    assert [event["ready_by"] for event in await _events(db)] == [pickup.ready_by.isoformat()]
    before = await everything(db)
    assert await redate(db, now=late) == 0
    assert await everything(db) == before
    # Somebody finds out when it comes.
    again = late + 3 * DAY
    await db.in_write(lambda tx: date_transfer(tx, transfer.id, again, now=late))
    await pump(db, now=late)
    assert await cases_of(db, transfer.id) == []
    assert (await pickup_of(db, order_id)).ready_by == await _after(db, shop.store, again)
    assert len(await _events(db)) == 2


async def test_who_has_closed_the_case_is_not_asked_again_for_the_same_day(db: Database) -> None:
    _, order_id, transfer = await _from_elsewhere(db)
    when = (await pickup_of(db, order_id)).ready_by + timedelta(seconds=1)
    await redate(db, now=when)
    async with db.write() as tx:
        case_id = await tx.connection.fetchval("SELECT id FROM exception_cases WHERE subject_id = $1", str(transfer.id))
        await close_case(tx, case_id, note="it is on the van", actor=STAFF, now=when)
    assert await redate(db, now=when + 3 * DAY) == 1
    assert await cases_of(db, transfer.id) == []


@pytest.mark.parametrize("ends", ["received", "canceled"])
async def test_the_case_ends_with_the_transfer(db: Database, ends: str) -> None:
    shop, order_id, transfer = await _from_elsewhere(db)
    late = (await pickup_of(db, order_id)).ready_by + timedelta(seconds=1)
    await redate(db, now=late)
    async with db.write() as tx:
        if ends == "canceled":
            await cancel_transfer(tx, transfer.id, actor="test", now=late)
        else:
            await ship_transfer(tx, transfer.id, actor="test", now=late)
            await receive_transfer(tx, transfer.id, actor="test", now=late)
    await pump(db, now=late)
    assert await cases_of(db, transfer.id) == []
    if ends == "received":
        pickup = await pickup_of(db, order_id)
        assert (pickup.status, pickup.ready_by) == ("PREPARING", await _after(db, shop.store, late))
        assert await redate(db, now=late + 9 * DAY) == 0
