"""A pickup moves to another slot, by its buyer or by staff."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.capacity.errors import SlotFull, SlotNotOffered
from app.fulfillment.actions.cancel_order import cancel_order
from app.fulfillment.actions.follow_transfer import follow_transfer
from app.fulfillment.actions.mark_ready import mark_ready
from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.actions.reschedule_pickup import reschedule_pickup
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.kit.db import Database
from app.kit.errors import DomainError, InvalidTransition, NotFound
from app.kit.permissions import SHOPPER, Actor
from app.kit.statement import Statement
from tests.capacity.slots import HOUR, TEN, TUESDAY, TWELVE, book, booked, counters, told, wish
from tests.conftest import NOW
from tests.fulfillment.builders import (
    STAFF,
    Shop,
    konbini_pickup,
    make_order,
    make_partner,
    planned_order,
    store_pickup,
)
from tests.fulfillment.slots import HISTORY, due, keep_slot, only_pickup, slot_shop

TRANSFERS = Statement("SELECT id FROM transfers ORDER BY id")
TOLD = Statement("SELECT payload FROM outbox WHERE topic = 'pickup_changed' ORDER BY id")
WEDNESDAY = TEN + timedelta(days=2)


async def collected_in_slot(
    db: Database, capacity: int = 1, begins: datetime | None = TEN, *, source: str = "store", **rules: Any
) -> tuple[Shop, UUID, Any]:
    """An order at the store in a slot, planned."""
    shop = await slot_shop(db, capacity, **rules)
    order_id = await one_more(db, shop, begins, source=source)
    return shop, order_id, await only_pickup(db)


async def one_more(db: Database, shop: Shop, begins: datetime | None = TEN, *, source: str = "store") -> UUID:
    async with db.write() as tx:
        order_id = await make_order(tx, shop, store_pickup(shop, source=getattr(shop, source)))
    if begins is not None:
        await keep_slot(db, shop, order_id, begins)
    async with db.write() as tx:
        await plan_work(tx, order_id, now=NOW)
    return order_id


async def move(
    db: Database,
    pickup_id: UUID,
    begins: datetime,
    order_id: UUID | None = None,
    *,
    actor: Actor = STAFF,
    now: datetime = NOW,
) -> None:
    await db.in_write(lambda tx: reschedule_pickup(tx, pickup_id, begins, order_id=order_id, actor=actor, now=now))


async def test_the_buyer_moves_and_everything_follows(db: Database) -> None:
    shop, order_id, pickup = await collected_in_slot(db)
    assert await due(db) == [TEN]
    await move(db, pickup.id, TWELVE, order_id, actor=SHOPPER)
    assert await booked(db) == {pickup.delivery_id: TWELVE}
    assert await counters(db) == [(TEN, 1, 0, 1), (TWELVE, 1, 1, 1)]
    assert await due(db) == [TWELVE]
    after = await only_pickup(db)
    assert after.version == pickup.version + 1
    async with db.read() as tx:
        [entry] = await tx.fetch(HISTORY)
        facts = [row.payload for row in await tx.fetch(TOLD)]
    assert entry.facts == {
        "pickup": pickup.number,
        "slotBegins": "2026-11-23T03:00:00+00:00",
        "slotEnds": "2026-11-23T05:00:00+00:00",
        "slotBefore": "2026-11-23T01:00:00+00:00",
    }
    assert facts[-1]["version"] == after.version
    # The slot that it has changes nothing.
    await move(db, pickup.id, TWELVE, order_id, actor=SHOPPER)
    assert (await only_pickup(db)).version == after.version
    assert await book(db, wish(shop.store)) == [None]


async def test_who_had_none_takes_one(db: Database) -> None:
    _, _, pickup = await collected_in_slot(db, begins=None)
    before = await due(db)
    assert before != [TEN]
    await move(db, pickup.id, TEN)
    assert await booked(db) == {pickup.delivery_id: TEN}
    assert await due(db) == [TEN]
    async with db.read() as tx:
        [entry] = await tx.fetch(HISTORY)
    assert "slotBefore" not in entry.facts


async def test_a_full_slot_leaves_everything_as_it_was(db: Database) -> None:
    shop, _, pickup = await collected_in_slot(db)
    await book(db, wish(shop.store, TWELVE))
    with pytest.raises(SlotFull) as refusal:
        await move(db, pickup.id, TWELVE)
    assert refusal.value.path == ["input", "slotBegins"]
    assert told(refusal.value)[2] == [TUESDAY, TUESDAY + 2 * HOUR, TUESDAY + 24 * HOUR]
    assert (await booked(db))[pickup.delivery_id] == TEN
    assert await due(db) == [TEN]
    assert (await only_pickup(db)).version == pickup.version


async def test_goods_on_their_way_are_there_first(db: Database) -> None:
    _, _, pickup = await collected_in_slot(db, begins=WEDNESDAY, source="warehouse")
    assert pickup.status == "REQUESTED"
    assert await due(db) == [WEDNESDAY]
    with pytest.raises(SlotNotOffered) as refusal:
        await move(db, pickup.id, TUESDAY)
    assert told(refusal.value) == (
        "SLOT_NOT_OFFERED",
        "GOODS_NOT_READY",
        [WEDNESDAY + 2 * HOUR, WEDNESDAY + 24 * HOUR, WEDNESDAY + 26 * HOUR],
    )
    async with db.write() as tx:
        await tx.connection.execute("UPDATE transfers SET expected_at = $1", TUESDAY + HOUR)
    with pytest.raises(SlotNotOffered):
        await move(db, pickup.id, TUESDAY)
    await move(db, pickup.id, TUESDAY + 2 * HOUR)
    assert await due(db) == [TUESDAY + 2 * HOUR]
    async with db.write() as tx:
        await tx.connection.execute("UPDATE transfers SET expected_at = $1", WEDNESDAY + 48 * HOUR)
    with pytest.raises(SlotNotOffered):
        await move(db, pickup.id, WEDNESDAY)
    async with db.write() as tx:
        [transfer] = await tx.fetch(TRANSFERS)
        await ship_transfer(tx, transfer.id, actor="test", now=NOW)
        await receive_transfer(tx, transfer.id, actor="test", now=NOW)
        await follow_transfer(tx, transfer.id, now=NOW)
    # They are there: what was expected of them does not matter any more.
    assert await due(db) == [TUESDAY + 2 * HOUR]
    await move(db, pickup.id, TUESDAY)
    assert await due(db) == [TUESDAY]


async def test_goods_that_are_ready_need_no_lead_and_are_kept_until_the_slot(db: Database) -> None:
    _, _, pickup = await collected_in_slot(db, begins=TUESDAY)
    await db.in_write(lambda tx: mark_ready(tx, pickup.id, actor=STAFF, now=NOW))
    ready = await only_pickup(db)
    # Kept for seven days from the slot on, not from when they were prepared.
    assert ready.hold_until == TUESDAY + timedelta(days=7)
    await move(db, pickup.id, TWELVE, now=TWELVE - timedelta(minutes=1))
    last = TUESDAY + timedelta(days=6) + 2 * HOUR
    await move(db, pickup.id, last)
    with pytest.raises(SlotNotOffered) as refusal:
        await move(db, pickup.id, last + 22 * HOUR)
    assert told(refusal.value)[1] == "HOLD_ENDS"
    assert (await only_pickup(db)).hold_until == ready.hold_until


async def test_without_a_slot_goods_are_kept_from_when_they_are_ready(db: Database) -> None:
    _, _, pickup = await collected_in_slot(db, begins=TEN)
    late = TWELVE + timedelta(days=1)
    await db.in_write(lambda tx: mark_ready(tx, pickup.id, actor=STAFF, now=late))
    assert (await only_pickup(db)).hold_until == late + timedelta(days=7)


async def test_who_may_not(db: Database) -> None:
    shop, order_id, pickup = await collected_in_slot(db)
    async with db.write() as tx:
        partner_id = await make_partner(tx, "other")
    others = [
        (SHOPPER, None),
        (SHOPPER, pickup.id),
        (Actor(kind=shop.partner.kind, reference="key:x", scopes=STAFF.scopes, partner_id=partner_id), order_id),
        (
            Actor(kind=STAFF.kind, reference="key:y", scopes=STAFF.scopes, location_ids=frozenset({shop.warehouse})),
            None,
        ),
    ]
    for actor, named in others:
        with pytest.raises(NotFound):
            await move(db, pickup.id, TWELVE, named, actor=actor)
    with pytest.raises(NotFound):
        await move(db, order_id, TWELVE)
    await db.in_write(lambda tx: cancel_order(tx, order_id, reason="TEST", actor="staff", now=NOW))
    with pytest.raises(InvalidTransition):
        await move(db, pickup.id, TWELVE)
    assert await booked(db) == {}


async def test_a_point_of_a_partner_has_no_slots(db: Database) -> None:
    await planned_order(db, konbini_pickup)
    pickup = await only_pickup(db)
    with pytest.raises(InvalidTransition):
        await move(db, pickup.id, TWELVE)


async def test_many_buyers_and_one_place(db: Database) -> None:
    shop, _, _ = await collected_in_slot(db, 8)
    for _ in range(5):
        await one_more(db, shop)
    await book(db, *(wish(shop.store, TWELVE) for _ in range(7)))
    async with db.read() as tx:
        ids = [row.id for row in await tx.fetch(Statement("SELECT id FROM pickups"))]

    async def one(pickup_id: UUID) -> str | None:
        try:
            await move(db, pickup_id, TWELVE)
        except DomainError as refusal:
            return refusal.code
        return None

    assert Counter(await asyncio.gather(*map(one, ids))) == {None: 1, "SLOT_FULL": 5}
    assert await counters(db) == [(TEN, 8, 5, 8), (TWELVE, 8, 8, 8)]
