"""Points report; what the pickup, the order and the people's queue make of it."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.fulfillment.actions.report_pickups import ReportRequest, report_pickups
from app.fulfillment.model.folding import ReportEffect
from app.fulfillment.model.reports import Report, ReportKind
from app.kit.db import Database
from app.kit.errors import DomainError, IdempotencyKeyReused, InvalidInput, InvalidTransition, NotFound
from app.kit.permissions import Actor
from tests.conftest import NOW, Count
from tests.fulfillment.builders import (
    STAFF,
    Shop,
    home,
    konbini_pickup,
    make_shop,
    one_more_planned,
    planned_order,
    store_pickup,
)
from tests.fulfillment.views import (
    cases_of,
    everything,
    fulfillments_of,
    history_of,
    make_arrived,
    order_states,
    pickup_of,
    report,
    say_code,
    ship_all,
)

K = ReportKind
HOUR = timedelta(hours=1)


async def _under_way(db: Database, payment: str = "CARD") -> tuple[Shop, UUID, UUID]:
    """A shop, an order and its pickup, whose parcel is on its way to the point."""
    shop, order_id = await planned_order(db, konbini_pickup, payment=payment)
    await ship_all(db, order_id)
    return shop, order_id, (await pickup_of(db, order_id)).id


async def test_goods_that_arrived_are_kept_for_the_points_hold_days(db: Database) -> None:
    shop, order_id, pickup_id = await _under_way(db)
    reported = await report(db, pickup_id, K.ARRIVED, actor=shop.partner, compartment="A7")
    assert (reported.effect, reported.is_repeated) == (ReportEffect.APPLIED, False)
    pickup = await pickup_of(db, order_id)
    assert (pickup.status, pickup.arrived_at, pickup.ready_at, pickup.hold_until, pickup.compartment) == (
        "READY",
        NOW,
        NOW,
        NOW + timedelta(days=4),
        "A7",
    )
    assert (await history_of(db, order_id))[-1] == "PICKUP_ARRIVED"
    assert await cases_of(db, pickup_id) == []


async def test_goods_that_are_given_up_wait_to_come_back(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    before = (await everything(db))["ledger"]
    await report(db, pickup.id, K.EXPIRED, actor=shop.partner, at=pickup.hold_until)
    assert [row.status for row in await fulfillments_of(db, order_id)] == ["SHIPPED"]
    assert await order_states(db, order_id) == ("PLACED", "AUTHORIZED", "UNFULFILLED")
    assert (await history_of(db, order_id))[-1] == "PICKUP_EXPIRED"
    assert (await everything(db))["ledger"] == before
    await report(
        db,
        pickup.id,
        K.RETURN_SENT,
        actor=shop.partner,
        at=pickup.hold_until + HOUR,
        return_tracking_number="R-1",
    )
    pickup = await pickup_of(db, order_id)
    assert (pickup.status, pickup.return_tracking_number, pickup.returning_at) == (
        "RETURNING",
        "R-1",
        pickup.hold_until + HOUR,
    )
    assert (await history_of(db, order_id))[-1] == "PICKUP_RETURNING"


async def test_a_broken_compartment_is_a_case_until_the_goods_can_be_collected(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    await report(db, pickup.id, K.BLOCKED, actor=shop.partner, at=NOW + HOUR)
    blocked = await pickup_of(db, order_id)
    assert (blocked.status, blocked.status_reason, blocked.ready_at) == ("ARRIVED", "POINT_FAULT", None)
    assert await cases_of(db, pickup.id) == ["BLOCKED_AT_POINT"]
    assert (await history_of(db, order_id))[-1] == "PICKUP_BLOCKED"
    with pytest.raises(InvalidTransition):
        await say_code(db, pickup, actor=shop.partner)
    await report(db, pickup.id, K.READY, actor=shop.partner, at=NOW + 2 * HOUR)
    mended = await pickup_of(db, order_id)
    assert (mended.status, mended.ready_at, mended.hold_until) == (
        "READY",
        NOW + 2 * HOUR,
        NOW + 2 * HOUR + timedelta(days=4),
    )
    assert await cases_of(db, pickup.id) == []
    assert await say_code(db, pickup, actor=shop.partner) is None


async def test_the_same_reports_from_many_connections_at_once_are_kept_once(db: Database) -> None:
    shop, order_id, pickup_id = await _under_way(db)
    kinds = [K.ARRIVED, K.BLOCKED, K.READY, K.COLLECTED]
    calls = [
        report(db, pickup_id, kind, actor=shop.partner, at=NOW + hour * HOUR, now=NOW + 5 * HOUR, key=str(hour))
        for hour, kind in enumerate(kinds)
        for _ in range(4)
    ]
    random.Random(5).shuffle(calls)
    answers = await asyncio.gather(*calls)
    assert sorted(answer.is_repeated for answer in answers) == [False] * 4 + [True] * 12
    assert (await pickup_of(db, order_id)).status == "COLLECTED"
    assert len((await everything(db))["pickup_reports"]) == 4
    assert await order_states(db, order_id) == ("COMPLETED", "AUTHORIZED", "FULFILLED")


async def test_a_key_names_one_report(db: Database) -> None:
    shop, _, pickup_id = await _under_way(db)
    await report(db, pickup_id, K.ARRIVED, actor=shop.partner, key="a")
    before = await everything(db)
    request = ReportRequest(
        Report("", K.COLLECTED, NOW), shop.partner, pickup_id=pickup_id, key="a", body=b"something else"
    )
    async with db.write() as tx:
        [answer] = await report_pickups(tx, [request], now=NOW)
    assert isinstance(answer, IdempotencyKeyReused)
    assert await everything(db) == before


@pytest.mark.parametrize("name", ["number", "tracking_number"])
async def test_points_name_a_pickup_as_they_know_it(db: Database, name: str) -> None:
    shop, order_id, pickup_id = await _under_way(db)
    pickup = await pickup_of(db, order_id)
    [part] = await fulfillments_of(db, order_id)
    value = pickup.number if name == "number" else str(part.id)  # as `ship_all` numbers parcels
    request = ReportRequest(Report("", K.ARRIVED, NOW), shop.partner, **{name: value})
    async with db.write() as tx:
        [answer] = await report_pickups(tx, [request], now=NOW)
    assert not isinstance(answer, DomainError)
    assert answer.subject_id == pickup_id


async def _refused(db: Database, pickup_id: UUID, actor: Actor = STAFF, **report_of: Any) -> DomainError:
    before = await everything(db)
    with pytest.raises(DomainError) as refusal:
        await report(db, pickup_id, actor=actor, **report_of)
    assert await everything(db) == before
    return refusal.value


async def test_what_cannot_be_is_refused(db: Database) -> None:
    shop, _, pickup_id = await _under_way(db)
    partner = shop.partner
    for actor in (partner, STAFF):
        for kind in (K.REMINDED, K.RETURN_RECEIVED):
            refusal = await _refused(db, pickup_id, actor, kind=kind)
            assert (type(refusal), refusal.path) == (InvalidInput, ["kind"])
    future = await _refused(db, pickup_id, partner, kind=K.ARRIVED, at=NOW + HOUR, now=NOW)
    assert (type(future), future.path) == (InvalidInput, ["occurredAt"])
    past = await _refused(db, pickup_id, partner, kind=K.ARRIVED, at=NOW - HOUR)
    assert (type(past), past.path) == (InvalidInput, ["occurredAt"])
    endless = await _refused(db, pickup_id, partner, kind=K.ARRIVED, hold_until=NOW + timedelta(days=61))
    assert (type(endless), endless.path) == (InvalidInput, ["holdUntil"])
    without = await _refused(db, pickup_id, partner, kind=K.EXTENDED)
    assert (type(without), without.path) == (InvalidInput, ["holdUntil"])


async def test_a_clock_that_is_a_little_ahead_is_fine(db: Database) -> None:
    shop, order_id, pickup_id = await _under_way(db)
    await report(db, pickup_id, K.ARRIVED, actor=shop.partner, at=NOW + timedelta(minutes=9), now=NOW)
    assert (await pickup_of(db, order_id)).status == "READY"


async def test_nothing_is_reported_of_an_own_store_or_of_another_partner(db: Database) -> None:
    shop, order_id = await planned_order(db, store_pickup, home)
    pickup = await pickup_of(db, order_id)
    assert isinstance(await _refused(db, pickup.id, kind=K.ARRIVED), InvalidTransition)
    assert isinstance(await _refused(db, pickup.id, shop.partner, kind=K.ARRIVED), NotFound)
    assert isinstance(await _refused(db, UUID(int=7), shop.partner, kind=K.ARRIVED), NotFound)


async def test_the_number_of_statements_does_not_grow_with_the_reports(
    db: Database, count_statements: Callable[[], AbstractContextManager[Count]]
) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
    counts: list[int] = []
    for many in (1, 5):
        some = [await one_more_planned(db, shop) for _ in range(many)]
        for order_id in some:
            await ship_all(db, order_id)
        pickups = [await pickup_of(db, order_id) for order_id in some]
        requests = [ReportRequest(Report("", K.ARRIVED, NOW), shop.partner, pickup_id=row.id) for row in pickups]
        with count_statements() as count:
            async with db.write() as tx:
                await report_pickups(tx, requests, now=NOW)
        counts.append(count.total)
    assert counts[0] == counts[1]
