"""An order is given up while its goods are in the house."""

import asyncio
from uuid import UUID

import pytest

from app.fulfillment.actions.cancel_order import cancel_order
from app.fulfillment.actions.create_shipment import create_shipment
from app.fulfillment.actions.create_work import WorkDraft, create_work
from app.fulfillment.actions.follow_transfer import follow_transfer
from app.fulfillment.actions.hand_over import hand_over
from app.fulfillment.actions.hold_works import hold_works
from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.model import WorkKind
from app.fulfillment.model.packages import PackageDraft
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.inventory.errors import InsufficientStock
from app.kit.db import Database
from app.kit.errors import InvalidTransition, NotFound
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, konbini_pickup, make_order, make_shop, planned_order, store_pickup
from tests.fulfillment.views import (
    everything,
    fulfillments_of,
    history_of,
    make_ready,
    make_verified,
    order_states,
    payment_status,
    pickup_of,
    pickups_of,
    ship_all,
    stock_of,
    transfer_of,
    work_of,
    work_rows,
)


async def _cancel(db: Database, order_id: UUID) -> None:
    await db.in_write(lambda tx: cancel_order(tx, order_id, reason="changed my mind", actor="shopper", now=NOW))


async def test_everything_of_the_order_ends(db: Database) -> None:
    shop, order_id = await planned_order(db, home, lambda shop: store_pickup(shop, source=shop.other_store))
    await _cancel(db, order_id)
    assert await order_states(db, order_id) == ("CANCELED", "VOIDED", "CANCELED")
    assert await payment_status(db, order_id) == "VOIDED"
    assert {row.status for row in await fulfillments_of(db, order_id)} == {"CANCELED"}
    assert {status for _, _, status in await work_of(db)} == {"CANCELED"}
    assert (await pickup_of(db, order_id)).status == "CANCELED"
    assert (await transfer_of(db, order_id)).status == "CANCELED"
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (10, 0)
    assert await stock_of(db, shop.variants[1], shop.other_store) == (10, 0)
    assert (await history_of(db, order_id))[-1] == "CANCELED"


async def test_goods_that_are_ready_may_still_be_given_up(db: Database) -> None:
    shop, order_id = await planned_order(db, store_pickup, payment="PAY_AT_PICKUP")
    await make_ready(db, order_id)
    await _cancel(db, order_id)
    assert await order_states(db, order_id) == ("CANCELED", "VOIDED", "CANCELED")
    assert (await pickup_of(db, order_id)).status == "CANCELED"
    assert await stock_of(db, shop.variants[1], shop.store) == (10, 0)


