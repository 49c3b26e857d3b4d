"""Reservations end when their time is up."""

import asyncio
from datetime import datetime, timedelta

import pytest

from app.inventory.actions.allocate_reserved import allocate_reserved
from app.inventory.actions.expire_reservations import expire_reservations
from app.inventory.jobs import sweep_reservations
from app.inventory.model import Claim, Demand, HoldRequest
from app.inventory.sql.claims import claims_of_owners
from app.kit.db import Database
from app.kit.ids import new_id
from app.worker import BEATS, TIMETABLE
from tests.conftest import NOW
from tests.inventory.builders import counters, facts, hold, movements, stocked, wish

SOON = NOW + timedelta(minutes=15)


async def test_due_reservations_go_back_on_sale_and_their_owners_are_told(db: Database) -> None:
    shirt, [store] = await stocked(db, 9)
    due, later, allocated = (
        wish(shirt, 2, store, expires_at=NOW),
        wish(shirt, 3, store, expires_at=SOON),
        wish(shirt, 1, store),
    )
    await hold(db, due, later, allocated)
    async with db.write() as tx:
        assert await expire_reservations(tx, now=NOW) == [due.owner_id]
    async with db.write() as tx:
        assert await expire_reservations(tx, now=NOW) == []
    assert await counters(db) == {(shirt, store): (9, 3, 1, 0)}
    assert (await movements(db))[-1] == ("RESERVATION_EXPIRED", 0, -2, 0, store)
    assert await facts(db, "reservation_expired") == [{"owner_kind": "ORDER", "owner_id": str(due.owner_id)}]


async def test_an_owner_loses_all_lines_although_the_limit_is_smaller(db: Database) -> None:
    shirt, [store] = await stocked(db, 90)
    owner = new_id()
    lines = tuple(Demand(line, shirt, 1, (store,)) for line in range(1, 11))
    await hold(db, HoldRequest("CART", owner, lines, expires_at=NOW))
    async with db.write() as tx:
        assert await expire_reservations(tx, now=NOW, limit=3) == [owner]
    assert await counters(db) == {(shirt, store): (90, 0, 0, 0)}


async def test_an_owner_that_somebody_deals_with_is_left_alone(db: Database) -> None:
    shirt, [store] = await stocked(db, 9)
    busy, idle = wish(shirt, 1, store, expires_at=NOW), wish(shirt, 1, store, expires_at=NOW)
    await hold(db, busy, idle)
    async with db.write() as other:
        await other.connection.execute(f"SELECT 1 FROM holds WHERE owner_id = '{busy.owner_id}' FOR UPDATE")
        async with db.write() as tx:
            assert await expire_reservations(tx, now=NOW) == [idle.owner_id]
    async with db.write() as tx:
        assert await expire_reservations(tx, now=NOW) == [busy.owner_id]


async def test_sweepers_in_parallel_expire_each_owner_once(db: Database) -> None:
    shirt, stores = await stocked(db, 200, 200)
    requests = [wish(shirt, 6, *stores, may_split=True, expires_at=NOW) for _ in range(60)]
    await hold(db, *requests)

    async def sweep() -> int:
        async with db.write() as tx:
            return len(await expire_reservations(tx, now=NOW, limit=20))

    swept = sum(await asyncio.gather(*(sweep() for _ in range(4))))
    while (more := await sweep()) > 0:
        swept += more
    assert swept == 60
    assert len(await facts(db, "reservation_expired")) == 60
    assert await counters(db) == {(shirt, store): (200, 0, 0, 0) for store in stores}


async def test_the_job_goes_on_until_nothing_is_due(db: Database) -> None:
    shirt, [store] = await stocked(db, 1_200)
    await hold(db, *(wish(shirt, 1, store, expires_at=NOW) for _ in range(1_200)))
    await sweep_reservations(db, now=NOW)
    assert await counters(db) == {(shirt, store): (1_200, 0, 0, 0)}


async def test_only_owners_of_these_variants_are_swept_and_they_lose_everything(db: Database) -> None:
    shirt, [store] = await stocked(db, 9)
    mug, [shelf] = await stocked(db, 9)
    both, other, later = new_id(), wish(mug, 1, shelf, expires_at=NOW), wish(shirt, 2, store, expires_at=SOON)
    lines = (Demand(1, mug, 3, (shelf,)), Demand(2, shirt, 4, (store,)))
    await hold(db, HoldRequest("ORDER", both, lines, expires_at=NOW), other, later)
    async with db.write() as tx:
        assert await expire_reservations(tx, now=NOW, variant_ids=[shirt]) == [both]
    assert await counters(db) == {(shirt, store): (9, 2, 0, 0), (mug, shelf): (9, 1, 0, 0)}


async def test_a_full_batch_is_found_behind_the_rows_that_others_have_locked(db: Database) -> None:
    shirt, [store] = await stocked(db, 9)
    requests = [wish(shirt, 1, store, expires_at=NOW - timedelta(seconds=9 - number)) for number in range(6)]
    await hold(db, *requests)
    oldest = [request.owner_id for request in requests[:2]]
    async with db.write() as other:
        await other.connection.execute("SELECT 1 FROM holds WHERE owner_id = ANY($1) FOR UPDATE", oldest)
        async with db.write() as tx:
            swept = await expire_reservations(tx, now=NOW, limit=2)
    assert swept == sorted(request.owner_id for request in requests[2:4])
    assert await counters(db) == {(shirt, store): (9, 4, 0, 0)}


@pytest.mark.parametrize("clock", [NOW - timedelta(days=400), NOW + timedelta(days=400)], ids=["behind", "ahead"])
async def test_a_clock_that_jumps_gives_each_reservation_back_once_or_not_yet(db: Database, clock: datetime) -> None:
    shirt, [store] = await stocked(db, 9)
    due, later = wish(shirt, 2, store, expires_at=NOW), wish(shirt, 3, store, expires_at=SOON)
    await hold(db, due, later)
    is_ahead = clock > NOW
    for _ in range(2):
        await sweep_reservations(db, now=clock)
    left = 0 if is_ahead else 5
    assert await counters(db) == {(shirt, store): (9, left, 0, 0)}
    # What a clock ahead has given back is gone for good; what one behind has left may be converted long past its time.
    async with db.write() as tx:
        await allocate_reserved(tx, [due.owner_id], actor="test")
        claims = await claims_of_owners(tx, [due.owner_id])
    assert claims == ({} if is_ahead else {due.owner_id: [Claim(1, shirt, store, 2)]})
    await sweep_reservations(db, now=NOW)
    assert await counters(db) == {(shirt, store): (9, 0, 0, 0) if is_ahead else (9, 3, 2, 0)}
    assert len(await facts(db, "reservation_expired")) == (2 if is_ahead else 0)


async def test_it_beats_every_second_and_not_by_the_timetable() -> None:
    assert [(beat.name, beat.every_s) for beat in BEATS] == [("inventory:sweep_reservations", 1.0)]
    assert not [timed.name for timed in TIMETABLE if "sweep" in timed.name]
