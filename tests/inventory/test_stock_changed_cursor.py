"""Cursors of live stock: where they lead, and what is told to those who bring one."""

import asyncio
from typing import Any

import pytest

from app.engine.request import Refused
from app.kit import feed as feed_module
from app.kit.cursor import Cursor, Seen
from app.kit.db import Database
from app.kit.outbox import Position
from app.kit.permissions import SHOPPER, Actor
from tests.conftest import WITHOUT_TRIGGERS, Execute
from tests.inventory.builders import put_stock
from tests.inventory.listeners import STOCK_CHANGED, Listener, Server, meet, running_server, told
from tests.inventory.shop import READER, fill, limited, open_shop
from tests.kit.feed_tools import until


async def test_who_comes_back_hears_of_what_changed_meanwhile(db: Database) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    await fill(db, shop, "SHIRT", shibuya=3, umeda=2)
    await fill(db, shop, "MUG", depot=1)
    async with running_server(db) as server:
        listener = Listener(skus=["SHIRT", "MUG"])
        assert await meet(listener, server, 3) == [
            ("SHIRT", "shibuya", 3, 1),
            ("SHIRT", "umeda", 2, 1),
            ("MUG", "depot", 1, 1),
        ]
        assert await meet(listener, server, 0) == []
        await fill(db, shop, "SHIRT", umeda=1)
        await fill(db, shop, "SHIRT", umeda=1, depot=7)
        assert await meet(listener, server, 2) == [("SHIRT", "umeda", 4, 3), ("SHIRT", "depot", 7, 1)]
        assert await meet(listener, server, 0) == []
    async with running_server(db) as another:
        assert await meet(listener, another, 0) == []
        await listener.connect(another)
        await fill(db, shop, "MUG", depot=1)
        assert await told(listener, another, 1) == [("MUG", "depot", 2, 2)]
        await fill(db, shop, "MUG", depot=1)
        listener.disconnect()
        assert await meet(listener, another, 1) == [("MUG", "depot", 3, 3)]


async def test_a_beginning_that_breaks_off_is_gone_on_with(db: Database) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", shibuya=1, umeda=2, sapporo=3, depot=4)
    async with running_server(db) as server:
        listener = Listener(READER, skus=["SHIRT"])
        await listener.connect(server)
        await server.idle()
        listener.read(3)
        listener.disconnect()
        await fill(db, shop, "SHIRT", shibuya=10, sapporo=10, depot=10, elsewhere=10)
        await listener.connect(server)
        await server.idle()
        listener.read(1)
        listener.disconnect()
        await fill(db, shop, "SHIRT", umeda=10)
        assert [(code, version) for _, code, _, version in await meet(listener, server, 8)] == [
            ("shibuya", 1),
            ("umeda", 1),
            ("sapporo", 1),
            ("shibuya", 2),
            ("umeda", 2),
            ("sapporo", 2),
            ("depot", 2),
            ("elsewhere", 1),
        ]
        assert await meet(listener, server, 0) == []


async def test_a_fact_that_the_feed_still_holds_back_is_told_once(db: Database) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", shibuya=1, umeda=1)
    async with running_server(db) as server:
        listener, old = Listener(READER, skus=["SHIRT"]), Listener(READER, skus=["SHIRT"])
        await old.connect(server)
        assert len(await told(old, server, 2)) == 2
        async with db.write() as older:
            await older.connection.fetchval("SELECT pg_current_xact_id()")
            await fill(db, shop, "SHIRT", umeda=5)
            assert await meet(listener, server, 2) == [("SHIRT", "shibuya", 1, 1), ("SHIRT", "umeda", 6, 2)]
            assert await told(old, server, 1) == [("SHIRT", "umeda", 6, 2)]
            assert await meet(listener, server, 0) == []
        await listener.connect(server)
        await fill(db, shop, "SHIRT", shibuya=1)
        expected = [("SHIRT", "shibuya", 2, 2)]
        assert (await told(listener, server, 1), await told(old, server, 1)) == (expected, expected)
        listener.disconnect()
        assert await meet(listener, server, 0) == []


