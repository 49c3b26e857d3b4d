"""Who touches compartments and stock locks compartments first, in whatever way it comes to both."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Final

import asyncpg
import pytest

from app.capacity.actions.lock_claims import lock_claims
from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.fulfillment.actions.cancel_order import cancel_order
from app.fulfillment.actions.create_shipment import create_shipment
from app.fulfillment.actions.give_up_work import ShortLine
from app.fulfillment.actions.report_short import report_short
from app.fulfillment.actions.take_back_pickup import take_back_pickup
from app.fulfillment.model.packages import PackageDraft
from app.fulfillment.model.reports import ReportKind
from app.fulfillment.model.work import ShortReason
from app.inventory.model.corrections import Correction, PromisePolicy
from app.kit.db import Database, WriteTx
from app.kit.ids import new_id
from tests.capacity.builders import claims
from tests.conftest import NOW, Count
from tests.fulfillment.builders import STAFF
from tests.fulfillment.lockers import LockerShop, locker_order, make_locker_shop, sent_order
from tests.fulfillment.views import fulfillments_of, pickup_of, report, work_rows
from tests.inventory.builders import corrected
from tests.scenarios.serving import until

Work = Callable[[WriteTx], Awaitable[object]]
_STANDS: Final = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid)))"


async def _ship_what_was_reported(db: Database, ground: LockerShop) -> Work:
    async with db.write() as tx:
        order_id = await locker_order(tx, ground)
    await report(db, (await pickup_of(db, order_id)).id, ReportKind.ARRIVED, actor=ground.company)
    [parcel] = await fulfillments_of(db, order_id)
    return lambda tx: create_shipment(tx, parcel.id, [PackageDraft("yamato", "1")], actor=STAFF, now=NOW)


async def _find_nothing(db: Database, ground: LockerShop) -> Work:
    async with db.write() as tx:
        await locker_order(tx, ground)
    nowhere = (
        Correction(ground.shop.variants[0], place, quantity=0) for place in (ground.shop.store, ground.shop.other_store)
    )
    await corrected(db, *nowhere, policy=PromisePolicy.KEEP)
    [pick] = [row.id for row in await work_rows(db) if row.kind == "PICK"]
    lines, reason = [ShortLine(1, 1)], ShortReason.NOT_IN_STOCK
    return lambda tx: report_short(tx, pick, lines, reason, elsewhere=ORDERS_ELSEWHERE, actor=STAFF, now=NOW)


async def _take_back(db: Database, ground: LockerShop) -> Work:
    _, pickup_id = await sent_order(db, ground)
    return lambda tx: take_back_pickup(tx, pickup_id, actor=STAFF, now=NOW)


async def _cancel(db: Database, ground: LockerShop) -> Work:
    async with db.write() as tx:
        order_id = await locker_order(tx, ground)
    return lambda tx: cancel_order(tx, order_id, reason="x", actor="shopper", now=NOW)


@pytest.mark.parametrize("prepare", [_ship_what_was_reported, _find_nothing, _take_back, _cancel])
async def test_nobody_who_waits_for_a_station_holds_stock(
    db: Database, prepare: Callable[[Database, LockerShop], Awaitable[Work]]
) -> None:
    """Whoever has the station, such as a checkout, can go on to the stock: else both would wait for each other."""
    ground = await make_locker_shop(db)
    work = await prepare(db, ground)
    holder = await asyncpg.connect(db.dsn)
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM locker_stations FOR UPDATE")
            waiting = asyncio.create_task(db.in_write(work))

            async def stands() -> bool:
                assert not waiting.done(), "it never asked for the station"
                return await holder.fetchval(_STANDS, holder.get_server_pid())

            await until(stands)
            await holder.execute("SELECT FROM holds FOR UPDATE NOWAIT")
            await holder.execute("SELECT FROM stock FOR UPDATE NOWAIT")
        await waiting
    finally:
        await holder.close()
    [(state, _)] = (await claims(db)).values()
    assert state == ("OCCUPYING" if prepare is _ship_what_was_reported else "ENDED")


async def test_without_claims_one_statement_locks_nothing(
    db: Database, count_statements: Callable[[], AbstractContextManager[Count]]
) -> None:
    with count_statements() as count:
        async with db.write() as tx:
            await lock_claims(tx, [new_id()])
    assert count.total == 1
