"""Pickups at points become what all reports together say."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.exceptions.actions.close_case import close_case
from app.fulfillment.actions.create_work import WorkDraft, create_work
from app.fulfillment.actions.report_pickups import ReportRequest, report_pickups
from app.fulfillment.actions.take_back_pickup import take_back_pickup
from app.fulfillment.model import WorkKind
from app.fulfillment.model.folding import ReportEffect
from app.fulfillment.model.reports import Report, ReportKind
from app.kit.db import Database
from app.kit.errors import DomainError, InvalidTransition
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, konbini_pickup, make_shop, one_more_planned, planned_order
from tests.fulfillment.views import (
    cases_of,
    make_arrived,
    order_states,
    pickup_of,
    report,
    say_code,
    ship_all,
    work_rows,
)
from tests.fulfillment.work import work_row

K = ReportKind
HOUR = timedelta(hours=1)


async def test_a_report_before_the_parcel_left_counts_when_it_has(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await pickup_of(db, order_id)
    reported = await report(db, pickup.id, K.ARRIVED, actor=shop.partner)
    assert reported.effect is ReportEffect.PENDING
    assert (await pickup_of(db, order_id)).status == "REQUESTED"
    assert await cases_of(db, pickup.id) == ["REPORTED_BEFORE_SHIPMENT"]
    await ship_all(db, order_id)
    assert (await pickup_of(db, order_id)).status == "READY"
    assert await cases_of(db, pickup.id) == []


async def test_goods_given_away_without_the_code_are_a_case(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    await report(db, pickup.id, K.COLLECTED, actor=shop.partner)
    assert (await pickup_of(db, order_id)).status == "COLLECTED"
    assert await cases_of(db, pickup.id) == ["COLLECTED_WITHOUT_CODE"]


_STORY = [
    (0, K.ARRIVED, {"compartment": "A1"}),
    (5, K.EXTENDED, {"hold_until": NOW + timedelta(days=9)}),
    (6, K.BLOCKED, {"reason": "POINT_FAULT"}),
    (8, K.READY, {"compartment": "B2"}),
]


@pytest.mark.parametrize(
    "ending",
    [
        [],
        [(30, K.COLLECTED, {})],
        [(30, K.EXPIRED, {"reason": "DAMAGED"}), (31, K.RETURN_SENT, {"return_tracking_number": "R"})],
        [(30, K.COLLECTED, {}), (20, K.EXPIRED, {"reason": "HOLD_ENDED"}), (40, K.RETURN_SENT, {})],
    ],
    ids=["waiting", "collected", "sent back", "contradictory"],
)
async def test_duplicate_late_reordered_and_contradictory_reports_end_in_the_same_state(
    db: Database, ending: list[Any]
) -> None:
    """However the same reports come in, alone, together, twice, before or after the shipment is known."""
    story = [*_STORY, *ending]
    chance = random.Random(len(ending))
    seen: set[Any] = set()
    async with db.write() as tx:
        shop = await make_shop(tx)
    for trial in range(6):
        order_id = await one_more_planned(db, shop)
        pickup = await pickup_of(db, order_id)
        heard = [*enumerate(story), *chance.sample(list(enumerate(story)), 2)]
        chance.shuffle(heard)
        ships_after = chance.randint(0, len(heard))
        while heard:
            batch = [heard.pop() for _ in range(min(len(heard), chance.randint(1, 3)))]
            if ships_after >= len(heard) and pickup.status == "REQUESTED":
                await ship_all(db, order_id)
                pickup = await pickup_of(db, order_id)
            requests = [
                ReportRequest(
                    Report("", kind, NOW + hours * HOUR, **facts),
                    shop.partner,
                    pickup_id=pickup.id,
                    key=f"{trial} {number}",
                )
                for number, (hours, kind, facts) in batch
            ]
            async with db.write() as tx:
                answers = await report_pickups(tx, requests, now=NOW + timedelta(days=5))
            assert not [answer for answer in answers if isinstance(answer, DomainError)]
        if pickup.status == "REQUESTED":
            await ship_all(db, order_id)
        found = await pickup_of(db, order_id)
        told = {name: found[name] for name in dict(found) if name not in _OF_EACH}
        seen.add((*sorted((name, str(value)) for name, value in told.items()), *await cases_of(db, found.id),
                  *await order_states(db, order_id)))  # fmt: skip
    assert len(seen) == 1


_OF_EACH = {"id", "number", "order_id", "delivery_id", "version"}


async def test_goods_that_are_at_their_point_have_been_put_there(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    await ship_all(db, order_id)
    pickup = await pickup_of(db, order_id)
    drop_off = await _asked(db, WorkKind.LOCKER_DROP_OFF, pickup.id)
    await report(db, pickup.id, K.BLOCKED, actor=shop.partner, reason="NOT_ACCEPTED")
    assert (await work_row(db, drop_off))["status"] == "OPEN"
    await report(db, pickup.id, K.ARRIVED, actor=shop.partner, at=NOW + HOUR)
    row = await work_row(db, drop_off)
    assert (row["status"], row["completed_by"]) == ("DONE", shop.partner.reference)


async def test_goods_with_their_buyer_give_nobody_work(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    await ship_all(db, order_id)
    pickup = await pickup_of(db, order_id)
    asked = [await _asked(db, kind, pickup.id) for kind in (WorkKind.LOCKER_DROP_OFF, WorkKind.RETURN_INSPECT)]
    await report(db, pickup.id, K.COLLECTED, actor=shop.partner)
    assert [(await work_row(db, one))["status"] for one in asked] == ["CANCELED", "CANCELED"]
    with pytest.raises(InvalidTransition) as refusal:
        await _asked(db, WorkKind.LOCKER_DROP_OFF, pickup.id)
    assert refusal.value.facts == {"current_status": "COLLECTED"}


async def test_goods_that_are_back_are_inspected_and_go_into_no_locker(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    await ship_all(db, order_id)
    pickup = await pickup_of(db, order_id)
    await report(db, pickup.id, K.RETURN_SENT, actor=shop.partner)
    drop_off = await _asked(db, WorkKind.LOCKER_DROP_OFF, pickup.id)
    async with db.write() as tx:
        await take_back_pickup(tx, pickup.id, actor=STAFF, now=NOW)
    statuses = {row.kind: row.status for row in await work_rows(db) if row.pickup_id == pickup.id}
    assert statuses == {"RETURN_INSPECT": "DONE", "LOCKER_DROP_OFF": "CANCELED"}
    assert (await work_row(db, drop_off))["status"] == "CANCELED"


async def _asked(db: Database, kind: WorkKind, pickup_id: UUID) -> UUID:
    return await db.in_write(lambda tx: create_work(tx, WorkDraft(kind, pickup_id=pickup_id), actor=STAFF, now=NOW))


async def test_a_contradiction_that_a_person_judged_comes_back_only_with_another_one(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    assert await say_code(db, pickup) is None
    await report(db, pickup.id, K.COLLECTED, actor=shop.partner, at=NOW + HOUR / 10)
    await report(db, pickup.id, K.RETURN_SENT, actor=shop.partner, at=NOW + 2 * HOUR)
    assert await cases_of(db, pickup.id) == ["CONTRADICTORY_REPORTS"]
    await _close_cases(db)
    for kind, hours in ((K.ARRIVED, 0.05), (K.EXTENDED, 0.5)):
        await report(db, pickup.id, kind, actor=shop.partner, at=NOW + hours * HOUR, hold_until=NOW + timedelta(days=9))
        assert await cases_of(db, pickup.id) == []
    await report(db, pickup.id, K.BLOCKED, actor=shop.partner, at=NOW + 3 * HOUR)
    assert await cases_of(db, pickup.id) == ["CONTRADICTORY_REPORTS"]


@pytest.mark.parametrize(
    ("trouble", "unrelated", "again", "kind"),
    [
        (K.BLOCKED, K.EXTENDED, K.BLOCKED, "BLOCKED_AT_POINT"),
        (K.EXPIRED, K.ARRIVED, K.EXPIRED, "EXPIRED_TOO_EARLY"),
    ],
)
async def test_trouble_that_a_person_closed_comes_back_only_when_it_happens_again(
    db: Database, trouble: ReportKind, unrelated: ReportKind, again: ReportKind, kind: str
) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    await report(db, pickup.id, trouble, actor=shop.partner, at=NOW + 2 * HOUR)
    assert await cases_of(db, pickup.id) == [kind]
    await _close_cases(db)
    facts = {} if unrelated is K.ARRIVED else {"hold_until": NOW + timedelta(days=9)}
    await report(db, pickup.id, unrelated, actor=shop.partner, at=NOW + HOUR, **facts)
    assert await cases_of(db, pickup.id) == []
    await report(db, pickup.id, K.READY, actor=shop.partner, at=NOW + 3 * HOUR)
    await report(db, pickup.id, again, actor=shop.partner, at=NOW + 4 * HOUR)
    assert await cases_of(db, pickup.id) == [kind]


async def test_goods_given_away_without_the_code_are_judged_once(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    await report(db, pickup.id, K.COLLECTED, actor=shop.partner, at=NOW + HOUR)
    await _close_cases(db)
    await report(db, pickup.id, K.ARRIVED, actor=shop.partner, at=NOW + HOUR / 2)
    assert await cases_of(db, pickup.id) == []
    await report(db, pickup.id, K.COLLECTED, actor=shop.partner, at=NOW + HOUR / 4)
    assert await cases_of(db, pickup.id) == ["COLLECTED_WITHOUT_CODE", "CONTRADICTORY_REPORTS"]


async def _close_cases(db: Database) -> None:
    async with db.write() as tx:
        for row in await tx.connection.fetch("SELECT id FROM exception_cases WHERE status = 'OPEN'"):
            await close_case(tx, row["id"], note="judged", actor=STAFF, now=NOW)
