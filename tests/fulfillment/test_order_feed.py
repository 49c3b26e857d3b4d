"""Whoever listens to an order hears of every step of its goods."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from app.fulfillment.actions.complete_work import complete_work
from app.fulfillment.actions.create_shipment import create_shipment
from app.fulfillment.actions.follow_transfer import follow_transfer
from app.fulfillment.actions.hand_over import hand_over
from app.fulfillment.actions.mark_ready import mark_ready
from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.actions.report_pickups import ReportRequest, report_pickups
from app.fulfillment.actions.unlock_code import unlock_code
from app.fulfillment.actions.verify_code import verify_code
from app.fulfillment.model.packages import PackageDraft
from app.fulfillment.model.reports import Report, ReportKind
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.kit.clock import utc_now
from app.kit.db import Database, Row, WriteTx
from app.kit.errors import answer_of
from app.kit.feed import Feed
from app.kit.ids import global_id
from tests.conftest import NOW, Execute
from tests.fulfillment.builders import (
    SECRET,
    STAFF,
    Shop,
    home,
    konbini_pickup,
    make_order,
    make_shop,
    store_pickup,
)
from tests.fulfillment.views import code_of, fulfillments_of, pickup_of, transfer_of, work_rows, wrong_code_of

ORDER_CHANGED = """subscription ($id: ID!) { orderChanged(id: $id) {
  version history { kind } shipments { trackingNumber } transfers { id } pickups { status code isVerified isLocked }
} }"""
Do = Callable[[WriteTx], Awaitable[Any]]


@pytest.fixture
async def feed(db: Database) -> AsyncGenerator[Feed, None]:
    feed = Feed(db)
    await feed.start()
    yield feed
    await feed.close()


class Listener:
    """A shopper's page: the order as it was last told."""

    def __init__(self, db: Database, stream: Any) -> None:
        self._db = db
        self._stream = stream
        self.order: dict[str, Any] = {}

    async def hear(self) -> dict[str, Any]:
        """The next order, newer than the last one."""
        result = await asyncio.wait_for(anext(self._stream), 10)
        assert result.errors is None, result.errors
        assert result.data["orderChanged"]["version"] > self.order.get("version", 0)
        self.order = result.data["orderChanged"]
        return self.order

    async def after(self, *steps: Do) -> list[str]:
        """The kinds of history that steps in one transaction add, as they are told."""
        known = len(self.order["history"])
        async with self._db.write() as tx:
            for step in steps:
                await step(tx)
        return [entry["kind"] for entry in (await self.hear())["history"]][known:]

    @property
    def pickup(self) -> dict[str, Any]:
        [pickup] = self.order["pickups"]
        return pickup


async def _listen(db: Database, feed: Feed, build: Any) -> tuple[Shop, UUID, Listener]:
    """A placed order without planned work, and who listens to it."""
    from app.api.schema import schema  # noqa: PLC0415  # only tests that use it need the whole roof

    async with db.write() as tx:
        shop = await make_shop(tx)
        order_id = await make_order(tx, shop, build(shop))
    stream = await schema.subscribe(
        ORDER_CHANGED,
        variable_values={"id": global_id("Order", order_id)},
        context_value=Execute(db, feed).context(now=NOW),
    )
    listener = Listener(db, stream)
    assert (await listener.hear())["version"] == 1
    return shop, order_id, listener


def _say(pickup: Row, code: str) -> Do:
    """Now indeed: who listens sees by the real clock whether it is verified still."""
    return lambda tx: verify_code(tx, pickup.id, code, secret_key=SECRET, actor=STAFF, now=utc_now())


