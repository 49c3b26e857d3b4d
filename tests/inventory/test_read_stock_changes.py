"""`stockChanges`: every change in commit-safe order, from any cursor that is still kept."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from app.inventory.actions.read_stock_changes import ChangePage, cursor_behind, read_stock_changes
from app.inventory.actions.receive_stock import receive_stock
from app.inventory.errors import CursorExpired
from app.inventory.model import StockLine
from app.kit.clock import utc_now
from app.kit.cursor import Cursor, read_instant
from app.kit.db import Database, WriteTx
from app.kit.ids import new_id
from app.kit.outbox import Position, advance_reader, prune_outbox
from app.kit.permissions import SHOPPER
from tests.inventory.builders import counters, hold, put_stock, stocked, wish
from tests.inventory.shop import READER, fill, limited, open_shop
from tests.inventory.test_ledger_many import filled
from tests.kit.feed_tools import until

_SLOW_MANY = """
    INSERT INTO ledger (variant_id, location_id, d_on_hand, kind, cause_kind, cause_id, actor)
    SELECT $1, store, 7, 'RECEIVED', 'TEST', gen_random_uuid(), 'slow' FROM unnest($2::int[]) AS store
"""
CHANGES = """query ($after: String, $first: Int! = 100, $skus: [String!], $locationIds: [ID!]) {
  stockChanges(after: $after, first: $first, skus: $skus, locationIds: $locationIds) {
    edges { cursor node { variant { sku } location { code } available onHand reserved allocated safety version } }
    pageInfo { hasNextPage hasPreviousPage endCursor } } }"""
_SLOW = """
    INSERT INTO ledger (variant_id, location_id, d_on_hand, kind, cause_kind, cause_id, actor)
    VALUES ($1, $2, 7, 'RECEIVED', 'TEST', gen_random_uuid(), 'slow')
