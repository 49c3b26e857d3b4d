"""What can be promised of variants that are sold by rules: shares, queues, releases and bundles, day by day."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from app.inventory.actions.set_channel_share import set_channel_share
from app.inventory.model.promised import Expected, promised
from app.inventory.model.selling import Part, SellingPolicy, SellingRule, Share, Terms, offer
from app.kit.db import Database
from tests.conftest import NOW
from tests.inventory.builders import hold
from tests.inventory.purchases import ordered
from tests.inventory.selling import ask, bundle, sell_ahead
from tests.inventory.shop import READER, Shop, fill, open_shop
from tests.inventory.test_promises import PROMISES, told

TODAY, DEC_1, DEC_5, DEC_10 = (date(2026, 11, 22), date(2026, 12, 1), date(2026, 12, 5), date(2026, 12, 10))
HERE, THERE = 1, 2
BACKORDER = SellingRule(SellingPolicy.BACKORDER, 20, 4, DEC_5)
PREORDER = SellingRule(SellingPolicy.PREORDER, 20, 1, DEC_5)
AT: Mapping[tuple[int, int], Expected] = {(7, HERE): Expected(2, [(DEC_1, 5)]), (7, THERE): Expected(-1, [(DEC_10, 3)])}
CUP, POT = 8, 9


def days(terms: Terms, at: Mapping[tuple[int, int], Expected] = AT, variant_id: int = 7) -> Any:
    found = promised(at, variant_id, [HERE, THERE], terms)
    return (
        [(one.day, one.quantity) for one in found.promises],
        {place: [(one.day, one.quantity) for one in some] for place, some in found.by_place.items()},
    )


@pytest.mark.parametrize(
    ("terms", "total", "here", "there"),
    [
        (Terms(TODAY), [(TODAY, 2), (DEC_1, 5), (DEC_10, 2)], [(TODAY, 2), (DEC_1, 5)], [(DEC_10, 2)]),
        (Terms(TODAY, share=Share(units=3)), [(DEC_1, 4), (DEC_10, 2)], [(DEC_1, 4), (DEC_10, 2)], [(DEC_10, 2)]),
        (Terms(TODAY, share=Share(percent=50)), [(TODAY, 1), (DEC_1, 2), (DEC_10, 1)],
         [(TODAY, 1), (DEC_1, 2), (DEC_10, 1)], [(DEC_10, 2)]),
        (Terms(TODAY, BACKORDER), [(DEC_1, 3), (DEC_10, 2)], [(DEC_1, 3), (DEC_10, 2)], [(DEC_10, 2)]),
        (Terms(TODAY, PREORDER), [(DEC_5, 6), (DEC_10, 2)], [(DEC_5, 6), (DEC_10, 1)], [(DEC_10, 2)]),
    ],
    ids=["no rule", "units", "percent", "queue", "preorder"],
)  # fmt: skip
def test_each_day_has_what_would_be_granted_on_it(terms: Terms, total: Any, here: Any, there: Any) -> None:
    assert days(terms) == (total, {HERE: here, THERE: there})


def test_a_bundle_is_promised_when_the_last_of_its_components_comes() -> None:
    parts = (Part(CUP, 2), Part(POT, 1, share=Share(units=1)))
    at = {
        (CUP, HERE): Expected(4, [(DEC_1, 2)]),
        (POT, HERE): Expected(1, [(DEC_1, 1), (DEC_5, 4)]),
        (POT, THERE): Expected(5),
        (CUP, THERE): Expected(1, [(DEC_10, 1)]),
    }
    found = days(Terms(TODAY, parts=parts), at)
    assert found == ([(TODAY, 1), (DEC_1, 1), (DEC_5, 1), (DEC_10, 1)],
                     {HERE: [(TODAY, 1), (DEC_1, 1), (DEC_5, 1)], THERE: [(DEC_10, 1)]})  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_promises_add_up_to_what_would_be_granted_in_the_end(seed: int) -> None:
    random = Random(seed)
    horizon = [TODAY + timedelta(days=number) for number in range(6)]

    def expected() -> Expected:
        some = sorted(random.sample(horizon, random.randint(0, 4)))
        return Expected(random.randint(-4, 8), [(day, random.randint(1, 5)) for day in some])

    def rule() -> SellingRule | None:
        kind = random.choice([None, *SellingPolicy])
        return None if kind is None else SellingRule(kind, 20, random.randint(0, 5), random.choice(horizon))

    def share() -> Share:
        return Share(random.randint(0, 3), random.choice([0, 10, 50]))

    at = {(variant, place): expected() for variant in (7, CUP, POT) for place in (HERE, THERE)}
    made_of = (Part(CUP, random.randint(1, 3), rule(), share()), Part(POT, 1, rule(), share()))
    terms = Terms(TODAY, rule(), share(), random.choice([(), made_of]))
    found = promised(at, 7, [HERE, THERE], terms)
    for day in horizon:
        levels = {key: one.free + sum(units for on, units in one.incoming if on <= day) for key, one in at.items()}
        granted = offer(levels, 7, [HERE, THERE], replace(terms, today=day))
        assert sum(one.quantity for one in found.promises if one.day <= day) == granted.units
        for place in (HERE, THERE):
            told_here = sum(one.quantity for one in found.by_place.get(place, ()) if one.day <= day)
            assert told_here == granted.by_place.get(place, 0)


async def asked(execute: Any, sku: str, mode: str = "PROMISABLE") -> Any:
    return (await execute(PROMISES, {"sku": sku, "mode": mode}, actor=READER, now=NOW))["variant"]["availability"]


async def ruled(db: Database) -> Shop:
    """Shirts with a queue, mugs with a share, sets of a pen and a mug."""
    shop = await open_shop(db, "SHIRT", "MUG", "PEN", "SET", "PLAIN")
    variants = shop.variants
    for sku in ("SHIRT", "MUG", "PEN", "PLAIN"):
        await fill(db, shop, sku, depot=4, umeda=2)
    lines = [(variants[sku], 6, DEC_1) for sku in ("SHIRT", "MUG", "PLAIN")]
    await ordered(db, shop.places["umeda"], *lines, (variants["PEN"], 9, DEC_5))
    async with db.write() as tx:
        await sell_ahead(tx, variants["SHIRT"], 9)
        await set_channel_share(tx, shop.channel_id, Share(units=3), variant_id=variants["MUG"])
        await bundle(tx, variants["SET"], {variants["PEN"]: 3, variants["MUG"]: 1})
    await hold(db, await ask(db, variants["SHIRT"], 8, shop.places["sapporo"]))
    return shop


async def test_promises_obey_the_rules_and_todays_are_what_can_be_bought_now(db: Database, execute: Any) -> None:
    await ruled(db)
    found = {sku: await asked(execute, sku) for sku in ("SHIRT", "MUG", "SET", "PLAIN")}
    assert {sku: told(one["promises"]) for sku, one in found.items()} == {
        "SHIRT": [("2026-12-01", 4)],
        "MUG": [("2026-11-22", 3), ("2026-12-01", 6)],
        "SET": [("2026-11-22", 1), ("2026-12-05", 3)],
        "PLAIN": [("2026-11-22", 6), ("2026-12-01", 6)],
    }
    for sku, one in found.items():
        now = await asked(execute, sku, "FULFILLABLE_NOW")
        today = sum(units for day, units in told(one["promises"]) if day == "2026-11-22")
        assert now["available"] == today
        assert one["available"] == sum(units for _, units in told(one["promises"]))
    at = {level["location"]["code"]: (level["available"], level["onHand"]) for level in found["SET"]["locations"]}
    assert at == {"umeda": (3, None), "depot": (1, None)}
    at = {level["location"]["code"]: (level["available"], level["onHand"]) for level in found["MUG"]["locations"]}
    assert at == {"umeda": (8, 2), "depot": (4, 4)}


async def test_the_number_of_statements_does_not_depend_on_the_variants(
    db: Database, execute: Any, count_statements: Any
) -> None:
    await ruled(db)
    query = """query ($skus: [String!]!) { a: variants(skus: $skus) {
        availability(mode: PROMISABLE) { available promises { date } locations { available } } } }"""
    counts = list[int]()
    for skus in (["SET"], ["SHIRT", "MUG", "SET", "PLAIN"]):
        await execute(query, {"skus": skus}, now=NOW)
        with count_statements() as count:
            await execute(query, {"skus": skus}, now=NOW)
        counts.append(count.total)
    assert counts[0] == counts[1]
