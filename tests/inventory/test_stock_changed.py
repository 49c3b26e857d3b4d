"""The subscription: the present, then every change, in order."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from app.inventory.actions.hold_stock import hold_stock
from app.inventory.actions.release_holds import release_holds
from app.kit import feed as feed_module
from app.kit.db import Database, ReadTx, Row
from app.kit.feed import Feed
from app.kit.outbox import Position, read_feed
from tests.conftest import Execute
from tests.inventory.builders import hold, wish
from tests.inventory.shop import READER, fill, limited, open_shop

STOCK_CHANGED = """subscription ($skus: [String!]!, $locationIds: [ID!]) {
  stockChanged(skus: $skus, locationIds: $locationIds) {
    variant { sku } location { code } available onHand reserved allocated safety version } }"""


@pytest.fixture
async def feed(db: Database) -> AsyncGenerator[Feed, None]:
    feed = Feed(db)
    await feed.start()
    yield feed
    await feed.close()


async def listen(execute: Execute, actor: Any = None, **variables: Any) -> Any:
    from app.api.schema import schema  # noqa: PLC0415  # only tests that use it need the whole roof

    return await schema.subscribe(STOCK_CHANGED, variable_values=variables, context_value=execute.context(actor=actor))


async def take(stream: Any, count: int) -> list[tuple[str, str, int, int]]:
    """(sku, location, available, version) of the next events."""
    events: list[tuple[str, str, int, int]] = []
    for _ in range(count):
        result = await asyncio.wait_for(anext(stream), 20)
        assert result.errors is None, result.errors
        row = result.data["stockChanged"]
        events.append((row["variant"]["sku"], row["location"]["code"], row["available"], row["version"]))
    return events


async def test_first_what_is_then_what_changes(db: Database, feed: Feed) -> None:
    shop = await open_shop(db, "SHIRT", "MUG", "HAT")
    await fill(db, shop, "SHIRT", shibuya=3, elsewhere=8)
    await fill(db, shop, "MUG", depot=1)
    stream = await listen(Execute(db, feed), skus=["SHIRT", "MUG"])
    assert await take(stream, 2) == [("SHIRT", "shibuya", 3, 1), ("MUG", "depot", 1, 1)]
    await fill(db, shop, "HAT", shibuya=9)
    await fill(db, shop, "SHIRT", elsewhere=1)
    request = wish(shop.variants["SHIRT"], 2, shop.places["shibuya"])
    await hold(db, request)
    assert await take(stream, 1) == [("SHIRT", "shibuya", 1, 2)]
    async with db.write() as tx:
        await release_holds(tx, request.owner_id, actor="test")
    assert await take(stream, 1) == [("SHIRT", "shibuya", 3, 3)]
    await fill(db, shop, "MUG", umeda=5)
    assert await take(stream, 1) == [("MUG", "umeda", 5, 1)]
    await stream.aclose()
    assert feed.subscriber_count == 0


async def test_only_the_locations_asked_for_are_told_of(db: Database, feed: Feed) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", shibuya=3)
    places = [shop.place(code) for code in ("shibuya", "umeda", "elsewhere")]
    stream = await listen(Execute(db, feed), skus=["SHIRT"], locationIds=places)
    assert await take(stream, 2) == [("SHIRT", "shibuya", 3, 1), ("SHIRT", "umeda", 0, 0)]
    await fill(db, shop, "SHIRT", depot=1, elsewhere=1, umeda=4)
    assert await take(stream, 1) == [("SHIRT", "umeda", 4, 1)]
    await stream.aclose()


async def test_counters_are_for_those_who_may_see_them(db: Database, feed: Feed) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", shibuya=3, elsewhere=8)
    seen: list[Any] = []
    for actor, count in [(None, 1), (READER, 2), (limited(shop, "elsewhere"), 1)]:
        stream = await listen(Execute(db, feed), actor, skus=["SHIRT"])
        for _ in range(count):
            row = (await asyncio.wait_for(anext(stream), 20)).data["stockChanged"]
            seen.append((row["location"]["code"], row["available"], row["onHand"], row["safety"]))
        await stream.aclose()
    assert seen == [("shibuya", 3, None, None), ("shibuya", 3, 3, 0), ("elsewhere", 8, 8, 0), ("elsewhere", 8, 8, 0)]


async def test_versions_only_grow_and_the_last_event_is_the_truth(db: Database, feed: Feed) -> None:
    """Forty buyers at once: the listener hears fewer events than there are movements, and misses nothing."""
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", shibuya=30, depot=5)
    stream = await listen(Execute(db, feed), skus=["SHIRT"])
    levels = {code: (available, version) for _, code, available, version in await take(stream, 2)}
    places = (shop.places["shibuya"], shop.places["depot"])
    await asyncio.gather(*(hold(db, wish(shop.variants["SHIRT"], 1, *places)) for _ in range(40)))
    while levels != {"shibuya": (0, 31), "depot": (0, 6)}:
        [(_, code, available, version)] = await take(stream, 1)
        assert version > levels[code][1]
        assert available < levels[code][0]
        levels[code] = (available, version)
    await stream.aclose()


async def test_of_two_levels_the_newer_one_is_told_whichever_comes_first(
    db: Database, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction that begins first moves units last: the stream tells the newest of what it reads together."""

    async def together(tx: ReadTx, after: Position, limit: int) -> list[Row]:
        # Transactions of other databases of the server may end between the two, which parts them.
        rows = await read_feed(tx, after, limit)
        return [] if [row["topic"] for row in rows].count("stock") == 1 else rows

    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", shibuya=3)
    request = wish(shop.variants["SHIRT"], 1, shop.places["shibuya"])
    stream = await listen(Execute(db, feed), skus=["SHIRT"])
    assert await take(stream, 1) == [("SHIRT", "shibuya", 3, 1)]
    with monkeypatch.context() as patch:
        patch.setattr(feed_module, "read_feed", together)
        async with db.write() as first:
            await first.connection.execute("SELECT pg_current_xact_id()")
            await hold(db, wish(shop.variants["SHIRT"], 1, shop.places["shibuya"]))
            await hold_stock(first, [request], actor="test")
        assert await take(stream, 1) == [("SHIRT", "shibuya", 1, 3)]
    await fill(db, shop, "SHIRT", shibuya=1)
    assert await take(stream, 1) == [("SHIRT", "shibuya", 2, 4)]
    await stream.aclose()


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"skus": []}, "INVALID_INPUT"),
        ({"skus": ["SHIRT"] * 101}, "INVALID_INPUT"),
        ({"skus": ["SHIRT"], "locationIds": []}, "INVALID_INPUT"),
        ({"skus": ["SHIRT", "NO"]}, "NOT_FOUND"),
        ({"skus": ["\0"]}, "NOT_FOUND"),
        ({"skus": ["SHIRT"], "locationIds": ["nonsense"]}, "NOT_FOUND"),
    ],
)
async def test_bad_arguments_are_refused(db: Database, feed: Feed, variables: dict[str, Any], code: str) -> None:
    await open_shop(db, "SHIRT")
    stream = await listen(Execute(db, feed), **variables)
    result = stream if hasattr(stream, "errors") else await asyncio.wait_for(anext(stream), 20)
    assert [error.extensions["code"] for error in result.errors] == [code]
    assert feed.subscriber_count == 0