"""


async def read(db: Database, after: Cursor | None, limit: int = 100, **filters: Any) -> ChangePage:
    async with db.read_snapshot() as tx:
        return await read_stock_changes(tx, after, limit, **filters)


async def put_many(tx: WriteTx, variant_id: int, stores: list[int]) -> None:
    lines = [StockLine(variant_id, store, 5) for store in stores]
    await receive_stock(tx, lines, cause_kind="TEST", cause_id=new_id(), actor="test")


async def read_through(db: Database, count: int, after: Cursor | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """All changes behind a cursor, once so many can be read: other processes may hold the horizon back."""

    async def found() -> list[dict[str, Any]]:
        changes: list[dict[str, Any]] = []
        page = await read(db, after, limit)
        changes += [payload for _, payload in page.changes]
        while page.has_more:
            page = await read(db, page.end, limit)
            changes += [payload for _, payload in page.changes]
        return changes

    async def are_there() -> bool:
        return len(await found()) >= count

    await until(are_there)
    return await found()


async def test_changes_come_in_order_and_go_on_behind_any_of_them(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    await hold(db, wish(shirt, 2, store))
    async with db.write() as tx:
        await put_stock(tx, shirt, store, 4)
    told = await read_through(db, 3)
    assert [(one["on_hand"], one["allocated"], one["version"]) for one in told] == [(5, 0, 1), (5, 2, 2), (9, 2, 3)]
    assert await read_through(db, 3, limit=1) == told
    page = await read(db, None)
    for number, (cursor, _) in enumerate(page.changes, 1):
        rest = await read(db, Cursor.decode(cursor.encode()))
        assert [payload for _, payload in rest.changes] == told[number:]
    assert (await read(db, page.end)).changes == []


async def test_a_row_of_many_changes_is_read_in_pages(db: Database) -> None:
    variant_id, stores = await filled(db, 230)
    told = await read_through(db, 230, limit=7)
    assert [(one["variant_id"], one["location_id"], one["on_hand"]) for one in told] == [
        (variant_id, store, n) for n, store in enumerate(stores, 1)
    ]
    page = await read(db, None, 30)
    assert (len(page.changes), page.has_more) == (30, True)
    some = await read(db, page.changes[9][0], location_ids={stores[3], stores[10], stores[200]})
    assert [payload["location_id"] for _, payload in some.changes] == [stores[10], stores[200]]
    assert (await read(db, some.end)).changes == []


async def test_c_9_a_change_that_commits_late_is_not_skipped(db: Database) -> None:
    """Its place in the feed is before others that were committed first: they wait for it."""
    shirt, [store, other] = await stocked(db, 5, 5)
    await read_through(db, 2)
    start = (await read(db, None)).end
    slow = await asyncpg.connect(db.dsn)
    try:
        transaction = slow.transaction()
        await transaction.start()
        await slow.execute(_SLOW, shirt, other)
        async with db.write() as tx:
            await put_stock(tx, shirt, store, 1)
        page = await read(db, start)
        assert page.changes == []
        await transaction.commit()
    finally:
        await slow.close()
    told = await read_through(db, 2, page.end)
    assert [(one["location_id"], one["on_hand"]) for one in told] == [(other, 12), (store, 6)]


@pytest.mark.parametrize("keys", [1, 230])
async def test_changes_of_a_level_come_in_the_order_of_its_versions(db: Database, keys: int) -> None:
    """The slow one draws its transaction id first, as a claim of an idempotency key does, and moves the units last."""
    shirt, stores = await filled(db, keys)
    await read_through(db, keys)
    start = (await read(db, None, 1000)).end
    slow, between = await asyncpg.connect(db.dsn), await asyncpg.connect(db.dsn)
    told: list[dict[str, Any]] = []
    page = ChangePage([], start, has_more=False)
    try:
        transactions = [connection.transaction() for connection in (slow, between)]
        for connection, transaction in zip((slow, between), transactions, strict=True):
            await transaction.start()
            await connection.fetchval("SELECT pg_current_xact_id()")
        async with db.write() as tx:
            await put_many(tx, shirt, stores)
        async with db.read_snapshot() as tx:
            copied = cursor_behind(*await read_instant(tx))
        await slow.execute(_SLOW_MANY, shirt, stores)
        await transactions[0].commit()
        page = await read(db, page.end, 1000)
        told += [payload for _, payload in page.changes]
        await transactions[1].commit()
    finally:
        await slow.close()
        await between.close()
    told += await read_through(db, 2 * keys - len(told), page.end)
    for store in stores:
        assert [one["version"] for one in told if one["location_id"] == store] == [2, 3]
    # A copy that was made before the slow one committed is told of it, and of nothing that it had seen.
    rest = await read_through(db, keys, copied)
    assert sorted((one["location_id"], one["version"]) for one in rest) == [(store, 3) for store in stores]


async def test_from_a_snapshot_on_everything_it_did_not_see_is_told_and_nothing_else(db: Database) -> None:
    """A copy made in a snapshot plus the changes behind it is the present, also with writers in the middle."""
    shirt, [store, other] = await stocked(db, 5, 5)
    slow = await asyncpg.connect(db.dsn)
    try:
        transaction = slow.transaction()
        await transaction.start()
        await slow.execute(_SLOW, shirt, other)
        async with db.write() as tx:  # younger than the slow one, and seen by the snapshot
            await put_stock(tx, shirt, store, 1)
        async with db.read_snapshot() as tx:
            cursor = cursor_behind(*await read_instant(tx))
        await transaction.commit()
    finally:
        await slow.close()
    async with db.write() as tx:
        await put_stock(tx, shirt, store, 2)
    told = await read_through(db, 2, Cursor.decode(cursor.encode()))
    assert [(one["location_id"], one["on_hand"]) for one in told] == [(other, 12), (store, 8)]
    assert {key[1]: row[0] for key, row in (await counters(db)).items()} == {store: 8, other: 12}


async def test_a_cursor_whose_changes_are_gone_is_told_so(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    await hold(db, wish(shirt, 1, store))
    await read_through(db, 2)
    page = await read(db, None)
    first, last = page.changes[0][0], page.changes[1][0]
    async with db.write() as tx:
        position = last.seen.position if last.seen else Position(0, 0)
        await advance_reader(tx, "jobs", position)
        await prune_outbox(tx, before=utc_now() + timedelta(days=1))
    assert (await read(db, last)).changes == []
    for cursor in (first, Cursor("elsewhere", last.seen), Cursor(last.origin)):
        try:
            await read(db, cursor)
        except CursorExpired:
            continue
        raise AssertionError(cursor)
    async with db.write() as tx:
        await put_stock(tx, shirt, store, 1)
    assert [one["on_hand"] for one in await read_through(db, 1, last)] == [6]


async def test_what_a_caller_hears_of(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    await fill(db, shop, "SHIRT", shibuya=3, umeda=9)
    await fill(db, shop, "MUG", shibuya=1)
    await read_through(db, 3)

    async def told(actor: Any = READER, **variables: Any) -> list[tuple[str, str, int]]:
        page = (await execute(CHANGES, variables, actor=actor))["stockChanges"]
        return [(edge["node"]["variant"]["sku"], edge["node"]["location"]["code"], edge["node"]["onHand"])
                for edge in page["edges"]]  # fmt: skip

    everything = await told()
    assert sorted(everything) == [("MUG", "shibuya", 1), ("SHIRT", "shibuya", 3), ("SHIRT", "umeda", 9)]
    assert sorted(await told(skus=["SHIRT"])) == [("SHIRT", "shibuya", 3), ("SHIRT", "umeda", 9)]
    assert await told(limited(shop, "shibuya")) == [one for one in everything if one[1] == "shibuya"]
    page = (await execute(CHANGES, {"first": 1}, actor=READER))["stockChanges"]
    assert page["pageInfo"] == {
        "hasNextPage": True, "hasPreviousPage": False, "endCursor": page["edges"][0]["cursor"]
    }  # fmt: skip
    rest = await told(after=page["pageInfo"]["endCursor"])
    assert rest == everything[1:]


async def test_who_may_not_and_what_is_no_cursor(db: Database, execute: Any) -> None:
    await open_shop(db, "SHIRT")
    foreign = Cursor("elsewhere", (await read(db, None)).end.seen).encode()
    for actor, after, code in (
        (SHOPPER, None, "UNAUTHENTICATED"),
        (READER, "?", "INVALID_INPUT"),
        (READER, foreign, "CURSOR_EXPIRED"),
    ):
        result = await execute.raw(CHANGES, {"after": after}, actor=actor)
        assert [error.extensions["code"] for error in result.errors] == [code]