async def test_an_order_whose_work_is_not_planned_yet_asks_for_none_later(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        order_id = await make_order(tx, shop, home(shop))
    await _cancel(db, order_id)
    async with db.write() as tx:
        assert await plan_work(tx, order_id, now=NOW) == []
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (10, 0)


async def test_goods_under_way_arrive_as_free_stock(db: Database) -> None:
    shop, order_id = await planned_order(db, lambda shop: store_pickup(shop, units=2, source=shop.other_store))
    transfer = await transfer_of(db, order_id)
    async with db.write() as tx:
        await ship_transfer(tx, transfer.id, actor="test", now=NOW)
        await follow_transfer(tx, transfer.id, now=NOW)
    await _cancel(db, order_id)
    assert (await transfer_of(db, order_id)).status == "IN_TRANSIT"
    assert ("RECEIVE", shop.store, "OPEN") in await work_of(db)
    assert ("PREPARE_PICKUP", shop.store, "CANCELED") in await work_of(db)
    async with db.write() as tx:
        await receive_transfer(tx, transfer.id, actor="test", now=NOW)
        await follow_transfer(tx, transfer.id, now=NOW)
    assert ("RECEIVE", shop.store, "DONE") in await work_of(db)
    assert await stock_of(db, shop.variants[1], shop.store) == (12, 0)
    assert await stock_of(db, shop.variants[1], shop.other_store) == (8, 0)


async def test_canceling_twice_changes_nothing(db: Database) -> None:
    _, order_id = await planned_order(db, home)
    await _cancel(db, order_id)
    before = await everything(db)
    await _cancel(db, order_id)
    assert await everything(db) == before


@pytest.mark.parametrize(
    ("parts", "current"), [((home,), "COMPLETED"), ((home, store_pickup), "SHIPPED"), ((konbini_pickup,), "SHIPPED")]
)
async def test_an_order_of_which_a_parcel_has_left_is_not_canceled(db: Database, parts: tuple, current: str) -> None:
    _, order_id = await planned_order(db, *parts)
    await ship_all(db, order_id)
    before = await everything(db)
    with pytest.raises(InvalidTransition) as refusal:
        await _cancel(db, order_id)
    assert refusal.value.facts == {"current_status": current}
    assert await everything(db) == before


async def test_an_order_of_which_a_part_was_collected_is_not_canceled(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup, home)
    pickup = await make_verified(db, order_id)
    async with db.write() as tx:
        await hand_over(tx, pickup.id, actor=STAFF, now=NOW)
    before = await everything(db)
    with pytest.raises(InvalidTransition) as refusal:
        await _cancel(db, order_id)
    assert refusal.value.facts == {"current_status": "COMPLETED"}
    assert await everything(db) == before


async def test_an_unknown_order_is_not_found(db: Database) -> None:
    with pytest.raises(NotFound):
        await _cancel(db, new_id())


async def _ship(db: Database, fulfillment_id: UUID, number: int) -> None:
    await db.in_write(
        lambda tx: create_shipment(tx, fulfillment_id, [PackageDraft("yamato", str(number))], actor=STAFF, now=NOW)
    )


@pytest.mark.parametrize("attempt", range(6))
async def test_a_parcel_leaves_or_its_order_is_canceled(db: Database, attempt: int) -> None:
    shop, order_id = await planned_order(db, home)
    [fulfillment] = await fulfillments_of(db, order_id)
    rivals = [_ship(db, fulfillment.id, attempt), _cancel(db, order_id), _ship(db, fulfillment.id, attempt + 100)]
    rotated = rivals[attempt % 3 :] + rivals[: attempt % 3]
    answers = await asyncio.gather(*rotated, return_exceptions=True)
    assert all(answer is None or isinstance(answer, InvalidTransition) for answer in answers)
    assert sum(answer is None for answer in answers) == 1
    [status] = [row.status for row in await fulfillments_of(db, order_id)]
    on_hand = {"SHIPPED": 8, "CANCELED": 10}[status]
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (on_hand, 0)
    assert (await order_states(db, order_id))[0] == {"SHIPPED": "COMPLETED", "CANCELED": "CANCELED"}[status]


async def _send(db: Database, transfer_id: UUID) -> None:
    await db.in_write(lambda tx: ship_transfer(tx, transfer_id, actor="test", now=NOW))


@pytest.mark.parametrize("attempt", range(6))
async def test_a_transfer_leaves_or_is_called_off_and_the_order_is_canceled_anyway(db: Database, attempt: int) -> None:
    shop, order_id = await planned_order(db, lambda shop: store_pickup(shop, units=2, source=shop.other_store))
    transfer = await transfer_of(db, order_id)
    rivals = [_send(db, transfer.id), _cancel(db, order_id)]
    sent, canceled = await asyncio.gather(*(rivals if attempt % 2 else reversed(rivals)), return_exceptions=True)
    if not attempt % 2:
        sent, canceled = canceled, sent
    assert canceled is None
    assert (await order_states(db, order_id))[0] == "CANCELED"
    if sent is None:
        assert await stock_of(db, shop.variants[1], shop.other_store) == (8, 0)
        assert (await transfer_of(db, order_id)).status == "IN_TRANSIT"
    else:
        assert isinstance(sent, InvalidTransition | InsufficientStock)
        assert await stock_of(db, shop.variants[1], shop.other_store) == (10, 0)
        assert (await transfer_of(db, order_id)).status == "CANCELED"
    async with db.write() as tx:
        await follow_transfer(tx, transfer.id, now=NOW)


async def test_nobody_is_left_with_work_about_what_the_order_was(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup, store_pickup)
    parcel = next(row for row in await fulfillments_of(db, order_id) if row.kind == "SHIP")
    await _ask_for_all(db, order_id, parcel.id)
    async with db.write() as tx:
        elsewhere = await create_work(
            tx, WorkDraft(WorkKind.COUNT, location_id=shop.store, note="shelf 4"), actor=STAFF, now=NOW
        )
        held = [row.id for row in await work_rows(db) if row.kind == "LOCKER_DROP_OFF"]
        await hold_works(tx, held, "rain", actor=STAFF, now=NOW)
    await _cancel(db, order_id)
    left = [row.id for row in await work_rows(db) if row.status != "CANCELED"]
    assert left == [elsewhere]


@pytest.mark.parametrize("kind", [WorkKind.LOCKER_DROP_OFF, WorkKind.RETURN_INSPECT])
async def test_nobody_asks_for_work_about_a_canceled_pickup(db: Database, kind: WorkKind) -> None:
    _, order_id = await planned_order(db, konbini_pickup)
    pickup = await pickup_of(db, order_id)
    await _cancel(db, order_id)
    before = await everything(db)
    with pytest.raises(InvalidTransition) as refusal:
        await db.in_write(lambda tx: create_work(tx, WorkDraft(kind, pickup_id=pickup.id), actor=STAFF, now=NOW))
    assert refusal.value.facts == {"current_status": "CANCELED"}
    assert await everything(db) == before


async def test_a_cancellation_and_a_wish_for_work_at_once_leave_no_work(db: Database) -> None:
    """Whichever comes first."""
    shop, _ = await planned_order(db, home)
    for _ in range(4):
        async with db.write() as tx:
            order_id = await make_order(tx, shop, konbini_pickup(shop))
            await plan_work(tx, order_id, now=NOW)
        pickup = await pickup_of(db, order_id)
        drafts = [WorkDraft(kind, pickup_id=pickup.id) for kind in (WorkKind.LOCKER_DROP_OFF, WorkKind.RETURN_INSPECT)]
        await asyncio.gather(
            _cancel(db, order_id),
            *(db.in_write(lambda tx, draft=draft: create_work(tx, draft, actor=STAFF, now=NOW)) for draft in drafts),
            return_exceptions=True,
        )
        rows = [row for row in await work_rows(db) if row.order_id == order_id]
        assert {row.status for row in rows} == {"CANCELED"}


async def _ask_for_all(db: Database, order_id: UUID, parcel_id: UUID) -> None:
    drafts = [WorkDraft(WorkKind.PACK, fulfillment_id=parcel_id)]
    for pickup in await pickups_of(db, order_id):
        drafts += [WorkDraft(kind, pickup_id=pickup.id) for kind in (WorkKind.LOCKER_DROP_OFF, WorkKind.RETURN_INSPECT)]
    async with db.write() as tx:
        for draft in drafts:
            await create_work(tx, draft, actor=STAFF, now=NOW)
