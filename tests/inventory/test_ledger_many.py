"""A statement that moves many keys tells of them in few rows of the outbox, and nobody who listens can tell."""

import asyncio

from app.inventory.model import Movement, MovementKind
from app.inventory.sql.ledger import post
from app.inventory.sql.stock import FACTS_OF
from app.kit.db import Database
from app.kit.feed import Feed
from app.kit.ids import new_id
from app.kit.listener import Fact
from app.kit.outbox import LAST_ID, START, Position, end_of, read_feed, unfold, weight
from app.kit.statement import Statement
from tests.catalog.builders import make_variant
from tests.inventory.builders import counters, facts, put_stock
from tests.kit.feed_tools import PATIENCE_S, until
from tests.locations.builders import make_location

_XID = Statement("SELECT max(xid) FROM outbox")


async def filled(db: Database, keys: int) -> tuple[int, list[int]]:
    """A variant received at so many stores in one statement: 1 unit at the first, 2 at the second, and so on."""
    async with db.write() as tx:
        variant_id = await make_variant(tx)
        stores = [await make_location(tx) for _ in range(keys)]
    async with db.write() as tx:
        movements = [Movement(variant_id, place, MovementKind.RECEIVED, on_hand=n) for n, place in enumerate(stores, 1)]
        await post(tx, movements[::-1], cause_kind="TEST", cause_id=new_id(), actor="test")
    return variant_id, stores


async def unfolded(db: Database) -> list[tuple[Position, str, dict[str, int]]]:
    """All facts of stock that can be read."""
    async with db.read() as tx:
        rows = await read_feed(tx, START)
    return [fact for row in rows if row["topic"] == "stock" for fact in unfold(row)]


async def test_up_to_a_hundred_keys_are_told_row_by_row(db: Database) -> None:
    variant_id, stores = await filled(db, 100)
    told = await facts(db, "stock")
    assert [(fact["location_id"], fact["on_hand"]) for fact in told] == [(s, n) for n, s in enumerate(stores, 1)]
    assert {fact["variant_id"] for fact in told} == {variant_id}


async def test_more_keys_are_told_together_in_order_and_each_has_a_place(db: Database) -> None:
    variant_id, stores = await filled(db, 101)
    assert len(await facts(db, "stock")) == 1

    async def is_readable() -> bool:
        return len(await unfolded(db)) == 101

    await until(is_readable)
    told = await unfolded(db)
    assert [key for _, key, _ in told] == [f"{variant_id}:{store}" for store in stores]
    assert [payload for _, _, payload in told] == [
        {
            "variant_id": variant_id, "location_id": store, "on_hand": n, "reserved": 0, "allocated": 0, "safety": 0,
            "version": 1,
        }
        for n, store in enumerate(stores, 1)
    ]  # fmt: skip
    first = told[0][0]
    assert [place for place, _, _ in told] == [Position(first.xid, first.id + n) for n in range(101)]
    async with db.read() as tx:
        found = await tx.fetch(FACTS_OF, xids=[first.xid])
        assert [(row["id"], row["key"], row["version"]) for row in found] == [(p.id, key, 1) for p, key, _ in told]
    assert await counters(db) == {(variant_id, store): (n, 0, 0, 0) for n, store in enumerate(stores, 1)}


async def test_the_next_row_comes_after_all_facts_of_the_one_before(db: Database) -> None:
    variant_id, stores = await filled(db, 1_001)
    async with db.write() as tx:
        await put_stock(tx, variant_id, stores[0], 5)

    async def is_readable() -> bool:
        return len(await unfolded(db)) == 1_002

    await until(is_readable)
    told = await unfolded(db)
    assert [place for place, _, _ in told] == sorted({place for place, _, _ in told})
    assert told[-1][1:] == (f"{variant_id}:{stores[0]}", {**told[0][2], "on_hand": 6, "version": 2})
    async with db.read() as tx:
        rows = await read_feed(tx, START)
        assert [(row["key"], len(list(unfold(row)))) for row in rows] == [
            ("*", 1_000), ("*", 1), (f"{variant_id}:{stores[0]}", 1),
        ]  # fmt: skip
        assert weight(rows) == 201
        # A row of many counts for a hundred, and one more is read when there is room for only a part of it.
        assert [len(await read_feed(tx, START, limit)) for limit in (1, 100, 101, 200, 201)] == [1, 1, 2, 2, 3]
        assert [row["key"] for row in await read_feed(tx, end_of(rows[1]))] == [f"{variant_id}:{stores[0]}"]


async def test_listeners_hear_their_keys_of_it(db: Database) -> None:
    heard: list[Fact] = []
    through: list[Position] = []
    everything: list[Fact] = []
    arrived = asyncio.Event()

    def hear(facts: list[Fact], position: Position) -> None:
        heard.extend(facts)
        through.append(position)
        arrived.set()

    async with db.write() as tx:
        await make_variant(tx)
    feed = Feed(db)
    await feed.start()
    try:
        async with db.read() as tx:
            [last] = await tx.fetch(Statement("SELECT max(id) AS id FROM variants"))
        feed.listen("stock", [f"{last['id'] + 1}:"], hear)
        feed.listen("stock", None, lambda facts, _: everything.extend(facts))
        variant_id, stores = await filled(db, 150)
        async with asyncio.timeout(PATIENCE_S):
            await arrived.wait()
    finally:
        await feed.close()
    assert variant_id == last["id"] + 1
    assert [(fact.key, fact.payload["on_hand"]) for fact in heard] == [
        (f"{variant_id}:{store}", n) for n, store in enumerate(stores, 1)
    ]
    assert everything == heard
    assert through[-1] == Position(heard[0].position.xid, LAST_ID)
