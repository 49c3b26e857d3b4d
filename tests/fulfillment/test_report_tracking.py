"""Carriers tell; what the parcel, the order and the people's queue make of it."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.fulfillment.actions.create_shipment import create_shipment
from app.fulfillment.actions.keep_reports import Kept
from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.actions.report_tracking import TrackingRequest, report_tracking
from app.fulfillment.model.folding import ReportEffect
from app.fulfillment.model.packages import PackageDraft, TrackingKind
from app.fulfillment.model.tracking import TrackingEvent
from app.kit.db import Database
from app.kit.errors import DomainError, IdempotencyKeyReused, InvalidInput, NotFound
from tests.conftest import NOW, Count
from tests.fulfillment.builders import STAFF, carrier_of, home, make_order, make_shop, planned_order
from tests.fulfillment.views import (
    cases_of,
    everything,
    fulfillments_of,
    history_of,
    order_states,
    packages_of,
    ship_all,
    track,
)

K = TrackingKind
HOUR = timedelta(hours=1)


async def _under_way(db: Database) -> tuple[UUID, UUID]:
    """An order and its parcel."""
    _, order_id = await planned_order(db, home)
    await ship_all(db, order_id)
    return order_id, (await packages_of(db, order_id))[0].id


async def _ask(db: Database, *requests: TrackingRequest, now: Any = NOW) -> list[Kept | DomainError]:
    async with db.write() as tx:
        return await report_tracking(tx, requests, now=now)


async def test_a_delivered_parcel_is_told_by_its_order(db: Database) -> None:
    order_id, package_id = await _under_way(db)
    carrier = await carrier_of(db)
    states = await order_states(db, order_id)
    for hour, kind in enumerate((K.HANDED_OVER, K.IN_TRANSIT, K.OUT_FOR_DELIVERY, K.DELIVERED)):
        tracked = await track(db, package_id, kind, actor=carrier, at=NOW + hour * HOUR)
        assert (tracked.effect, tracked.is_repeated) == (ReportEffect.APPLIED, False)
    [package] = await packages_of(db, order_id)
    assert (package.status, package.delivered_at, package.version) == ("DELIVERED", NOW + 3 * HOUR, 5)
    assert (await history_of(db, order_id))[-2:] == ["PARCEL_OUT_FOR_DELIVERY", "PARCEL_DELIVERED"]
    told = [row for row in (await everything(db))["order_history"] if row["kind"] == "PARCEL_DELIVERED"]
    assert [(row["actor"], row["facts"]) for row in told] == [
        ("key:yamato", {"carrier": "yamato", "trackingNumber": package.tracking_number})
    ]
    assert await order_states(db, order_id) == states
    assert await cases_of(db, package_id) == []


async def test_each_failed_attempt_is_told(db: Database) -> None:
    order_id, package_id = await _under_way(db)
    await track(db, package_id, K.DELIVERY_ATTEMPTED)
    await track(db, package_id, K.DELIVERY_ATTEMPTED, at=NOW + HOUR)
    assert (await history_of(db, order_id))[-2:] == ["PARCEL_ATTEMPTED"] * 2
    assert (await packages_of(db, order_id))[0].attempts == 2


async def test_a_lost_parcel_is_a_case_until_it_turns_up(db: Database) -> None:
    order_id, package_id = await _under_way(db)
    await track(db, package_id, K.LOST)
    assert await cases_of(db, package_id) == ["PARCEL_LOST"]
    async with db.read() as tx:
        row = await tx.connection.fetchrow("SELECT * FROM exception_cases")
    [package] = await packages_of(db, order_id)
    assert (row["subject_kind"], row["order_id"], row["facts"]) == (
        "PACKAGE",
        order_id,
        {"carrier": "yamato", "trackingNumber": package.tracking_number, "status": "LOST"},
    )
    await track(db, package_id, K.IN_TRANSIT, at=NOW + HOUR)
    assert await cases_of(db, package_id) == []
    assert (await packages_of(db, order_id))[0].status == "IN_TRANSIT"


async def test_a_refused_parcel_is_a_case_and_nothing_else_follows_yet(db: Database) -> None:
    order_id, package_id = await _under_way(db)
    before = await everything(db)
    await track(db, package_id, K.REFUSED)
    assert await cases_of(db, package_id) == ["PARCEL_COMES_BACK"]
    after = await everything(db)
    assert {table for table in before if before[table] != after[table]} == {
        "packages", "tracking_reports", "exception_cases", "orders", "order_history", "outbox",
    }  # fmt: skip
    assert (await history_of(db, order_id))[-1] == "PARCEL_REFUSED"


async def test_an_event_that_comes_late_changes_nothing_but_the_record(db: Database) -> None:
    order_id, package_id = await _under_way(db)
    await track(db, package_id, K.DELIVERED, at=NOW + 2 * HOUR)
    history = await history_of(db, order_id)
    late = await track(db, package_id, K.OUT_FOR_DELIVERY, at=NOW + HOUR, now=NOW + 3 * HOUR)
    assert late.effect is ReportEffect.SUPERSEDED
    assert (await packages_of(db, order_id))[0].status == "DELIVERED"
    assert await history_of(db, order_id) == history
    assert len((await everything(db))["tracking_reports"]) == 2


async def test_the_same_events_from_many_connections_at_once_are_kept_once(db: Database) -> None:
    order_id, package_id = await _under_way(db)
    carrier = await carrier_of(db)
    calls = [
        track(db, package_id, kind, actor=carrier, at=NOW + hour * HOUR, now=NOW + 5 * HOUR, key=str(hour))
        for hour, kind in enumerate([K.HANDED_OVER, K.OUT_FOR_DELIVERY, K.DELIVERY_ATTEMPTED, K.DELIVERED])
        for _ in range(4)
    ]
    random.Random(7).shuffle(calls)
    answers = await asyncio.gather(*calls)
    assert sorted(answer.is_repeated for answer in answers) == [False] * 4 + [True] * 12
    [package] = await packages_of(db, order_id)
    assert (package.status, package.attempts, package.delivered_at) == ("DELIVERED", 1, NOW + 3 * HOUR)
    assert len((await everything(db))["tracking_reports"]) == 4


async def test_a_key_names_one_event(db: Database) -> None:
    _, package_id = await _under_way(db)
    await track(db, package_id, K.IN_TRANSIT, key="a")
    before = await everything(db)
    request = TrackingRequest(TrackingEvent("", K.DELIVERED, NOW), STAFF, package_id=package_id, key="a", body=b"x")
    [answer] = await _ask(db, request)
    assert isinstance(answer, IdempotencyKeyReused)
    assert await everything(db) == before


async def test_a_carrier_tells_of_its_own_parcels_only(db: Database) -> None:
    order_id, package_id = await _under_way(db)
    await carrier_of(db)
    other = await carrier_of(db, "sagawa")
    before = await everything(db)
    [package] = await packages_of(db, order_id)
    [unknown, by_id, by_number, by_both] = await _ask(
        db,
        TrackingRequest(TrackingEvent("", K.LOST, NOW), other, package_id=UUID(int=1)),
        TrackingRequest(TrackingEvent("", K.LOST, NOW), other, package_id=package_id),
        TrackingRequest(TrackingEvent("", K.LOST, NOW), other, tracking_number=package.tracking_number),
        TrackingRequest(
            TrackingEvent("", K.LOST, NOW), other, carrier="yamato", tracking_number=package.tracking_number
        ),
    )
    for answer in (by_id, by_number, by_both):
        assert isinstance(answer, NotFound)
        assert (answer.message, answer.facts) == (unknown.message, unknown.facts)
    limited = replace(STAFF, location_ids=frozenset({1 << 30}))
    [answer] = await _ask(db, TrackingRequest(TrackingEvent("", K.LOST, NOW), limited, package_id=package_id))
    assert isinstance(answer, NotFound)
    assert await everything(db) == before


async def test_a_number_of_two_carriers_needs_the_carriers_name(db: Database) -> None:
    _, order_id = await planned_order(db, home, lambda shop: home(shop, source=shop.store))
    async with db.write() as tx:
        for row, carrier in zip(await fulfillments_of(db, order_id), ("yamato", "sagawa"), strict=True):
            await create_shipment(tx, row.id, [PackageDraft(carrier, "100000000004")], actor=STAFF, now=NOW)
    event = TrackingEvent("", K.DELIVERED, NOW)
    [several, one] = await _ask(
        db,
        TrackingRequest(event, STAFF, tracking_number="100000000004"),
        TrackingRequest(event, STAFF, carrier="sagawa", tracking_number="100000000004"),
    )
    assert isinstance(several, InvalidInput)
    assert several.path == ["carrier"]
    assert isinstance(one, Kept)
    assert {row.carrier: row.status for row in await packages_of(db, order_id)} == {
        "yamato": "LABELED",
        "sagawa": "DELIVERED",
    }


@pytest.mark.parametrize(
    ("kind", "at", "path"),
    [
        (K.TAKEN_BACK, NOW, ["kind"]),
        (K.DELIVERED, NOW + timedelta(minutes=11), ["occurredAt"]),
        (K.DELIVERED, NOW - timedelta(minutes=11), ["occurredAt"]),
    ],
)
async def test_what_cannot_be_is_refused(db: Database, kind: TrackingKind, at: Any, path: list[str]) -> None:
    _, package_id = await _under_way(db)
    before = await everything(db)
    [answer] = await _ask(db, TrackingRequest(TrackingEvent("", kind, at), STAFF, package_id=package_id))
    assert isinstance(answer, InvalidInput)
    assert answer.path == path
    assert await everything(db) == before


async def test_many_events_take_no_more_statements_than_one(
    db: Database, count_statements: Callable[[], AbstractContextManager[Count]]
) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx, on_hand=100)
    orders: list[UUID] = []
    for _ in range(12):
        async with db.write() as tx:
            orders.append(await make_order(tx, shop, home(shop)))
            await plan_work(tx, orders[-1], now=NOW)
        await ship_all(db, orders[-1])
    ids = [(await packages_of(db, order_id))[0].id for order_id in orders]
    counts: list[int] = []
    for some in (ids[:1], ids[1:]):
        requests = [TrackingRequest(TrackingEvent("", K.DELIVERED, NOW), STAFF, package_id=one) for one in some]
        with count_statements() as count:
            assert all(isinstance(answer, Kept) for answer in await _ask(db, *requests))
        counts.append(count.total)
    assert counts[0] == counts[1]
