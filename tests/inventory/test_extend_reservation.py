"""A reservation's end is moved, within the bounds that were set when it began."""

from datetime import datetime, timedelta

import pytest

from app.inventory.actions.expire_reservations import expire_reservations
from app.inventory.actions.extend_reservation import extend_reservation
from app.inventory.errors import ReservationExpired, ReservationNotExtendable
from app.inventory.model import Demand, HoldRequest
from app.kit.db import Database
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.inventory.builders import counters, hold, movements, stocked

SOON, LATER = NOW + timedelta(minutes=15), NOW + timedelta(minutes=30)


async def reserved(db: Database, extendable_until: datetime | None) -> HoldRequest:
    shirt, [store] = await stocked(db, 5)
    lines = (Demand(1, shirt, 1, (store,)), Demand(2, shirt, 2, (store,)))
    request = HoldRequest("STAFF", new_id(), lines, expires_at=SOON, reason="STAFF", extendable_until=extendable_until)
    await hold(db, request)
    return request


async def test_all_lines_last_longer_and_no_unit_moves(db: Database) -> None:
    request = await reserved(db, LATER)
    before = await movements(db)
    async with db.write() as tx:
        await extend_reservation(tx, request.owner_id, expires_at=LATER, now=NOW)
    assert await movements(db) == before
    async with db.write() as tx:
        assert await expire_reservations(tx, now=LATER - timedelta(microseconds=1)) == []
    async with db.write() as tx:
        assert await expire_reservations(tx, now=LATER) == [request.owner_id]
    assert [level[:3] for level in (await counters(db)).values()] == [(5, 0, 0)]


async def test_what_has_no_later_end_is_not_extended(db: Database) -> None:
    request = await reserved(db, None)
    with pytest.raises(ReservationNotExtendable) as refused:
        async with db.write() as tx:
            await extend_reservation(tx, request.owner_id, expires_at=LATER, now=NOW)
    assert refused.value.facts == {"extendable_until": None}


async def test_nothing_reserved_is_not_extended(db: Database) -> None:
    with pytest.raises(ReservationExpired):
        async with db.write() as tx:
            await extend_reservation(tx, new_id(), expires_at=LATER, now=NOW)
