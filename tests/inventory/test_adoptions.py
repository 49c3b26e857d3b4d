"""What a cart has reserved becomes its order's, and what an order does not need goes back on sale."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.inventory.actions.expire_reservations import expire_reservations
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.actions.set_safety_stock import set_safety_stock
from app.inventory.model import Ahead, Claim, Demand, HoldRequest, Shortage, Verdict
from app.inventory.model.selling import WAITING, Share, Terms
from app.inventory.sql.claims import claims_of
from app.kit.db import Database
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.inventory.builders import counters, facts, hold, movements, stocked
from tests.inventory.selling import TODAY, ask, bundled, queue, sell_ahead

SOON = NOW + timedelta(minutes=15)


def cart(*demands: Demand) -> HoldRequest:
    return HoldRequest("CART", new_id(), demands, expires_at=SOON, reason="CART", extendable_until=SOON)


def order(*demands: Demand) -> HoldRequest:
    return HoldRequest("ORDER", new_id(), demands)


async def adopt(db: Database, *pairs: tuple[UUID | None, HoldRequest]) -> list[Verdict]:
    return await hold(db, *(replace(request, adopts=owner_id) for owner_id, request in pairs))


async def held(db: Database, owner_id: UUID) -> list[Claim]:
    async with db.read() as tx:
        return await claims_of(tx, owner_id)


async def test_a_carts_units_become_its_orders_in_one_transaction(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    first = cart(Demand(1, shirt, 3, (store,)))
    await hold(db, first)
    bought = order(Demand(7, shirt, 3, (store,)))
    assert await adopt(db, (first.owner_id, bought)) == [Verdict((Claim(7, shirt, store, 3),))]
    assert await held(db, first.owner_id) == []
    assert await held(db, bought.owner_id) == [Claim(7, shirt, store, 3)]
    assert await counters(db) == {(shirt, store): (5, 0, 3, 0)}
    assert (await movements(db))[1:] == [
        ("RESERVED", 0, 3, 0, store),
        ("RESERVATION_CONVERTED", 0, -3, 0, store),
        ("ALLOCATED", 0, 0, 3, store),
    ]


async def test_the_last_unit_is_its_carts_and_nobody_elses(db: Database) -> None:
    shirt, [store] = await stocked(db, 1)
    mine = cart(Demand(1, shirt, 1, (store,)))
    await hold(db, mine)
    stranger = order(Demand(1, shirt, 1, (store,)))
    assert (await hold(db, stranger))[0].shortages == (Shortage(1, shirt, 1, 0),)
    bought, stranger2 = order(Demand(1, shirt, 1, (store,))), order(Demand(1, shirt, 1, (store,)))
    assert await adopt(db, (None, stranger), (new_id(), stranger2), (mine.owner_id, bought)) == [
        Verdict((), (Shortage(1, shirt, 1, 0),)),
        Verdict((), (Shortage(1, shirt, 1, 0),)),
        Verdict((Claim(1, shirt, store, 1),)),
    ]
    assert await counters(db) == {(shirt, store): (1, 0, 1, 0)}


async def test_what_is_not_needed_goes_back_and_what_is_missing_comes_from_the_free_units(db: Database) -> None:
    shirt, [near, far] = await stocked(db, 4, 4)
    mug, [shelf] = await stocked(db, 9)
    reserved = cart(Demand(1, shirt, 3, (near,)), Demand(2, mug, 5, (shelf,)))
    await hold(db, reserved)
    bought = order(Demand(1, shirt, 6, (near, far), may_split=True))
    [verdict] = await adopt(db, (reserved.owner_id, bought))
    assert verdict == Verdict((Claim(1, shirt, near, 4), Claim(1, shirt, far, 2)))
    assert await counters(db) == {(shirt, near): (4, 0, 4, 0), (shirt, far): (4, 0, 2, 0), (mug, shelf): (9, 0, 0, 0)}


async def test_a_refusal_leaves_the_reservation_as_it_is_and_tells_what_the_cart_could_have(db: Database) -> None:
    shirt, [store] = await stocked(db, 4)
    reserved = cart(Demand(1, shirt, 3, (store,)))
    await hold(db, reserved)
    before = await movements(db)
    [verdict] = await adopt(db, (reserved.owner_id, order(Demand(1, shirt, 5, (store,)))))
    assert verdict == Verdict((), (Shortage(1, shirt, 5, 4),))
    assert await held(db, reserved.owner_id) == [Claim(1, shirt, store, 3)]
    assert await movements(db) == before


async def test_a_cart_reserves_anew_within_what_it_has_and_what_is_free(db: Database) -> None:
    shirt, [store] = await stocked(db, 4)
    reserved = cart(Demand(1, shirt, 3, (store,)))
    await hold(db, reserved)
    again = HoldRequest("CART", reserved.owner_id, (Demand(1, shirt, 4, (store,)),), expires_at=SOON, reason="CART")
    assert await adopt(db, (reserved.owner_id, again)) == [Verdict((Claim(1, shirt, store, 4),))]
    assert await counters(db) == {(shirt, store): (4, 4, 0, 0)}
    assert [kind for kind, *_ in (await movements(db))[2:]] == ["RESERVATION_RELEASED", "RESERVED"]


async def test_safety_stock_that_came_later_takes_nothing_from_a_cart_but_all_that_it_gives_back(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    mine, other = cart(Demand(1, shirt, 3, (store,))), cart(Demand(1, shirt, 1, (store,)))
    await hold(db, mine, other)
    async with db.write() as tx:
        await set_safety_stock(
            tx, variant_id=shirt, location_id=store, quantity=5, cause_kind="TEST", cause_id=new_id(), actor="test"
        )
    bought, more = order(Demand(1, shirt, 1, (store,))), order(Demand(1, shirt, 2, (store,)))
    assert await adopt(db, (mine.owner_id, bought), (other.owner_id, more)) == [
        Verdict((Claim(1, shirt, store, 1),)),
        Verdict((), (Shortage(1, shirt, 2, 1),)),
    ]
    assert await counters(db) == {(shirt, store): (5, 1, 1, 5)}


async def test_one_reservation_serves_one_request(db: Database) -> None:
    owner = new_id()
    with pytest.raises(ValueError, match="two requests"):
        await adopt(db, (owner, order()), (owner, order()))


async def test_the_statements_do_not_grow_with_the_carts(db: Database, count_statements: Any) -> None:
    shirt, stores = await stocked(db, 90, 90)
    totals: list[int] = []
    for carts in (1, 20):
        requests = [cart(Demand(1, shirt, 1, tuple(stores)), Demand(2, shirt, 1, tuple(stores))) for _ in range(carts)]
        await hold(db, *requests)
        pairs = [(request.owner_id, order(Demand(1, shirt, 1, tuple(stores)))) for request in requests]
        with count_statements() as count:
            assert all(verdict.claims for verdict in await adopt(db, *pairs))
        totals.append(count.total)
    assert totals[0] == totals[1] == 6


async def test_before_it_is_swept_a_late_cart_still_becomes_an_order(db: Database) -> None:
    shirt, [store] = await stocked(db, 1)
    late = HoldRequest(
        "CART", new_id(), (Demand(1, shirt, 1, (store,)),), expires_at=NOW - timedelta(days=400), reason="CART"
    )
    await hold(db, late)
    [verdict] = await adopt(db, (late.owner_id, order(Demand(1, shirt, 1, (store,)))))
    assert verdict.claims == (Claim(1, shirt, store, 1),)
    async with db.write() as tx:
        assert await expire_reservations(tx, now=NOW + timedelta(days=400)) == []


async def test_after_it_was_swept_its_owner_asks_like_anybody(db: Database) -> None:
    shirt, [store] = await stocked(db, 1)
    late = cart(Demand(1, shirt, 1, (store,)))
    await hold(db, late)
    async with db.write() as tx:
        assert await expire_reservations(tx, now=SOON) == [late.owner_id]
    other = order(Demand(1, shirt, 1, (store,)))
    assert await adopt(db, (None, other), (late.owner_id, order(Demand(1, shirt, 1, (store,))))) == [
        Verdict((Claim(1, shirt, store, 1),)),
        Verdict((), (Shortage(1, shirt, 1, 0),)),
    ]
    assert await counters(db) == {(shirt, store): (1, 0, 1, 0)}


@pytest.mark.parametrize("attempt", range(4))
async def test_c13_c14_orders_and_sweepers_and_strangers_race_for_the_last_units(db: Database, attempt: int) -> None:
    """Complaints C-13 and C-14: of payment and expiry one wins, and no order is without its units."""
    shirt, stores = await stocked(db, 6, 6)
    carts = [cart(*(Demand(line, shirt, 1, (store,)) for line, store in enumerate(stores, 1))) for _ in range(6)]
    await hold(db, *carts)
    orders = [order(Demand(1, shirt, 2, tuple(stores), may_split=True)) for _ in carts]
    strangers = [order(Demand(1, shirt, 2, tuple(stores), may_split=True)) for _ in range(8)]

    async def convert(number: int) -> int:
        await asyncio.sleep(0)
        [verdict] = await adopt(db, (carts[number].owner_id, orders[number]))
        return sum(claim.quantity for claim in verdict.claims)

    async def sweep(_: int) -> int:
        # A clock that is far ahead.
        owners = await db.in_write(lambda tx: expire_reservations(tx, now=NOW + timedelta(days=attempt + 1), limit=2))
        return -len(owners)

    async def take(number: int) -> int:
        [verdict] = await db.in_write(lambda tx: hold_stock(tx, [strangers[number]], actor="test"))
        return sum(claim.quantity for claim in verdict.claims)

    works = [*(convert(n) for n in range(6)), *(sweep(n) for n in range(3)), *(take(n) for n in range(8))]
    results = await asyncio.gather(*works)
    got, swept, taken = results[:6], -sum(results[6:9]), results[9:]
    assert set(got) <= {0, 2}
    # Of each cart one end, and whose units were not swept has them for sure.
    converted = [kind for kind, *_ in await movements(db)].count("RESERVATION_CONVERTED") // 2
    waiting = 6 - converted - swept
    assert waiting == sum([bool(await held(db, one.owner_id)) for one in carts]) == 0
    assert sum(units > 0 for units in got) >= converted
    assert len(await facts(db, "reservation_expired")) == swept
    allocated = sum(got) + sum(taken)
    levels = await counters(db)
    assert sum(level[2] for level in levels.values()) == allocated
    assert sum(level[1] for level in levels.values()) == 2 * waiting
    assert allocated + 2 * waiting <= 12
    for number, units in enumerate(got):
        assert sum(claim.quantity for claim in await held(db, orders[number].owner_id)) == units


async def test_of_what_is_sold_ahead_a_cart_gets_what_it_has_reserved_and_nobody_is_overtaken(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    async with db.write() as tx:
        await sell_ahead(tx, shirt, 9)
    first, second = [await ask(db, shirt, 2, store, expires_at=SOON) for _ in range(2)]
    await hold(db, first, second)
    waiting = await ask(db, shirt, 4, store)
    assert (await hold(db, waiting))[0].claims == (Claim(1, shirt, WAITING, 4),)
    bought = await ask(db, shirt, 2, store)
    more = replace(await ask(db, shirt, 3, store), ahead=Ahead.REFUSE)
    assert await adopt(db, (first.owner_id, bought), (second.owner_id, more)) == [
        Verdict((Claim(1, shirt, store, 2),)),
        Verdict((), (Shortage(1, shirt, 3, 2),)),
    ]
    assert await queue(db) == [(waiting.owner_id, shirt, 4, "A")]
    assert await counters(db) == {(shirt, store): (5, 2, 2, 0)}


async def test_a_bundle_that_was_reserved_is_adopted_by_its_components(db: Database) -> None:
    tea_set, cup, pot, place = await bundled(db, 4, 2)
    reserved = await ask(db, tea_set, 1, place, expires_at=SOON)
    await hold(db, reserved)
    bought = await ask(db, tea_set, 2, place)
    [verdict] = await adopt(db, (reserved.owner_id, bought))
    assert verdict == Verdict((Claim(1, cup, place, 4), Claim(1, pot, place, 2)))
    assert await counters(db) == {(cup, place): (4, 0, 4, 0), (pot, place): (2, 0, 2, 0)}


async def test_what_a_cart_holds_is_its_own_whatever_a_channels_share_leaves_of_the_rest(db: Database) -> None:
    shirt, [store] = await stocked(db, 10)

    def shared(units: int) -> Demand:
        return Demand(1, shirt, units, (store,), terms=Terms(TODAY, share=Share(units=4)))

    mine = cart(shared(5))
    assert (await hold(db, mine))[0].claims == (Claim(1, shirt, store, 5),)
    # Of the five that are left four are kept for others.
    verdicts = await adopt(db, (None, order(shared(2))), (mine.owner_id, order(shared(7))))
    assert [verdict.shortages for verdict in verdicts] == [(Shortage(1, shirt, 2, 1),), (Shortage(1, shirt, 7, 6),)]
    assert await adopt(db, (mine.owner_id, order(shared(6)))) == [Verdict((Claim(1, shirt, store, 6),))]
    assert await counters(db) == {(shirt, store): (10, 0, 6, 0)}


async def test_what_one_does_not_need_serves_those_behind_it_in_the_same_batch(db: Database) -> None:
    shirt, [store] = await stocked(db, 3)
    mine = cart(Demand(1, shirt, 3, (store,)))
    await hold(db, mine)
    before, first, behind = (order(Demand(1, shirt, 2, (store,))) for _ in range(3))
    bought = replace(first, demands=(Demand(1, shirt, 1, (store,)),))
    assert await adopt(db, (None, before), (mine.owner_id, bought), (None, behind)) == [
        Verdict((), (Shortage(1, shirt, 2, 0),)),
        Verdict((Claim(1, shirt, store, 1),)),
        Verdict((Claim(1, shirt, store, 2),)),
    ]
    assert await counters(db) == {(shirt, store): (3, 0, 3, 0)}


async def test_what_is_reserved_anew_as_it_was_moves_nothing(db: Database) -> None:
    shirt, [store] = await stocked(db, 3)
    mine = cart(Demand(1, shirt, 3, (store,)))
    await hold(db, mine)
    before = await movements(db)
    assert await adopt(db, (mine.owner_id, mine)) == [Verdict((Claim(1, shirt, store, 3),))]
    assert await movements(db) == before


async def test_what_may_be_sold_ahead_is_passed_over_or_refused_where_nobody_is_to_wait(db: Database) -> None:
    shirt, [store] = await stocked(db, 1)
    mug, [shelf] = await stocked(db, 2)
    async with db.write() as tx:
        await sell_ahead(tx, shirt, 9)
    [ahead] = (await ask(db, shirt, 2, store)).demands
    wanted = HoldRequest("CART", new_id(), (ahead, Demand(2, mug, 2, (shelf,))), expires_at=SOON, reason="CART")
    assert await hold(db, replace(wanted, ahead=Ahead.REFUSE)) == [Verdict((), (Shortage(1, shirt, 2, 1),))]
    assert await hold(db, replace(wanted, ahead=Ahead.SKIP)) == [Verdict((Claim(2, mug, shelf, 2),))]
    assert await queue(db) == []
    assert await counters(db) == {(shirt, store): (1, 0, 0, 0), (mug, shelf): (2, 2, 0, 0)}