async def test_a_pickup_at_a_store(db: Database, feed: Feed) -> None:
    _, order_id, page = await _listen(db, feed, lambda shop: store_pickup(shop, source=shop.other_store))
    assert await page.after(lambda tx: plan_work(tx, order_id, now=NOW)) == ["WORK_PLANNED"]
    assert page.pickup["status"] == "REQUESTED"
    transfer = await transfer_of(db, order_id)
    follow: Do = lambda tx: follow_transfer(tx, transfer.id, now=NOW)  # noqa: E731
    send: Do = lambda tx: ship_transfer(tx, transfer.id, actor="key:umeda", now=NOW)  # noqa: E731
    assert await page.after(send, follow) == ["TRANSFER_SHIPPED"]
    take: Do = lambda tx: receive_transfer(tx, transfer.id, actor="key:shibuya", now=NOW)  # noqa: E731
    assert await page.after(take, follow) == ["TRANSFER_RECEIVED"]
    assert page.pickup["status"] == "PREPARING"
    pickup = await pickup_of(db, order_id)
    assert await page.after(lambda tx: mark_ready(tx, pickup.id, actor=STAFF, now=NOW)) == ["PICKUP_READY"]
    assert (page.pickup["status"], page.pickup["code"]) == ("READY", code_of(pickup))
    for _ in range(4):
        assert await page.after(_say(pickup, wrong_code_of(pickup))) == ["PICKUP_CODE_REFUSED"]
    assert await page.after(_say(pickup, wrong_code_of(pickup))) == ["PICKUP_LOCKED"]
    assert (page.pickup["isLocked"], page.pickup["code"]) == (True, None)
    assert await page.after(lambda tx: unlock_code(tx, pickup.id, actor=STAFF, now=NOW)) == ["PICKUP_UNLOCKED"]
    pickup = await pickup_of(db, order_id)
    assert (page.pickup["isLocked"], page.pickup["code"]) == (False, code_of(pickup))
    assert await page.after(_say(pickup, code_of(pickup))) == ["PICKUP_CODE_VERIFIED"]
    assert page.pickup["isVerified"] is True
    told = await page.after(lambda tx: hand_over(tx, pickup.id, actor=STAFF, now=utc_now()))
    if told == ["PICKUP_COLLECTED"]:  # two facts of one transaction may be heard apart
        await page.hear()
    assert page.pickup["status"] == "COLLECTED"


async def test_a_parcel_to_a_point(db: Database, feed: Feed) -> None:
    shop, order_id, page = await _listen(db, feed, konbini_pickup)
    assert await page.after(lambda tx: plan_work(tx, order_id, now=NOW)) == ["WORK_PLANNED"]
    [picking] = [row for row in await work_rows(db) if row.kind == "PICK"]
    assert await page.after(lambda tx: complete_work(tx, picking.id, actor=STAFF, now=NOW)) == ["PICKED"]
    assert page.pickup["status"] == "PREPARING"
    [part] = await fulfillments_of(db, order_id)
    told = await page.after(
        lambda tx: create_shipment(tx, part.id, [PackageDraft("yamato", "1")], actor=STAFF, now=NOW)
    )
    assert told == ["SHIPPED"]
    assert (page.pickup["status"], page.order["shipments"]) == ("IN_TRANSIT_TO_POINT", [{"trackingNumber": "1"}])
    pickup = await pickup_of(db, order_id)
    assert await page.after(lambda tx: _report(tx, shop, pickup.id, ReportKind.ARRIVED, NOW)) == ["PICKUP_ARRIVED"]
    assert (page.pickup["status"], page.pickup["code"]) == ("READY", code_of(pickup))
    hold_until = (await pickup_of(db, order_id)).hold_until
    told = await page.after(lambda tx: _report(tx, shop, pickup.id, ReportKind.EXPIRED, hold_until))
    assert told == ["PICKUP_EXPIRED"]
    assert page.pickup["status"] == "EXPIRED"


async def test_a_parcel_to_the_buyers_home(db: Database, feed: Feed) -> None:
    _, order_id, page = await _listen(db, feed, home)
    await page.after(lambda tx: plan_work(tx, order_id, now=NOW))
    [part] = await fulfillments_of(db, order_id)
    await page.after(lambda tx: create_shipment(tx, part.id, [PackageDraft("yamato", "1")], actor=STAFF, now=NOW))
    assert page.order["shipments"] == [{"trackingNumber": "1"}]


async def _report(tx: WriteTx, shop: Shop, pickup_id: UUID, kind: ReportKind, at: datetime) -> None:
    request = ReportRequest(Report("", kind, at), shop.partner, pickup_id=pickup_id)
    answer_of((await report_pickups(tx, [request], now=at))[0])
