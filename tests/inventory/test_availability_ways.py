"""Availability is added up here or, for very many levels, in PostgreSQL: the answers are the same."""

import random
from typing import Any

import pytest

from app.inventory.actions.set_safety_stock import set_safety_stock
from app.inventory.graphql import availability as module
from app.inventory.graphql.availability import Availability, availability_by_variant
from app.inventory.sql.availability import LEVEL_COLUMNS
from app.kit.db import Database
from app.kit.ids import new_id
from app.kit.permissions import SHOPPER, Actor, ActorKind
from app.locations.graphql.batches import CoordinatesInput, NearInput
from tests.conftest import Execute
from tests.inventory.builders import hold, put_stock, wish
from tests.inventory.shop import READER, Shop, limited, open_shop
from tests.kit.feed_tools import running_feed, until

SEED = 20261122


async def _random_shop(db: Database, choose: random.Random) -> Shop:
    shop = await open_shop(db, *(f"V{number}" for number in range(12)))
    places = [key for code, key in shop.places.items() if code != "konbini"]
    async with db.write() as tx:
        for key in shop.variants.values():
            for place in choose.sample(places, choose.randint(0, len(places))):
                await put_stock(tx, key, place, choose.choice([1, 2, 2, 5, 9]))
    for key in shop.variants.values():
        async with db.read() as tx:
            rows = await tx.connection.fetch("SELECT location_id, on_hand FROM stock WHERE variant_id = $1", key)
        for row in rows:
            if choose.random() < 0.5:
                await hold(db, wish(key, choose.randint(1, row["on_hand"]), row["location_id"]))
            elif choose.random() < 0.3:
                async with db.write() as tx:
                    await set_safety_stock(
                        tx,
                        variant_id=key,
                        location_id=row["location_id"],
                        quantity=choose.randint(1, 12),
                        cause_id=new_id(),
                        actor="test",
                    )
    return shop


def _plain(found: dict[int, Availability], columns: frozenset[str] = LEVEL_COLUMNS) -> Any:
    names = sorted(columns)
    return [
        (
            key,
            one.variant_id,
            (one.available, one.on_hand, one.reserved, one.allocated),
            [{name: getattr(level, name) for name in names} for level in one.locations],
        )
        for key, one in found.items()
    ]


def _actors(shop: Shop) -> list[Actor]:
    return [
        SHOPPER,
        READER,
        limited(shop, "umeda", "sapporo"),
        Actor(ActorKind.PARTNER, "key:partner", frozenset({"stock:read"}), partner_id=new_id()),
        Actor(ActorKind.STAFF, "key:other", frozenset({"orders:read"})),
    ]


def _arguments(choose: random.Random, shop: Shop) -> dict[str, Any]:
    codes = list(shop.places)
    near = NearInput(coordinates=CoordinatesInput(latitude=35.6 + choose.random(), longitude=139.7))
    wanted = [shop.place(code) for code in choose.sample(codes, choose.randint(0, len(codes)))]
    return {
        "near": choose.choice([None, near]),
        "location_ids": choose.choice([None, None, wanted]),
        "first": choose.choice([1, 2, 3, 5, 100]),
    }


@pytest.mark.parametrize("seed", range(4))
async def test_both_ways_give_the_same_answers(db: Database, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    choose = random.Random(SEED + seed)
    shop = await _random_shop(db, choose)
    keys = [*shop.variants.values(), 999_999]
    seen = 0
    for _ in range(60):
        context = Execute(db).context(actor=choose.choice(_actors(shop)))
        asked = _arguments(choose, shop)
        some = choose.sample(keys, choose.randint(1, len(keys)))
        monkeypatch.setattr(module, "MAX_LEVELS", 5_000)
        here = _plain(await availability_by_variant(context, some, None, **asked))
        monkeypatch.setattr(module, "MAX_LEVELS", 0)
        there = _plain(await availability_by_variant(context, some, None, **asked))
        assert here == there, (context.actor, asked)
        seen += sum(len(levels) for *_, levels in here)
    assert seen > 200


@pytest.mark.parametrize("with_feed", [False, True])
async def test_wanted_columns_change_nothing_of_what_is_wanted(db: Database, with_feed: bool) -> None:
    choose = random.Random(SEED)
    shop = await _random_shop(db, choose)
    keys = [*shop.variants.values(), 999_999]

    async def compare() -> None:
        for _ in range(60):
            context = Execute(db).context(actor=choose.choice(_actors(shop)))
            asked = _arguments(choose, shop)
            levels = frozenset(choose.sample(sorted(LEVEL_COLUMNS), choose.randint(1, len(LEVEL_COLUMNS))))
            totals = frozenset(choose.sample(["available", "on_hand", "reserved", "allocated"], choose.randint(0, 4)))
            columns = totals | {f"locations.{name}" for name in levels} | {"locations"}
            everything = await availability_by_variant(context, keys, None, **asked)
            some = await availability_by_variant(context, keys, columns, **asked)
            assert [one[3] for one in _plain(some, levels)] == [one[3] for one in _plain(everything, levels)]
            only_totals = await availability_by_variant(context, keys, totals, **asked)
            for name in totals:
                expected = [getattr(one, name) for one in everything.values()]
                assert [getattr(one, name) for one in some.values()] == expected
                assert [getattr(one, name) for one in only_totals.values()] == expected

    if not with_feed:
        await compare()
        return

    async def is_on() -> bool:
        return db.reference.is_on

    async with running_feed(db):
        await until(is_on)
        await compare()


async def test_with_reference_data_it_is_one_statement(db: Database, count_statements: Any) -> None:
    shop = await _random_shop(db, random.Random(SEED))
    keys = list(shop.variants.values())
    near = NearInput(postal_code="150-0001")
    wanted = {"near": near, "location_ids": [shop.place("umeda")]}

    async def is_on() -> bool:
        return db.reference.is_on

    async with running_feed(db):
        await until(is_on)
        counts = []
        for asked in ({}, {}, {"near": near}, wanted, wanted):
            with count_statements() as count:
                await availability_by_variant(Execute(db).context(), keys, None, **asked)
            counts.append(sum("outbox" not in one.text for one in count.statements))
    # The channel, its places, the levels, whether there are rules; then the levels; then a postal code and the levels.
    assert counts == [4, 1, 2, 1, 1]