async def test_what_a_transaction_moves_that_began_early_and_commits_late_is_told(db: Database) -> None:
    """Its fact stands behind one that the first answer showed; what it moved, that answer did not show."""
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", shibuya=1)
    async with running_server(db) as server:
        listener = Listener(READER, skus=["SHIRT"])
        async with db.write() as slow:
            await slow.connection.fetchval("SELECT pg_current_xact_id()")
            await fill(db, shop, "SHIRT", shibuya=1)
            assert await meet(listener, server, 1) == [("SHIRT", "shibuya", 2, 2)]
            await put_stock(slow, shop.variants["SHIRT"], shop.places["shibuya"], 5)
        assert await meet(listener, server, 1) == [("SHIRT", "shibuya", 7, 3)]
        assert await meet(listener, server, 0) == []


async def test_a_connection_that_breaks_within_one_transaction(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read one by one, the facts of a transaction leave a cursor in the middle of it."""
    monkeypatch.setattr(feed_module, "_BATCH", 1)
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", shibuya=1, umeda=1)
    async with running_server(db) as server:
        listener = Listener(READER, skus=["SHIRT"])
        await listener.connect(server)
        assert len(await told(listener, server, 2)) == 2
        listener.read()
        await fill(db, shop, "SHIRT", shibuya=1, umeda=1, sapporo=1)
        await until(lambda: asyncio.sleep(0, bool(listener._unread)))
        listener.read(1)
        first = listener.received[:]
        listener.disconnect()
        rest = await meet(listener, server, 2)
        assert first == [("SHIRT", "shibuya", 2, 2)]
        assert [event for event in rest if event not in first] == [("SHIRT", "umeda", 2, 2), ("SHIRT", "sapporo", 1, 1)]
        assert await meet(listener, server, 0) == []


async def test_cursors_outlive_the_facts_that_they_tell_of(db: Database) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    await fill(db, shop, "SHIRT", shibuya=1)
    async with running_server(db) as server:
        listener = Listener(skus=["SHIRT", "MUG"])
        await listener.connect(server)
        await fill(db, shop, "SHIRT", shibuya=1, umeda=1)
        await until(lambda: asyncio.sleep(0, listener.read() or len(listener.versions) == 2))
        listener.disconnect()
        listener.received.clear()
        await fill(db, shop, "MUG", depot=1)
        async with db.write() as tx:
            await tx.connection.execute("DELETE FROM outbox")
        assert await meet(listener, server, 1) == [("MUG", "depot", 1, 1)]
        assert await meet(listener, server, 0) == []


async def test_the_cursor_of_another_stream_begins_anew(db: Database) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    await fill(db, shop, "SHIRT", shibuya=1, umeda=2)
    await fill(db, shop, "MUG", depot=1)
    shirts = [("SHIRT", "shibuya", 1, 1), ("SHIRT", "umeda", 2, 1)]
    async with running_server(db) as server:
        known = Listener(skus=["SHIRT"])
        await meet(known, server, 2)
        assert known.cursor is not None
        cursor = known.cursor

        async def with_it(actor: Actor = SHOPPER, **variables: Any) -> Any:
            listener = Listener(actor, **variables)
            listener.cursor = cursor
            return await meet(listener, server, 0)

        assert await with_it(skus=["SHIRT"]) == []
        assert await with_it(skus=["SHIRT", "SHIRT"]) == []
        assert await with_it(skus=["SHIRT"], maxRate=1) == []
        assert await with_it(skus=["MUG", "SHIRT"]) == [*shirts, ("MUG", "depot", 1, 1)]
        assert await with_it(skus=["SHIRT"], locationIds=[shop.place("umeda")]) == shirts[1:]
        assert await with_it(READER, skus=["SHIRT"]) == shirts
        cursor = _of(await _last(READER, server, skus=["SHIRT"]))
        assert await with_it(READER, skus=["SHIRT"]) == []
        assert await with_it(limited(shop, "umeda"), skus=["SHIRT"]) == shirts[1:]


async def _last(actor: Actor, server: Server, **variables: Any) -> Listener:
    listener = Listener(actor, **variables)
    await meet(listener, server, 1)
    return listener


def _of(listener: Listener) -> str:
    assert listener.cursor is not None
    return listener.cursor


async def test_the_cursor_of_another_database_begins_anew(db: Database) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", shibuya=1)
    async with running_server(db) as server:
        listener = await _last(SHOPPER, server, skus=["SHIRT"])
        own = Cursor.decode(_of(listener))
        assert own.seen is not None
        listener.versions.clear()
        for foreign in (
            Cursor("elsewhere", own.seen),
            Cursor(own.origin, Seen(Position(2**50, 1))),
            Cursor(own.origin, Seen(own.seen.position, own.seen.snapshot and own.seen.snapshot._replace(xmax=2**50))),
        ):
            listener.cursor = foreign.encode()
            assert await meet(listener, server, 1) == [("SHIRT", "shibuya", 1, 1)]
            listener.versions.clear()


async def test_rows_of_a_restored_database_are_no_news(db: Database) -> None:
    """They were written by transactions of a server that had counted further than this one."""
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", shibuya=1, umeda=1)
    async with db.write() as tx:
        await tx.connection.execute(WITHOUT_TRIGGERS)
        await tx.connection.execute("UPDATE stock SET xid = 1 << 60")
    async with running_server(db) as server:
        listener = await _last(SHOPPER, server, skus=["SHIRT"])
        assert await meet(listener, server, 0) == []
        await fill(db, shop, "SHIRT", umeda=1)
        assert await meet(listener, server, 1) == [("SHIRT", "umeda", 2, 2)]


async def test_empty_places_are_told_of_once(db: Database) -> None:
    shop = await open_shop(db, "SHIRT")
    async with running_server(db) as server:
        listener = Listener(skus=["SHIRT"], locationIds=[shop.place(code) for code in ("umeda", "shibuya")])
        assert await meet(listener, server, 2) == [("SHIRT", "shibuya", 0, 0), ("SHIRT", "umeda", 0, 0)]
        assert await meet(listener, server, 0) == []
        await fill(db, shop, "SHIRT", umeda=1)
        assert await meet(listener, server, 1) == [("SHIRT", "umeda", 1, 1)]


@pytest.mark.parametrize(
    ("variables", "path"),
    [
        ({"after": ""}, "after"),
        ({"after": "cursor"}, "after"),
        ({"after": "A" * 100_000}, "after"),
        ({"maxRate": 0}, "maxRate"),
        ({"maxRate": -1}, "maxRate"),
        ({"maxRate": 100.5}, "maxRate"),
    ],
)
async def test_what_is_no_cursor_and_no_rate(db: Database, variables: dict[str, Any], path: str) -> None:
    await open_shop(db, "SHIRT")
    async with running_server(db) as server:
        with pytest.raises(Refused) as refused:
            await Listener(skus=["SHIRT"]).connect(server, **variables)
    [error] = refused.value.errors
    assert error.extensions is not None
    assert (error.extensions["code"], error.extensions["argumentPath"]) == ("INVALID_INPUT", [path])
    assert error.path == ["stockChanged"]


async def test_the_same_stream_without_a_hub(db: Database) -> None:
    from app.api.schema import schema  # noqa: PLC0415  # only tests that use it need the whole roof

    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", shibuya=1, umeda=2)
    async with running_server(db) as server:
        cursor = _of(await _last(SHOPPER, server, skus=["SHIRT"]))
        await fill(db, shop, "SHIRT", umeda=1)
        context = Execute(db, server.execute.feed).context()
        stream: Any = await schema.subscribe(
            STOCK_CHANGED, variable_values={"skus": ["SHIRT"], "after": cursor}, context_value=context
        )
        result = await asyncio.wait_for(anext(stream), 20)
        assert (result.data["stockChanged"]["version"], result.data["stockChanged"]["available"]) == (2, 3)
        await stream.aclose()
