"""Anything that people do in any order leaves every invariant standing."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.fulfillment.actions.acknowledge_works import acknowledge_works
from app.fulfillment.actions.assign_works import assign_works
from app.fulfillment.actions.cancel_missing_units import cancel_missing_units
from app.fulfillment.actions.cancel_order import cancel_order
from app.fulfillment.actions.complete_work import complete_work
from app.fulfillment.actions.create_shipment import create_shipment
from app.fulfillment.actions.expire_pickup import expire_pickup
from app.fulfillment.actions.follow_moved_units import follow_moved_units
from app.fulfillment.actions.follow_transfer import follow_transfer
from app.fulfillment.actions.give_up_work import ShortLine
from app.fulfillment.actions.hand_over import hand_over
from app.fulfillment.actions.hold_works import hold_works
from app.fulfillment.actions.mark_ready import mark_ready
from app.fulfillment.actions.move_work import move_work
from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.actions.reject_work import reject_work
from app.fulfillment.actions.release_works import release_works
from app.fulfillment.actions.report_pickups import ReportRequest, report_pickups
from app.fulfillment.actions.report_short import report_short
from app.fulfillment.actions.report_tracking import TrackingRequest, report_tracking
from app.fulfillment.actions.split_work import split_work
from app.fulfillment.actions.take_back_shipment import take_back_shipment
from app.fulfillment.actions.unlock_code import unlock_code
from app.fulfillment.actions.verify_code import verify_code
from app.fulfillment.model.packages import PackageDraft, TrackingKind
from app.fulfillment.model.pickups import PickupExpiryReason
from app.fulfillment.model.reports import Report, ReportKind
from app.fulfillment.model.tracking import TrackingEvent
from app.fulfillment.model.work import UNFINISHED, ShortReason
from app.fulfillment.sql.work import transfers_of_order
from app.inventory.actions.correct_stock import correct_stock
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.inventory.model.corrections import Correction, PromisePolicy
from app.inventory.model.transfers import Arrival
from app.kit.db import Database, WriteTx
from app.kit.errors import DomainError, answer_of
from app.kit.ids import new_id
from app.kit.permissions import SYSTEM
from tests.conftest import NOW, broken_invariants
from tests.fulfillment.builders import SECRET, Shop, home, konbini_pickup, make_order, make_shop, store_pickup
from tests.fulfillment.views import code_of, wrong_code_of
from tests.inventory.builders import because, counters, put_stock

Step = Callable[[WriteTx], Awaitable[Any]]
STEPS = 160


async def _ids(db: Database, table: str) -> list[UUID]:
    async with db.read() as tx:
        return [row[0] for row in await tx.connection.fetch(f"SELECT id FROM {table} ORDER BY 1")]


REASONS = list(PickupExpiryReason)


async def _about_pickups(db: Database, chance: random.Random) -> list[tuple[str, Step]]:
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT * FROM pickups ORDER BY id")
    if not rows:
        return []
    row = chance.choice(rows)
    code = code_of(row) if chance.random() < 0.7 else wrong_code_of(row)
    by: dict[str, Any] = {"actor": SYSTEM, "now": NOW}
    reason, kind, hours = chance.choice(REASONS), chance.choice(list(ReportKind)), chance.randint(0, 9)
    return [
        ("ready", lambda tx: mark_ready(tx, row.id, **by)),
        ("report", lambda tx: _report(tx, row.id, kind, hours)),
        ("report", lambda tx: _report(tx, row.id, kind, hours)),
        ("say", lambda tx: verify_code(tx, row.id, code, secret_key=SECRET, **by)),
        ("say", lambda tx: verify_code(tx, row.id, code, secret_key=SECRET, **by)),
        ("unlock", lambda tx: unlock_code(tx, row.id, **by)),
        ("hand over", lambda tx: hand_over(tx, row.id, **by)),
        ("hand over", lambda tx: hand_over(tx, row.id, **by)),
        *([("expire", lambda tx: expire_pickup(tx, row.id, reason=reason, **by))] if chance.random() < 0.2 else []),
    ]


async def _report(tx: WriteTx, pickup_id: UUID, kind: ReportKind, hours: int) -> None:
    """What happened so many hours ago; three days later the goods are given up."""
    report = Report("", kind, NOW + timedelta(hours=hours), hold_until=NOW + timedelta(days=3))
    request = ReportRequest(report, SYSTEM, pickup_id=pickup_id)
    answer_of((await report_pickups(tx, [request], now=NOW + timedelta(hours=10)))[0])


async def _about_transfers(db: Database, chance: random.Random) -> list[tuple[str, Step]]:
    transfers = await _ids(db, "transfers")
    if not transfers:
        return []
    transfer_id = chance.choice(transfers)
    lost = {1: 1} if chance.random() < 0.3 else None

    async def send(tx: WriteTx) -> None:
        await ship_transfer(tx, transfer_id, actor="walk", now=NOW)
        await follow_transfer(tx, transfer_id, now=NOW)

    async def receive(tx: WriteTx) -> None:
        await receive_transfer(tx, transfer_id, Arrival(lost=lost or {}), actor="walk", now=NOW)
        await follow_transfer(tx, transfer_id, now=NOW)

    return [("send", send), ("receive", receive), ("follow", lambda tx: follow_transfer(tx, transfer_id, now=NOW))]


async def _about_orders(db: Database, chance: random.Random, shop: Shop) -> list[tuple[str, Step]]:
    orders = await _ids(db, "orders")
    parts = [
        home(shop, units=1),
        home(shop, units=1, source=shop.store),
        store_pickup(shop),
        store_pickup(shop, units=2, source=shop.other_store),
        konbini_pickup(shop),
        konbini_pickup(shop, sources=[shop.warehouse, shop.store]),
    ]
    chosen = chance.sample(parts, chance.randint(1, 3))
    payment = chance.choice(["CARD", "PAY_AT_PICKUP"])
    steps: list[tuple[str, Step]] = []
    if len(orders) < 6:
        steps.append(("order", lambda tx: make_order(tx, shop, *chosen, payment=payment)))
    if orders:
        order_id = chance.choice(orders)
        steps += [("plan", lambda tx: plan_work(tx, order_id, now=NOW))] * 2
        if chance.random() < 0.1:
            steps.append(("cancel", lambda tx: cancel_order(tx, order_id, reason="walk", actor="walk", now=NOW)))
    return steps


async def _about_losses(db: Database, chance: random.Random, shop: Shop) -> list[tuple[str, Step]]:
    """Units are missing; other places keep what they can, and everybody hears of it at once."""
    key = (chance.choice(shop.variants), chance.choice([shop.warehouse, shop.store, shop.other_store]))
    found = (await counters(db))[key]
    correction = Correction(*key, quantity=chance.randint(0, found[1] + found[2]))

    async def lose(tx: WriteTx) -> None:
        """What is lost is bought again, so that the next order finds some."""
        policy = PromisePolicy.RESOURCE_YOUNGEST
        done = await correct_stock(tx, [correction], policy=policy, elsewhere=ORDERS_ELSEWHERE, cause=because())
        for order_id in {promise.owner_id for promise in done.broken}:
            await follow_moved_units(tx, order_id, now=NOW)
            for transfer in await transfers_of_order(tx, order_id):
                await follow_transfer(tx, transfer.id, now=NOW)
        for promise in done.broken:
            if promise.moved_to is None:
                await cancel_missing_units(tx, promise.owner_id, {promise.line_no: promise.quantity}, now=NOW)
        await put_stock(tx, *key, 10)

    return [("lose", lose)]


async def _about_work(db: Database, chance: random.Random, shop: Shop) -> list[tuple[str, Step]]:
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT id, status FROM work_instructions ORDER BY id")
    if not rows:
        return []
    work_id = chance.choice([row for row in rows if row["status"] in UNFINISHED] or rows)["id"]
    by: dict[str, Any] = {"actor": SYSTEM, "now": NOW}
    reason, place = chance.choice(list(ShortReason)), chance.choice([shop.warehouse, shop.store, shop.other_store])
    line = ShortLine(chance.randint(1, 3), 1)
    away: dict[str, Any] = {"elsewhere": ORDERS_ELSEWHERE, **by}
    return [
        ("acknowledge", lambda tx: acknowledge_works(tx, [work_id], "Aoi", **by)),
        ("assign", lambda tx: assign_works(tx, [work_id], None, **by)),
        ("hold", lambda tx: hold_works(tx, [work_id], "wait", **by)),
        ("release", lambda tx: release_works(tx, [work_id], **by)),
        ("release", lambda tx: release_works(tx, [work_id], **by)),
        ("short", lambda tx: report_short(tx, work_id, [line], reason, **away)),
        ("short", lambda tx: report_short(tx, work_id, [line], reason, **away)),
        ("reject", lambda tx: reject_work(tx, work_id, reason, None, **away)),
        ("move", lambda tx: move_work(tx, work_id, place, **away)),
        ("split", lambda tx: split_work(tx, work_id, [line.line_no], **by)),
    ]


async def _about_parcels(db: Database, chance: random.Random) -> list[tuple[str, Step]]:
    fulfillments, works = await _ids(db, "fulfillments"), await _ids(db, "work_instructions")
    if not fulfillments:
        return []
    fulfillment_id, work_id, number = chance.choice(fulfillments), chance.choice(works), str(new_id())
    by: dict[str, Any] = {"actor": SYSTEM, "now": NOW}
    kind, hours = chance.choice(list(TrackingKind)), chance.randint(0, 9)
    numbers = [f"{number}-{place}" for place in range(chance.randint(1, 2))]
    about = await _ids(db, "packages")
    package_id = chance.choice(about or fulfillments)
    shipments = await _ids(db, "shipments")
    shipment_id = chance.choice(shipments or fulfillments)

    async def track(tx: WriteTx) -> None:
        event = TrackingEvent("", kind, NOW + timedelta(hours=hours))
        request = TrackingRequest(event, SYSTEM, package_id=package_id)
        answer_of((await report_tracking(tx, [request], now=NOW + timedelta(hours=9)))[0])

    return [
        ("track", track),
        ("take back", lambda tx: take_back_shipment(tx, shipment_id, **by)),
        ("ship", lambda tx: create_shipment(tx, fulfillment_id, [PackageDraft("x", one) for one in numbers], **by)),
        ("complete", lambda tx: complete_work(tx, work_id, **by)),
    ]


@pytest.mark.parametrize("seed", range(4))
async def test_every_walk_keeps_the_invariants(db: Database, seed: int) -> None:
    chance = random.Random(seed)
    async with db.write() as tx:
        shop = await make_shop(tx, on_hand=40)
    walked: list[str] = []
    done: set[str] = set()
    for _ in range(STEPS):
        choices = await chance.choice(
            [
                lambda: _about_orders(db, chance, shop),
                lambda: _about_pickups(db, chance),
                lambda: _about_pickups(db, chance),
                lambda: _about_transfers(db, chance),
                lambda: _about_parcels(db, chance),
                lambda: _about_work(db, chance, shop),
                lambda: _about_work(db, chance, shop),
                lambda: _about_losses(db, chance, shop),
            ]
        )()
        if not choices:
            continue
        name, step = chance.choice(choices)
        try:
            async with db.write() as tx:
                await step(tx)
        except DomainError as refusal:
            walked.append(f"{name}: {refusal.code}")
        else:
            walked.append(name)
            done.add(name)
            assert await broken_invariants(db) == {}, walked
    assert {"order", "plan"} < done, walked
    assert len(done) >= 7, walked
