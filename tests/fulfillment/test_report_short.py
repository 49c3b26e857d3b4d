"""People do not find what they are to pick: other places give it, at once, and the stock says so."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.fulfillment.actions.acknowledge_works import acknowledge_works
from app.fulfillment.actions.complete_work import complete_work
from app.fulfillment.actions.give_up_work import GivenWork, ShortLine
from app.fulfillment.actions.hold_works import hold_works
from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.actions.report_short import report_short
from app.fulfillment.errors import UnknownLine
from app.fulfillment.model.work import ShortReason
from app.inventory.errors import InvalidQuantity
from app.inventory.model.corrections import Correction, PromisePolicy
from app.kit.db import Database, WriteTx
from app.kit.errors import DomainError, InvalidTransition
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, Part, Shop, home, make_order, make_shop, planned_order, store_pickup
from tests.fulfillment.views import (
    everything,
    fulfillments_of,
    history_of,
    lines_of,
    order_states,
    pickup_of,
    stock_of,
    transfer_of,
    work_of,
)
from tests.fulfillment.work import history_of_work, work_id_of, work_row
from tests.inventory.builders import corrected
from tests.pump import pump

NOT_THERE = ShortReason.NOT_IN_STOCK


async def _short(
    db: Database, work_id: UUID, units: int, reason: ShortReason = NOT_THERE, line_no: int = 1
) -> GivenWork:
    async def work(tx: WriteTx) -> GivenWork:
        lines = [ShortLine(line_no, units)]
        return await report_short(tx, work_id, lines, reason, elsewhere=ORDERS_ELSEWHERE, actor=STAFF, now=NOW)

    return await db.in_write(work)


async def _nowhere_else(db: Database, shop: Shop, variant: int = 0) -> None:
    keys = [Correction(shop.variants[variant], place, quantity=0) for place in (shop.store, shop.other_store)]
    await corrected(db, *keys, policy=PromisePolicy.KEEP)


async def test_another_place_gives_what_is_missing_and_the_rest_is_picked(db: Database) -> None:
    shop, order_id = await planned_order(db, lambda shop: home(shop, units=3))
    work_id = await work_id_of(db, "PICK")
    async with db.write() as tx:
        await acknowledge_works(tx, [work_id], "Aoi", actor=STAFF, now=NOW)
    assert await _short(db, work_id, 1) == ("IN_PROGRESS", 1, 0)
    parcels = await fulfillments_of(db, order_id)
    assert [parcel["status"] for parcel in parcels] == ["OPEN", "OPEN"]
    assert await lines_of(db, order_id) == [(1, 2), (1, 1)]
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (9, 2)
    assert await stock_of(db, shop.variants[0], parcels[1]["location_id"]) == (10, 1)
    assert await history_of_work(db, work_id) == [
        ("ACKNOWLEDGE", "IN_PROGRESS", {"assignee": "Aoi"}),
        (
            "REPORT_SHORT",
            "IN_PROGRESS",
            {"reason": "NOT_IN_STOCK", "lines": [{"lineNo": 1, "units": 1}], "moved": 1, "canceled": 0},
        ),
    ]
    assert "RESOURCED" in await history_of(db, order_id)
    before = await everything(db)
    await pump(db, now=NOW)
    assert await everything(db) == before


@pytest.mark.parametrize(
    ("reason", "on_hand", "ledger"),
    [
        (ShortReason.NOT_IN_STOCK, 8, ("ADJUSTED", -2, None)),
        (ShortReason.STOLEN, 8, ("ADJUSTED", -2, None)),
        (ShortReason.DAMAGED, 8, ("STATE_CHANGED", -2, "DAMAGED")),
        (ShortReason.NO_TIME, 10, None),
    ],
)
async def test_the_reason_says_whether_the_stock_is_wrong(
    db: Database, reason: ShortReason, on_hand: int, ledger: tuple[Any, ...] | None
) -> None:
    shop, _ = await planned_order(db, home)
    work_id = await work_id_of(db, "PICK")
    assert await _short(db, work_id, 2, reason) == ("REJECTED", 2, 0)
    assert (await work_row(db, work_id))["reject_reason"] == reason
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (on_hand, 0)
    async with db.read() as tx:
        rows = await tx.connection.fetch(
            "SELECT kind, d_on_hand, state, reason FROM ledger WHERE cause_id = $1 AND cause_kind = 'WORK'", work_id
        )
    assert [tuple(row) for row in rows] == ([] if ledger is None else [(*ledger, reason)])


async def test_what_nobody_has_the_buyer_does_not_get(db: Database) -> None:
    shop, order_id = await planned_order(db, lambda shop: home(shop, units=3))
    await _nowhere_else(db, shop)
    work_id = await work_id_of(db, "PICK")
    assert await _short(db, work_id, 1) == ("OPEN", 0, 1)
    assert await lines_of(db, order_id) == [(1, 2)]
    async with db.read() as tx:
        canceled = await tx.connection.fetchval("SELECT canceled_quantity FROM order_lines")
    assert canceled == 1
    assert await _short(db, work_id, 2) == ("REJECTED", 0, 2)
    assert (await order_states(db, order_id))[:2] == ("CANCELED", "VOIDED")
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (7, 0)
    before = await everything(db)
    await pump(db, now=NOW)
    assert await everything(db) == before


async def test_other_promises_on_the_same_stock_stay(db: Database) -> None:
    """Also younger ones, and also where nothing else is left."""
    shop, order_id = await planned_order(db, lambda shop: home(shop, units=4))
    work_id = await work_id_of(db, "PICK")
    async with db.write() as tx:
        younger = await make_order(tx, shop, home(shop, units=6))
        await plan_work(tx, younger, now=NOW)
    await _short(db, work_id, 1)
    assert await lines_of(db, younger) == [(1, 6)]
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (9, 9)
    assert sum(units for _, units in await lines_of(db, order_id)) == 4


async def test_a_pickup_waits_for_what_another_place_sends(db: Database) -> None:
    shop, order_id = await planned_order(db, lambda shop: store_pickup(shop, units=2))
    work_id = await work_id_of(db, "PREPARE_PICKUP")
    assert await _short(db, work_id, 1) == ("WAITING", 1, 0)
    assert (await pickup_of(db, order_id))["status"] == "REQUESTED"
    assert (await transfer_of(db, order_id))["status"] == "READY_TO_SHIP"
    assert sorted(kind for kind, _, _ in await work_of(db)) == ["PREPARE_PICKUP", "RECEIVE", "TRANSFER"]
    assert await stock_of(db, shop.variants[1], shop.store) == (9, 1)


async def test_a_transfer_that_lacks_units_brings_fewer_and_another_place_sends_the_rest(db: Database) -> None:
    shop, order_id = await planned_order(db, lambda shop: store_pickup(shop, units=3, source=shop.other_store))
    async with db.write() as tx:  # Only the warehouse has any.
        await tx.connection.execute("SELECT 1")
    await corrected(db, Correction(shop.variants[1], shop.store, quantity=0), policy=PromisePolicy.KEEP)
    work_id = await work_id_of(db, "TRANSFER", shop.other_store)
    assert await _short(db, work_id, 1) == ("OPEN", 1, 0)
    async with db.read() as tx:
        rows = await tx.connection.fetch("""
            SELECT transfer.from_location_id, line.quantity, line.withdrawn_quantity
              FROM transfers AS transfer JOIN transfer_lines AS line ON line.transfer_id = transfer.id
             WHERE order_id = $1 ORDER BY transfer.id""", order_id)  # fmt: skip
    assert [tuple(row) for row in rows] == [(shop.other_store, 3, 1), (shop.warehouse, 1, 0)]
    assert await _short(db, work_id, 2) == ("REJECTED", 2, 0)
    assert await stock_of(db, shop.variants[1], shop.other_store) == (7, 0)


async def test_shipping_may_be_short_after_picking(db: Database) -> None:
    _, order_id = await planned_order(db, home)
    async with db.write() as tx:
        await complete_work(tx, await work_id_of(db, "PICK"), actor=STAFF, now=NOW)
    work_id = await work_id_of(db, "SHIP")
    assert await _short(db, work_id, 2, ShortReason.DAMAGED) == ("REJECTED", 2, 0)
    assert [row["status"] for row in await fulfillments_of(db, order_id)] == ["CANCELED", "OPEN"]


async def test_refused(db: Database) -> None:
    def both(shop: Shop) -> Part:
        return Part("HOME_DELIVERY", [(shop.variants[0], 2, shop.warehouse), (shop.variants[1], 1, shop.warehouse)])

    await planned_order(db, both)
    pick, ship = await work_id_of(db, "PICK"), await work_id_of(db, "SHIP")
    cases: list[tuple[UUID, int, int, type[DomainError]]] = [
        (pick, 3, 1, InvalidQuantity),
        (pick, 0, 1, InvalidQuantity),
        (pick, 1, 3, UnknownLine),
        (ship, 1, 1, InvalidTransition),
    ]
    before = await everything(db)
    for work_id, units, line_no, kind in cases:
        with pytest.raises(kind):
            await _short(db, work_id, units, line_no=line_no)
    assert await everything(db) == before
    async with db.write() as tx:
        await hold_works(tx, [pick], "wait", actor=STAFF, now=NOW)
    with pytest.raises(InvalidTransition):
        await _short(db, pick, 1)


async def test_of_many_who_report_the_same_units_missing_only_as_many_go_as_there_are(db: Database) -> None:
    shop, _ = await planned_order(db, lambda shop: home(shop, units=3))
    work_id = await work_id_of(db, "PICK")

    async def report() -> bool:
        try:
            await _short(db, work_id, 1)
        except (InvalidQuantity, InvalidTransition, UnknownLine):
            return False
        return True

    assert sum(await asyncio.gather(*(report() for _ in range(6)))) == 3
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (7, 0)
    assert (await work_row(db, work_id))["status"] == "REJECTED"


async def test_shoppers_who_take_the_last_units_elsewhere_meanwhile_keep_them(db: Database) -> None:
    """Four report a unit missing each, of which other places have two: two move, two are canceled."""
    async with db.write() as tx:
        shop = await make_shop(tx)
        orders = [await make_order(tx, shop, home(shop, units=1)) for _ in range(4)]
        for order_id in orders:
            await plan_work(tx, order_id, now=NOW)
    keys = [(shop.store, 1), (shop.other_store, 1)]
    await corrected(db, *(Correction(shop.variants[0], place, quantity=units) for place, units in keys),
                    policy=PromisePolicy.KEEP)  # fmt: skip
    async with db.read() as tx:
        ids = [row["id"] for row in await tx.connection.fetch("SELECT id FROM work_instructions WHERE kind = 'PICK'")]
    given = await asyncio.gather(*(_short(db, work_id, 1) for work_id in ids))
    assert sorted((one.moved, one.broken) for one in given) == [(0, 1), (0, 1), (1, 0), (1, 0)]
    assert [
        await stock_of(db, shop.variants[0], place) for place in (shop.warehouse, shop.store, shop.other_store)
    ] == [
        (6, 0),
        (1, 1),
        (1, 1),
    ]
