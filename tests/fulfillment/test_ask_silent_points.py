"""A point that says nothing becomes a case."""

from datetime import datetime, timedelta

from app.exceptions.actions.close_case import close_case
from app.fulfillment.actions.ask_silent_points import ask_silent_points
from app.fulfillment.model.reports import ReportKind
from app.kit.db import Database
from tests.fulfillment.builders import STAFF, konbini_pickup, planned_order, store_pickup
from tests.fulfillment.views import cases_of, everything, make_arrived, make_ready, report


async def _ask(db: Database, now: datetime) -> int:
    return await db.in_write(lambda tx: ask_silent_points(tx, now=now, limit=500))


async def test_a_day_after_the_end_somebody_has_to_ask_once_and_the_next_report_is_the_answer(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    day_after = pickup.hold_until + timedelta(days=1)
    assert await _ask(db, day_after) == 0
    assert await _ask(db, day_after + timedelta(seconds=1)) == 1
    assert await _ask(db, day_after + timedelta(seconds=2)) == 0
    assert await cases_of(db, pickup.id) == ["NOT_REPORTED_IN_TIME"]
    [case] = (await everything(db))["exception_cases"]
    assert (case["location_id"], case["partner_id"], case["order_id"], case["facts"]) == (
        shop.konbini,
        shop.partner.partner_id,
        order_id,
        {"pickup": pickup.number, "status": "READY", "holdUntil": pickup.hold_until.isoformat()},
    )
    await report(db, pickup.id, ReportKind.EXPIRED, actor=shop.partner, at=day_after)
    assert await cases_of(db, pickup.id) == []
    assert await _ask(db, day_after + timedelta(days=5)) == 0


async def test_whoever_closes_the_case_has_a_day_to_see_what_comes_of_it(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    asked_at = pickup.hold_until + timedelta(days=2)
    assert await _ask(db, asked_at) == 1
    [case] = (await everything(db))["exception_cases"]
    async with db.write() as tx:
        await close_case(tx, case["id"], note="they send it back", actor=STAFF, now=asked_at)
    assert await _ask(db, asked_at + timedelta(days=1) - timedelta(seconds=1)) == 0
    assert await cases_of(db, pickup.id) == []
    assert await _ask(db, asked_at + timedelta(days=1)) == 1


async def test_nobody_asks_an_own_store(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    assert await _ask(db, pickup.hold_until + timedelta(days=9)) == 0
