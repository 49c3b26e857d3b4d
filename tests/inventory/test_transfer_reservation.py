"""Reservations that are moved, extended, released, swept and converted at the same moment."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.inventory.actions.expire_reservations import expire_reservations
from app.inventory.actions.extend_reservation import extend_reservation
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.actions.release_reservation import release_reservation
from app.inventory.actions.transfer_reservation import transfer_reservation
from app.inventory.errors import InsufficientStock, ReservationExpired
from app.inventory.model import Demand, HoldRequest
from app.inventory.sql.claims import claims_of
from app.inventory.sql.reservations import lock_reserved
from app.kit.db import Database, WriteTx
from app.kit.errors import NotFound
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.inventory.builders import counters, hold, movements, stocked

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
SOON, LATER = NOW + timedelta(minutes=15), NOW + timedelta(minutes=30)


@pytest.mark.parametrize("attempt", range(4))
async def test_more_movers_than_units_at_the_other_end(db: Database, attempt: int) -> None:
    shirt, [here, there] = await stocked(db, 20, 7)
    owners = [new_id() for _ in range(10)]
    await hold(
        db,
        *(
            HoldRequest("STAFF", owner, (Demand(1, shirt, 2, (here,)),), expires_at=SOON, reason="STAFF")
            for owner in owners
        ),
    )

    left: list[int] = []

    async def move(number: int) -> int:
        try:
            return await db.in_write(
                lambda tx: transfer_reservation(
                    tx, owners[number], from_location_ids={here}, to_location_id=there, actor=f"test {attempt}"
                )
            )
        except InsufficientStock as error:
            left.append(error.facts["available"])
            return 0

    moved = await asyncio.gather(*(move(number) for number in range(10)))
    assert sorted(moved) == [0] * 7 + [2] * 3
    assert left == [1] * 7
    assert await counters(db) == {(shirt, here): (20, 14, 0, 0), (shirt, there): (7, 6, 0, 0)}


@pytest.mark.parametrize("attempt", range(6))
async def test_of_all_that_may_happen_to_a_reservation_nothing_happens_by_halves(db: Database, attempt: int) -> None:
    shirt, stores = await stocked(db, 9, 9, 9)
    mug, shelves = await stocked(db, 9, 9)
    a, b, c = stores
    owners = [new_id() for _ in range(4)]
    lines = (Demand(1, shirt, 1, (a,)), Demand(2, shirt, 1, (b,)), Demand(3, mug, 1, (shelves[0],)))
    await hold(
        db,
        *(HoldRequest("CART", o, lines, expires_at=SOON, reason="CART", extendable_until=LATER) for o in owners),
    )
    places = (a, b, c)
    orders = {
        owner: HoldRequest(
            "ORDER", new_id(), (Demand(1, shirt, 2, places, may_split=True), Demand(2, mug, 1, (shelves[0],)))
        )
        for owner in owners
    }
    ends: dict[str, int] = {"converted": 0, "released": 0, "expired": 0}

    async def convert(tx: WriteTx, owner_id: UUID) -> bool:
        if not await lock_reserved(tx, [owner_id]):
            return False
        [verdict] = await hold_stock(tx, [replace(orders[owner_id], adopts=owner_id)], actor="test")
        return bool(verdict.claims)

    async def tried(owner: int, verb: int) -> None:
        owner_id = owners[owner]
        try:
            if verb in {0, 1}:
                route = [({a}, b), ({a, b}, c)][verb]
                await db.in_write(
                    lambda tx: transfer_reservation(
                        tx, owner_id, from_location_ids=route[0], to_location_id=route[1], actor="test"
                    )
                )
            elif verb == 2:
                ends["converted"] += await db.in_write(lambda tx: convert(tx, owner_id))
            elif verb == 3:
                ends["released"] += await db.in_write(lambda tx: release_reservation(tx, owner_id, actor="test"))
            elif verb == 4:
                await db.in_write(lambda tx: extend_reservation(tx, owner_id, expires_at=LATER, now=NOW))
            else:
                swept = await db.in_write(lambda tx: expire_reservations(tx, now=SOON, limit=1))
                ends["expired"] += len(swept)
        except (ReservationExpired, NotFound):
            pass

    verbs = [(owner, verb) for owner in range(4) for verb in (0, 1, 2 + (owner + attempt) % 4, 0, 1)]
    await asyncio.gather(*(tried(owner, verb) for owner, verb in verbs))
    left = 0
    for owner in owners:
        async with db.read() as tx:
            claims = await claims_of(tx, owner)
            bought = await claims_of(tx, orders[owner].owner_id)
        assert sum(claim.quantity for claim in claims) in {0, 3}
        assert sum(claim.quantity for claim in bought) in {0, 3}
        assert not (claims and bought)
        left += bool(claims)
    assert sum(ends.values()) + left == 4
    levels = await counters(db)
    assert sum(level[1] for level in levels.values()) == 3 * left
    assert sum(level[2] for level in levels.values()) == 3 * ends["converted"]


async def test_who_waits_for_a_transfer_finds_the_units_where_they_are_now(db: Database) -> None:
    shirt, [here, there] = await stocked(db, 5, 5)
    owner = new_id()
    await hold(db, HoldRequest("STAFF", owner, (Demand(1, shirt, 2, (here,)),), expires_at=SOON, reason="STAFF"))

    async def release() -> bool:
        return await db.in_write(lambda tx: release_reservation(tx, owner, actor="test"))

    async with db.write() as tx:
        await transfer_reservation(tx, owner, from_location_ids={here}, to_location_id=there, actor="test")
        waiting = asyncio.create_task(release())
        async with db.write() as other:
            while not await other.connection.fetchval(WAITING):
                pass
    assert await waiting
    assert await counters(db) == {(shirt, here): (5, 0, 0, 0), (shirt, there): (5, 0, 0, 0)}
    assert [kind for kind, *_ in (await movements(db))[2:]] == [
        "RESERVED",
        "RESERVATION_MOVED",
        "RESERVATION_MOVED",
        "RESERVATION_RELEASED",
    ]
