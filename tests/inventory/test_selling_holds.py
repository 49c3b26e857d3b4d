"""Holds under selling rules: bundles share their components' units, and what is sold ahead keeps its limit."""

import asyncio
from datetime import timedelta

import pytest

from app.inventory.actions.allocate_reserved import allocate_reserved
from app.inventory.actions.expire_reservations import expire_reservations
from app.inventory.actions.release_holds import release_holds
from app.inventory.model import Claim, Shortage
from app.inventory.model.selling import WAITING, SellingPolicy
from app.inventory.sql.claims import claims_of_owners
from app.kit.db import Database
from app.kit.ids import new_id
from tests.catalog.builders import make_variant
from tests.conftest import NOW
from tests.inventory.builders import counters, hold, movements, put_stock, stocked
from tests.inventory.selling import SOON, ask, bundle, bundled, queue, sell_ahead, waiting


async def test_a_bundle_is_held_as_its_components_at_one_place(db: Database) -> None:
    tea_set, cup, pot, place = await bundled(db, 5, 3)
    [verdict] = await hold(db, await ask(db, tea_set, 2, place))
    assert verdict.claims == (Claim(1, cup, place, 4), Claim(1, pot, place, 2))
    assert await counters(db) == {(cup, place): (5, 0, 4, 0), (pot, place): (3, 0, 2, 0)}
    [verdict] = await hold(db, await ask(db, tea_set, 1, place))
    assert (verdict.claims, verdict.shortages) == ((), (Shortage(1, tea_set, 1, 0),))


async def test_a_bundle_is_never_put_together_from_two_places(db: Database) -> None:
    cup, [here, there] = await stocked(db, 9, 2)
    async with db.write() as tx:
        pot, tea_set = await make_variant(tx), await make_variant(tx)
        await put_stock(tx, pot, there, 9)
        await bundle(tx, tea_set, {cup: 2, pot: 1})
    [verdict] = await hold(db, await ask(db, tea_set, 2, here, there))
    assert verdict.shortages == (Shortage(1, tea_set, 2, 1),)
    [verdict] = await hold(db, await ask(db, tea_set, 1, here, there))
    assert verdict.claims == (Claim(1, cup, there, 2), Claim(1, pot, there, 1))


async def test_c4_a_batch_sums_what_bundles_and_single_sales_take_of_one_component(db: Database) -> None:
    """Complaint C-4: two lines of one stock item are each checked against the same undiminished number."""
    tea_set, cup, pot, place = await bundled(db, 5, 9)
    asked = [
        await ask(db, variant, units, place) for variant, units in ((tea_set, 1), (cup, 2), (tea_set, 1), (cup, 1))
    ]
    verdicts = await hold(db, *asked)
    assert [bool(verdict.claims) for verdict in verdicts] == [True, True, False, True]
    assert verdicts[2].shortages == (Shortage(1, tea_set, 1, 0),)
    assert await counters(db) == {(cup, place): (5, 0, 5, 0), (pot, place): (9, 0, 1, 0)}


async def test_more_takers_than_units_over_bundles_and_singles_at_once(db: Database) -> None:
    tea_set, cup, pot, place = await bundled(db, 20, 7)
    asked = [await ask(db, (tea_set, cup, pot)[number % 3], 1, place) for number in range(60)]
    verdicts = [verdict for [verdict] in await asyncio.gather(*(hold(db, request) for request in asked))]
    got = [request.demands[0].variant_id for request, verdict in zip(asked, verdicts, strict=True) if verdict.claims]
    sets, cups, pots = got.count(tea_set), got.count(cup), got.count(pot)
    assert await counters(db) == {(cup, place): (20, 0, 2 * sets + cups, 0), (pot, place): (7, 0, sets + pots, 0)}
    assert sets + pots == 7
    assert 2 * sets + cups == 20 or cups == 20


