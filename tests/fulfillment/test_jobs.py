"""What fulfillment does by itself."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.fulfillment.actions.cancel_order import cancel_order
from app.fulfillment.actions.expire_pickup import expire_pickup
from app.fulfillment.jobs import HANDLERS, SCHEDULES, expire_pickups, order_changed, order_completed
from app.inventory.actions.create_transfer import create_transfer
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.inventory.model.transfers import TransferLineDraft
from app.kit import sweeps
from app.kit.db import Database
from app.kit.ids import new_id
from app.payments.model import PROVIDERS
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, konbini_pickup, make_order, make_shop, planned_order, store_pickup
from tests.fulfillment.views import (
    everything,
    make_arrived,
    make_ready,
    order_states,
    payment_status,
    pickup_of,
    ship_all,
    stock_of,
    transfer_of,
    work_of,
)
from tests.pump import pump


class Recorder:
    """A provider that remembers what it was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, UUID]] = []

    async def capture(self, key: UUID, reference: str, amount_minor: int) -> None:
        """Reference and amount are those of the order below."""
        assert (reference, amount_minor) == ("auth-1", 2000)
        self.calls.append(("capture", key))

    async def void(self, key: UUID) -> None:
        """Remembered."""
        self.calls.append(("void", key))


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Stands where the card provider stands."""
    recorder = Recorder()
    for name in PROVIDERS:
        monkeypatch.setitem(PROVIDERS, name, recorder)
    return recorder


async def test_a_placed_order_is_planned_by_its_event(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        order_id = await make_order(tx, shop, store_pickup(shop, source=shop.other_store))
    await pump(db)
    assert len(await work_of(db)) == 3
    transfer = await transfer_of(db, order_id)
    async with db.write() as tx:
        await ship_transfer(tx, transfer.id, actor="test", now=NOW)
    await pump(db)
    assert ("RECEIVE", shop.store, "OPEN") in await work_of(db)
    async with db.write() as tx:
        await receive_transfer(tx, transfer.id, actor="test", now=NOW)
    await pump(db)
    assert (await pickup_of(db, order_id)).status == "PREPARING"


async def test_an_own_transfer_is_work_by_its_event(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        lines = [TransferLineDraft(shop.variants[0], 2)]
        ends = {"from_location_id": shop.warehouse, "to_location_id": shop.store}
        await create_transfer(tx, **ends, lines=lines, actor="test", now=NOW)
    await pump(db)
    assert await work_of(db) == [("TRANSFER", shop.warehouse, "OPEN"), ("RECEIVE", shop.store, "WAITING")]


async def test_money_set_aside_is_taken_when_the_order_is_complete(db: Database, provider: Recorder) -> None:
    _, order_id = await planned_order(db, home)
    await ship_all(db, order_id)
    await pump(db)
    assert await order_states(db, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")
    assert await payment_status(db, order_id) == "CAPTURED"
    assert [call for call, _ in provider.calls] == ["capture"]
    before = await everything(db)
    await order_completed(db, str(order_id), {}, now=NOW)
    await order_completed(db, str(new_id()), {}, now=NOW)
    assert await everything(db) == before
    assert len(provider.calls) == 1


async def test_no_money_is_taken_for_units_that_nobody_got(db: Database, provider: Recorder) -> None:
    # 3,000 yen were set aside; a unit for 1,000 stays in the store.
    _, order_id = await planned_order(db, home, store_pickup)
    pickup = await make_ready(db, order_id)
    async with db.write() as tx:
        await expire_pickup(tx, pickup.id, actor=STAFF, now=pickup.hold_until)
    await ship_all(db, order_id)
    await pump(db)
    assert [call for call, _ in provider.calls] == ["capture"]
    assert await order_states(db, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")
    async with db.read() as tx:
        [row] = await tx.connection.fetch("SELECT facts FROM order_history WHERE kind = 'PAYMENT_CHANGED'")
        assert row["facts"] == {"paymentStatus": "CAPTURED", "capturedMinor": 2000}
        assert await tx.connection.fetchval("SELECT captured_minor FROM payments") == 2000


async def test_money_set_aside_is_given_up_when_the_order_is_canceled(db: Database, provider: Recorder) -> None:
    _, order_id = await planned_order(db, home)
    async with db.write() as tx:
        await cancel_order(tx, order_id, reason="x", actor="test", now=NOW)
    await pump(db)
    assert [call for call, _ in provider.calls] == ["void"]
    await order_changed(db, str(new_id()), {"payment_status": "VOIDED"}, now=NOW)
    assert len(provider.calls) == 1


async def test_no_provider_is_asked_about_money_at_the_counter(db: Database, provider: Recorder) -> None:
    _, order_id = await planned_order(db, store_pickup, payment="PAY_AT_PICKUP")
    async with db.write() as tx:
        await cancel_order(tx, order_id, reason="x", actor="test", now=NOW)
    await pump(db)
    assert provider.calls == []


async def test_own_stores_give_pickups_up_a_day_after_their_time(db: Database) -> None:
    shop, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    last = pickup.hold_until + timedelta(days=1)
    assert await expire_pickups(db, now=last) == 0
    assert (await pickup_of(db, order_id)).status == "READY"
    assert await expire_pickups(db, now=last + timedelta(seconds=1)) == 1
    assert (await pickup_of(db, order_id)).status == "EXPIRED"
    assert await stock_of(db, shop.variants[1], shop.store) == (10, 0)
    assert await expire_pickups(db, now=last + timedelta(days=1)) == 0


async def test_partners_report_expiry_themselves(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    await make_arrived(db, shop, order_id)
    assert await expire_pickups(db, now=NOW + timedelta(days=90)) == 0
    assert (await pickup_of(db, order_id)).status == "READY"


async def test_a_backlog_is_worked_off_in_batches(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "BATCH", 1)
    shop, first = await planned_order(db, store_pickup)
    await make_ready(db, first)
    async with db.write() as tx:
        second = await make_order(tx, shop, store_pickup(shop))
    await pump(db)
    await make_ready(db, second)
    assert await expire_pickups(db, now=NOW + timedelta(days=9)) == 2


def test_topics_and_times_are_wired() -> None:
    assert set(HANDLERS) == {
        "order_placed",
        "backorder_served",
        "promise_broken",
        "promises_moved",
        "order_completed",
        "order",
        "transfer_created",
        "transfer_changed",
        "transfer_shipped",
        "transfer_received",
        "transfer_canceled",
        "refund_started",
    }
    assert SCHEDULES["expire-pickups"][0] == "*/10 * * * *"
