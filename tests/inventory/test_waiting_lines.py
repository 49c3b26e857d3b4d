"""The list of lines that wait for units: `waitingLines`."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.inventory.model.selling import SellingPolicy
from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.permissions import Actor, ActorKind
from app.kit.statement import Statement
from tests.channels.builders import make_channel
from tests.checkout.builders import make_shop, ready_cart
from tests.checkout.selling import pay_by_card
from tests.conftest import NOW
from tests.fulfillment.builders import make_partner
from tests.inventory.builders import hold
from tests.inventory.purchases import ordered
from tests.inventory.selling import SOON, ask, sell_ahead
from tests.inventory.shop import READER, Shop, fill, limited, open_shop
from tests.inventory.test_promises import on_its_way
from tests.locations.builders import make_group

DEC_1, DEC_5 = date(2026, 12, 1), date(2026, 12, 5)
SHOPPER = Actor(ActorKind.SHOPPER, "shopper")
WRITER = Actor(ActorKind.STAFF, "key:writer", frozenset({"stock:write", "orders:read"}))
LINES = """query ($skus: [String!], $locationIds: [ID!], $channel: String, $since: DateTime, $until: DateTime,
    $first: Int! = 50, $after: String) {
  waitingLines(skus: $skus, locationIds: $locationIds, channel: $channel, since: $since, until: $until, first: $first,
      after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { variant { sku } order { number lines { lineNo variant { sku } } } lineNo quantity kind promisedOn
      expiresAt waitingSince locations { code }
      outlook { unitsAhead servedOn sources { quantity expectedOn lineNo location { code }
        purchaseOrder { supplierName } transfer { status } } } } } }"""
_GIVE = Statement("UPDATE locations SET partner_id = :partner_id WHERE id = :id")
_AGE = Statement("UPDATE backorders SET created_at = :at WHERE owner_id = :owner_id")


async def asked(execute: Any, *, actor: Any = READER, **arguments: Any) -> Any:
    return (await execute(LINES, arguments, actor=actor, now=NOW))["waitingLines"]


def units(found: Any) -> list[tuple[str, int]]:
    return [(line["variant"]["sku"], line["quantity"]) for line in found["nodes"]]


def sources(line: Any) -> list[tuple[str, int, str | None]]:
    return [(one["location"]["code"], one["quantity"], one["expectedOn"]) for one in line["outlook"]["sources"]]


async def wait(db: Database, shop: Shop, sku: str, quantity: int, *codes: str, **options: Any) -> UUID:
    """Somebody begins to wait."""
    request = await ask(db, shop.variants[sku], quantity, *(shop.places[code] for code in codes), **options)
    [verdict] = await hold(db, request)
    assert verdict.claims
    return request.owner_id


async def crowded(db: Database) -> Shop:
    """Three wait for shirts, one for a mug that is not released yet."""
    shop = await open_shop(db, "SHIRT", "MUG", "PEN")
    async with db.write() as tx:
        await sell_ahead(tx, shop.variants["SHIRT"], 20)
        await sell_ahead(tx, shop.variants["MUG"], 20, SellingPolicy.PREORDER)
    await wait(db, shop, "SHIRT", 4, "depot", "umeda")
    await wait(db, shop, "MUG", 2, "shibuya")
    await wait(db, shop, "SHIRT", 3, "umeda", expires_at=NOW + timedelta(hours=1))
    await wait(db, shop, "SHIRT", 6, "sapporo")
    return shop


async def test_those_who_have_waited_longest_come_first_with_what_will_serve_them(db: Database, execute: Any) -> None:
    shop = await crowded(db)
    shirt, mug, at = shop.variants["SHIRT"], shop.variants["MUG"], shop.places
    await fill(db, shop, "SHIRT", depot=1)
    await fill(db, shop, "MUG", shibuya=5)
    await ordered(db, at["umeda"], (mug, 9, DEC_1), (shirt, 5, DEC_1))
    await fill(db, shop, "SHIRT", shibuya=2)
    await on_its_way(db, at["shibuya"], at["umeda"], (shirt, 2), datetime(2026, 12, 4, 15, 0, tzinfo=UTC))
    found = await asked(execute)
    assert (found["totalCount"], units(found)) == (4, [("SHIRT", 4), ("MUG", 2), ("SHIRT", 3), ("SHIRT", 6)])
    first, second, third, fourth = found["nodes"]
    assert {**first, "waitingSince": None, "outlook": None} == {
        "variant": {"sku": "SHIRT"}, "order": None, "lineNo": 1, "quantity": 4, "kind": "BACKORDER",
        "promisedOn": "2026-12-10", "expiresAt": None, "waitingSince": None, "outlook": None,
        "locations": [{"code": "depot"}, {"code": "umeda"}],
    }  # fmt: skip
    assert first["outlook"] == {"unitsAhead": 0, "servedOn": "2026-12-01", "sources": [
        {"quantity": 1, "expectedOn": None, "lineNo": None, "location": {"code": "depot"}, "purchaseOrder": None,
         "transfer": None},
        {"quantity": 3, "expectedOn": "2026-12-01", "lineNo": 2, "location": {"code": "umeda"},
         "purchaseOrder": {"supplierName": "Tanaka Textiles"}, "transfer": None},
    ]}  # fmt: skip
    # In stock, but not released.
    assert (second["kind"], second["promisedOn"], second["outlook"]["unitsAhead"]) == ("PREORDER", str(SOON), 0)
    assert (second["outlook"]["servedOn"], sources(second)) == (str(SOON), [("shibuya", 2, None)])
    assert (third["expiresAt"], third["outlook"]["unitsAhead"]) == ((NOW + timedelta(hours=1)).isoformat(), 4)
    assert (third["outlook"]["servedOn"], sources(third)) == (
        "2026-12-05", [("umeda", 2, "2026-12-01"), ("umeda", 1, "2026-12-05")]
    )  # fmt: skip
    assert [one["transfer"] for one in third["outlook"]["sources"]] == [None, {"status": "IN_TRANSIT"}]
    assert fourth["outlook"] == {"unitsAhead": 7, "servedOn": None, "sources": []}


async def test_late_and_undated_units_serve_nobody_yet(db: Database, execute: Any) -> None:
    shop = await crowded(db)
    await ordered(db, shop.places["sapporo"], (shop.variants["SHIRT"], 50, DEC_1), (shop.variants["SHIRT"], 50))
    line = (await asked(execute))["nodes"][3]
    assert (line["outlook"]["servedOn"], sources(line)) == ("2026-12-01", [("sapporo", 6, "2026-12-01")])
    # December 1st lasts until 15:00 UTC.
    end = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
    last = await execute(LINES, {"skus": ["SHIRT"]}, actor=READER, now=end - timedelta(seconds=1))
    assert last["waitingLines"]["nodes"][2]["outlook"]["servedOn"] == "2026-12-01"
    later = await execute(LINES, {"skus": ["SHIRT"]}, actor=READER, now=end)
    assert later["waitingLines"]["nodes"][2]["outlook"] == {"unitsAhead": 7, "servedOn": None, "sources": []}


async def test_filters(db: Database, execute: Any) -> None:
    shop = await crowded(db)
    owner_id = await wait(db, shop, "SHIRT", 1, "depot")
    async with db.write() as tx:
        await tx.execute(_AGE, owner_id=owner_id, at=NOW + timedelta(days=400))
    shirts = [("SHIRT", 4), ("SHIRT", 3), ("SHIRT", 6), ("SHIRT", 1)]
    one_more = (NOW + timedelta(days=400)).isoformat()
    for arguments, expected in [
        ({"skus": ["SHIRT"]}, shirts),
        ({"skus": ["MUG", "NONE"]}, [("MUG", 2)]),
        ({"skus": ["PEN"]}, []),
        ({"skus": []}, []),
        ({"locationIds": [shop.place("umeda")]}, [("SHIRT", 4), ("SHIRT", 3)]),
        ({"locationIds": [shop.place("shibuya"), shop.place("sapporo")]}, [("MUG", 2), ("SHIRT", 6)]),
        ({"locationIds": [shop.place("elsewhere")]}, []),
        ({"since": one_more}, [("SHIRT", 1)]),
        ({"since": (NOW + timedelta(days=400, seconds=1)).isoformat()}, []),
        ({"until": one_more, "skus": ["SHIRT"]}, shirts),
        ({"until": (NOW + timedelta(days=399)).isoformat(), "skus": ["SHIRT"]}, shirts[:3]),
        ({"channel": "web"}, []),
        ({"channel": "nowhere"}, []),
        ({"channel": "we\u0000b"}, []),
        ({"channel": ""}, []),
    ]:
        found = await asked(execute, **arguments)
        assert (units(found), found["totalCount"]) == (expected, len(expected)), arguments


async def test_orders_are_told_with_their_lines_and_by_channel(db: Database, execute: Any) -> None:
    shop = await make_shop(db, {("B", "warehouse"): 9})
    async with db.write() as tx:
        await sell_ahead(tx, shop.variants["A"], 9)
        await make_channel(tx, await make_group(tx), code="other")
        codes = [row["code"] for row in await tx.fetch(Statement("SELECT code FROM channels ORDER BY code"))]
        sku = await tx.fetchval(Statement("SELECT sku FROM variants WHERE id = :id"), id=shop.variants["A"])
    order_id = await pay_by_card(db, await ready_cart(db, shop, {"B": 1, "A": 3}))
    own = next(code for code in codes if code != "other")
    [line] = (await asked(execute, channel=own))["nodes"]
    async with db.read() as tx:
        number = await tx.fetchval(Statement("SELECT number FROM orders WHERE id = :id"), id=order_id)
    assert line["order"]["number"] == number
    assert {"lineNo": line["lineNo"], "variant": {"sku": sku}} in line["order"]["lines"]
    assert (line["variant"]["sku"], line["quantity"], line["expiresAt"]) == (sku, 3, None)
    assert units(await asked(execute, channel="other")) == []
    # Whose order it is, is nothing for partners.
    async with db.write() as tx:
        partner_id = await make_partner(tx, "warehouse-keeper")
        await tx.execute(_GIVE, partner_id=partner_id, id=shop.places["warehouse"])
    partner = Actor(ActorKind.PARTNER, "key:partner", frozenset({"stock:read"}), partner_id=partner_id)
    [line] = (await asked(execute, actor=partner))["nodes"]
    assert (line["order"], line["quantity"]) == (None, 3)


async def test_pages_go_on_where_they_ended(db: Database, execute: Any) -> None:
    await crowded(db)
    whole, found, after = await asked(execute), [], None
    for number in range(4):
        page = await asked(execute, first=1, after=after)
        after = page["pageInfo"]["endCursor"]
        assert (len(page["nodes"]), page["totalCount"]) == (1, 4)
        assert page["pageInfo"]["hasNextPage"] == (number < 3)
        found += page["nodes"]
    assert found == whole["nodes"]
    for arguments, code in [
        ({"first": 0}, "INVALID_INPUT"),
        ({"first": 101}, "INVALID_INPUT"),
        ({"after": "nonsense"}, "INVALID_INPUT"),
        ({"skus": ["A"] * 101}, "INVALID_INPUT"),
        ({"locationIds": ["nonsense"]}, "NOT_FOUND"),
        ({"locationIds": [global_id("Location", 1)] * 101}, "INVALID_INPUT"),
    ]:
        result = await execute.raw(LINES, arguments, actor=READER)
        assert [error.extensions["code"] for error in result.errors] == [code], arguments


@pytest.mark.parametrize("actor", [None, SHOPPER, WRITER], ids=["nobody", "shopper", "writer"])
async def test_the_list_needs_its_scope(db: Database, execute: Any, actor: Any) -> None:
    await crowded(db)
    result = await execute.raw(LINES, {}, actor=actor)
    assert result.errors
    assert "SHIRT" not in str(result.data)


async def test_keys_of_locations_see_what_these_may_serve(db: Database, execute: Any) -> None:
    shop = await crowded(db)
    shirt, at = shop.variants["SHIRT"], shop.places
    await fill(db, shop, "SHIRT", depot=1)
    await ordered(db, at["umeda"], (shirt, 5, DEC_1))
    actor = limited(shop, "umeda", "shibuya")
    found = await asked(execute, actor=actor)
    assert (units(found), found["totalCount"]) == ([("SHIRT", 4), ("MUG", 2), ("SHIRT", 3)], 3)
    assert sources(found["nodes"][0]) == [("umeda", 3, "2026-12-01")]
    assert found["nodes"][2]["outlook"]["unitsAhead"] == 4
    assert units(await asked(execute, actor=actor, locationIds=[shop.place("sapporo"), shop.place("depot")])) == []
    assert units(await asked(execute, actor=actor, locationIds=[shop.place("shibuya")])) == [("MUG", 2)]


async def test_statements_do_not_grow_with_the_lines(
    db: Database, execute: Any, count_statements: Callable[[], Any]
) -> None:
    skus = [f"V{number}" for number in range(20)]
    shop = await open_shop(db, *skus)
    for number, sku in enumerate(skus):
        async with db.write() as tx:
            await sell_ahead(tx, shop.variants[sku], 9)
        await wait(db, shop, sku, 2, "umeda")
        await wait(db, shop, sku, 1, "shibuya")
        await ordered(db, shop.places["umeda"], (shop.variants[sku], 2 + number, DEC_5))
    counts = []
    for first in (1, 100):
        with count_statements() as count:
            found = await asked(execute, first=first)
        counts.append(count.total)
    assert counts[0] == counts[1]
    assert (len(found["nodes"]), found["totalCount"]) == (40, 40)
    assert [line["outlook"]["servedOn"] for line in found["nodes"]] == [str(DEC_5), None] * 20


async def test_whoever_waits_behind_very_many_is_told_no_day(
    db: Database, execute: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await crowded(db)
    monkeypatch.setattr("app.inventory.graphql.waiting.outlooks.MOST", 2)
    found = await asked(execute, skus=["SHIRT"])
    assert [line["outlook"] and line["outlook"]["unitsAhead"] for line in found["nodes"]] == [0, 4, None]


async def test_an_explanation_tells_of_the_queue(db: Database, execute: Any) -> None:
    """Four mugs on a shelf that nobody can buy: two are not released and promised."""
    shop = await crowded(db)
    await fill(db, shop, "MUG", shibuya=4, umeda=1)
    await fill(db, shop, "PEN", shibuya=4)
    document = """query ($sku: String!) { stockExplanations(sku: $sku) { nodes { location { code }
        available waiting waitingHere english: sentence(language: EN) japanese: sentence(language: JA) } } }"""
    told = {
        sku: (await execute(document, {"sku": sku}, actor=READER))["stockExplanations"]["nodes"]
        for sku in ("MUG", "PEN")
    }
    queue = (
        "In the whole shop 2 wait to be served first, {} from here.",
        "全店で 2(うち当拠点から {})が入荷・発売待ちで、先に引き当てられます。",
    )
    assert sorted(told["MUG"], key=lambda one: one["location"]["code"]) == [
        {
            "location": {"code": code},
            "available": units,
            "waiting": 2,
            "waitingHere": here,
            "english": f"{units} on hand = {units} available. {queue[0].format(here)}",
            "japanese": f"実在庫 {units} = {units} が販売可能。{queue[1].format(here)}",
        }
        for code, units, here in (("shibuya", 4, 2), ("umeda", 1, 0))
    ]
    assert told["PEN"] == [
        {
            "location": {"code": "shibuya"},
            "available": 4,
            "waiting": 0,
            "waitingHere": 0,
            "english": "4 on hand = 4 available.",
            "japanese": "実在庫 4 = 4 が販売可能。",
        }
    ]
    waits = await wait(db, shop, "SHIRT", 5, "depot", "sapporo")
    await fill(db, shop, "SHIRT", depot=1, umeda=1, sapporo=1, shibuya=1)
    nodes = (await execute(document, {"sku": "SHIRT"}, actor=READER))["stockExplanations"]["nodes"]
    assert {one["location"]["code"]: (one["waiting"], one["waitingHere"]) for one in nodes} == {
        "depot": (18, 9), "umeda": (18, 7), "sapporo": (18, 11), "shibuya": (18, 0),
    }  # fmt: skip
    assert waits
