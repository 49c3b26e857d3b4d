"""Units that were promised are not there: who loses what."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from app.inventory.actions.release_holds import release_holds
from app.inventory.actions.ship_claims import ship_claims
from app.inventory.errors import InsufficientStock
from app.inventory.model import Claim, Demand, HoldRequest, OwnerKind
from app.inventory.model.corrections import Correction, Promise, PromisePolicy
from app.inventory.sql.claims import claims_of
from app.kit.db import Database
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.inventory.builders import corrected, counters, facts, hold, movements, stocked, wish
from tests.inventory.transfers import send, state

LATER = NOW + timedelta(hours=1)
BREAK = PromisePolicy.BREAK_YOUNGEST


async def owned(db: Database, owner_id: UUID) -> list[Claim]:
    async with db.read() as tx:
        return await claims_of(tx, owner_id)


async def test_the_youngest_promise_gives_way(db: Database) -> None:
    shirt, [store] = await stocked(db, 9)
    old, young = new_id(), new_id()
    await hold(db, wish(shirt, 4, store, owner_id=young))  # the older id made the younger promise
    await hold(db, wish(shirt, 4, store, owner_id=old))
    done = await corrected(db, Correction(shirt, store, quantity=6), policy=BREAK)
    assert done.results == [6]
    assert done.broken == [Promise("ORDER", old, 1, shirt, store, 2, "A")]
    assert await counters(db) == {(shirt, store): (6, 0, 6, 0)}
    assert await owned(db, old) == [Claim(1, shirt, store, 2)]
    assert await owned(db, young) == [Claim(1, shirt, store, 4)]
    assert (await movements(db))[-2:] == [
        ("ALLOCATION_RELEASED", 0, 0, -2, store),
        ("ADJUSTED", -3, 0, 0, store),
    ]
    assert await facts(db, "promise_broken") == [
        {"order_id": str(old), "line_no": 1, "variant_id": shirt, "location_id": store, "quantity": 2}
    ]


async def test_reservations_go_before_allocations_and_as_a_whole(db: Database) -> None:
    shirt, [store, depot] = await stocked(db, 10, 10)
    cart, order = new_id(), new_id()
    lines = (Demand(1, shirt, 3, (store,)), Demand(2, shirt, 2, (depot,)))
    await hold(db, HoldRequest(OwnerKind.CART, cart, lines, LATER))
    await hold(db, wish(shirt, 7, store, owner_id=order))
    done = await corrected(db, Correction(shirt, store, delta=-1), policy=BREAK)
    assert done.broken == [
        Promise("CART", cart, 1, shirt, store, 3, "R"),
        Promise("CART", cart, 2, shirt, depot, 2, "R"),
    ]
    assert await counters(db) == {(shirt, store): (9, 0, 7, 0), (shirt, depot): (10, 0, 0, 0)}
    assert await facts(db, "reservation_expired") == [{"owner_kind": "CART", "owner_id": str(cart)}]
    assert await facts(db, "promise_broken") == []


async def test_a_transfer_that_loses_units_is_canceled(db: Database) -> None:
    shirt, [store, depot] = await stocked(db, 10, 0)
    transfer_id = await send(db, store, depot, (shirt, 6), (shirt, 2))
    done = await corrected(db, Correction(shirt, store, quantity=7), policy=BREAK)
    assert [(promise.owner_kind, promise.quantity) for promise in done.broken] == [("TRANSFER", 6), ("TRANSFER", 2)]
    assert (await state(db, transfer_id))[0] == "CANCELED"
    assert await counters(db) == {(shirt, store): (7, 0, 0, 0)}
    assert [fact["status"] for fact in await facts(db, "transfer_canceled")] == ["CANCELED"]


async def test_promises_are_kept_unless_the_caller_says_otherwise(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    await hold(db, wish(shirt, 4, store))
    done = await corrected(db, Correction(shirt, store, quantity=3))
    assert isinstance(done.results[0], InsufficientStock)
    assert done.results[0].facts == {"requested": 2, "available": 1, "variant_id": shirt}
    assert await counters(db) == {(shirt, store): (5, 0, 4, 0)}
    assert await facts(db, "promise_broken") == []


async def test_more_than_there_is_cannot_go_whatever_the_caller_says(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    await hold(db, wish(shirt, 4, store))
    done = await corrected(db, Correction(shirt, store, delta=-6), policy=BREAK)
    assert isinstance(done.results[0], InsufficientStock)
    assert done.results[0].facts["available"] == 5
    assert await counters(db) == {(shirt, store): (5, 0, 4, 0)}


async def test_everything_can_be_gone(db: Database) -> None:
    shirt, [store] = await stocked(db, 40)
    for number in range(20):
        await hold(db, wish(shirt, 2, store, expires_at=LATER if number % 2 else None))
    done = await corrected(db, Correction(shirt, store, quantity=0), policy=BREAK)
    assert sum(promise.quantity for promise in done.broken) == 40
    assert [promise.state for promise in done.broken] == ["R"] * 10 + ["A"] * 10
    assert await counters(db) == {(shirt, store): (0, 0, 0, 0)}


@pytest.mark.parametrize("seed", range(3))
async def test_shrinkage_while_buyers_come_and_parcels_leave(db: Database, seed: int) -> None:
    """C-1, C-8, C-38: the check is never dropped, nothing deadlocks, and nothing that is gone is promised."""
    shirt, [store, depot] = await stocked(db, 60, 60)
    orders = [new_id() for _ in range(30)]
    await hold(db, *(wish(shirt, 2, store if number % 2 else depot, owner_id=orders[number]) for number in range(30)))

    async def leave(owner_id: UUID) -> None:
        async def work(tx: object) -> None:
            await ship_claims(tx, owner_id, await claims_of(tx, owner_id), actor="test")  # type: ignore[arg-type]

        try:
            await db.in_write(work)
        except InsufficientStock:
            return  # Its units were taken a moment ago.

    async def give_up(owner_id: UUID) -> None:
        await db.in_write(lambda tx: release_holds(tx, owner_id, actor="test"))

    async def buy() -> None:
        await hold(db, wish(shirt, 3, store, depot, expires_at=LATER, may_split=True))

    async def shrink(place: int) -> None:
        await corrected(db, Correction(shirt, place, delta=-4), policy=BREAK)

    jobs = [leave(orders[number]) for number in range(seed, 12)]
    jobs += [give_up(orders[number]) for number in range(12, 20)]
    jobs += [buy() for _ in range(12)] + [shrink(place) for place in (store, depot) for _ in range(6)]
    await asyncio.gather(*jobs)
    for place in (store, depot):
        on_hand, reserved, allocated, _ = (await counters(db))[shirt, place]
        assert 0 <= reserved + allocated <= on_hand