async def test_what_the_shelves_do_not_cover_waits_as_a_whole_within_the_limit(db: Database) -> None:
    variant, [place] = await stocked(db, 2)
    async with db.write() as tx:
        await sell_ahead(tx, variant, 4)
    first = await ask(db, variant, 3, place)
    [verdict] = await hold(db, first)
    assert verdict.claims == (Claim(1, variant, WAITING, 3),)
    assert await waiting(db) == {variant: (3, 4)}
    assert await counters(db) == {(variant, place): (2, 0, 0, 0)}
    # What lies there is for those who wait; one more may wait, two may not.
    [verdict] = await hold(db, await ask(db, variant, 2, place))
    assert verdict.shortages == (Shortage(1, variant, 2, 1),)
    [verdict] = await hold(db, await ask(db, variant, 1, place))
    assert verdict.claims == (Claim(1, variant, WAITING, 1),)
    assert await waiting(db) == {variant: (4, 4)}
    # Asking twice changes nothing.
    assert (await hold(db, first))[0].claims == (Claim(1, variant, WAITING, 3),)
    assert [(variant_id, units, state) for _, variant_id, units, state in await queue(db)] == [
        (variant, 3, "A"),
        (variant, 1, "A"),
    ]


async def test_the_limit_holds_under_a_race(db: Database) -> None:
    variant, [place] = await stocked(db, 3)
    async with db.write() as tx:
        await sell_ahead(tx, variant, 10)
    asked = [await ask(db, variant, 1, place, owner_id=new_id()) for _ in range(50)]
    verdicts = [verdict for [verdict] in await asyncio.gather(*(hold(db, request) for request in asked))]
    places = [verdict.claims[0].location_id for verdict in verdicts if verdict.claims]
    assert (places.count(place), places.count(WAITING), len(places)) == (3, 10, 13)
    assert await waiting(db) == {variant: (10, 10)}
    assert await counters(db) == {(variant, place): (3, 0, 3, 0)}


@pytest.mark.parametrize(
    ("policy", "days_left", "taken_from"),
    [
        (SellingPolicy.BACKORDER, 0, ["shelf", "queue"]),
        (SellingPolicy.BACKORDER, -1, ["shelf", None]),
        (SellingPolicy.PREORDER, 1, ["queue", "queue"]),
        (SellingPolicy.PREORDER, 0, ["shelf", None]),
    ],
)
async def test_dates_open_and_close_what_is_sold(
    db: Database, policy: SellingPolicy, days_left: int, taken_from: list[str | None]
) -> None:
    variant, [place] = await stocked(db, 1)
    async with db.write() as tx:
        await sell_ahead(tx, variant, 5, policy, SOON)
    today, names = SOON - timedelta(days=days_left), {place: "shelf", WAITING: "queue"}
    found: list[str | None] = []
    for units in (1, 2):
        [verdict] = await hold(db, await ask(db, variant, units, place, today=today))
        found.append(names[verdict.claims[0].location_id] if verdict.claims else None)
    assert found == taken_from


async def test_a_reservation_that_waits_becomes_final_expires_and_is_released_like_any_other(db: Database) -> None:
    variant, [place] = await stocked(db, 0)
    async with db.write() as tx:
        await sell_ahead(tx, variant, 9)
    kept, expired, released = new_id(), new_id(), new_id()
    for owner, units in ((kept, 1), (expired, 2), (released, 4)):
        await hold(db, await ask(db, variant, units, place, owner_id=owner, expires_at=NOW))
    assert await waiting(db) == {variant: (7, 9)}
    async with db.write() as tx:
        await allocate_reserved(tx, [kept], actor="test")
        assert await claims_of_owners(tx, [kept]) == {kept: [Claim(1, variant, WAITING, 1)]}
        assert await release_holds(tx, released, actor="test") == [Claim(1, variant, WAITING, 4)]
        assert await release_holds(tx, released, actor="test") == []
    async with db.write() as tx:
        assert await expire_reservations(tx, now=NOW) == [expired]
    assert await queue(db) == [(kept, variant, 1, "A")]
    assert await waiting(db) == {variant: (1, 9)}
    assert await movements(db) == []
