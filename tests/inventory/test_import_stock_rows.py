"""`stockImport`: rows of other systems, each for itself, all in one transaction, once per key."""

from datetime import UTC, datetime
from typing import Any

from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.permissions import SHOPPER
from app.kit.statement import Statement
from tests.inventory.builders import counters, hold, put_stock, wish
from tests.inventory.selling import bundle
from tests.inventory.shop import READER, STAFF, Shop, fill, limited, open_shop

IMPORT = """mutation ($input: StockImportInput!) { stockImport(input: $input) {
  replayed userErrors { code path message }
  results { outcome change onHand error { code path ... on InsufficientStockError { sku requested available }
            ... on InvalidQuantityError { minimum maximum } } } } }"""
_CLOCK = Statement("SELECT clock_timestamp()")
_CAUSES = Statement(
    "SELECT count(DISTINCT cause_id) AS causes, min(cause_kind) AS kind FROM ledger WHERE actor = :actor"
)


def row(shop: Shop, sku: str, place: str, quantity: int) -> dict[str, Any]:
    return {"sku": sku, "locationId": shop.place(place), "quantity": quantity}


async def send(execute: Any, key: str, mode: str, *rows: dict[str, Any], actor: Any = STAFF, **more: Any) -> Any:
    values = {"mode": mode, "rows": list(rows), "idempotencyKey": key, **more}
    return (await execute(IMPORT, {"input": values}, actor=actor))["stockImport"]


def told(payload: Any) -> list[tuple[Any, ...]]:
    assert payload["userErrors"] == []
    return [(one["outcome"], one["change"], one["onHand"], one["error"] and one["error"]["code"])
            for one in payload["results"]]  # fmt: skip


async def test_each_row_is_for_itself(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    await fill(db, shop, "SHIRT", shibuya=10, umeda=4)
    await hold(db, wish(shop.variants["SHIRT"], 6, shop.places["shibuya"]))
    payload = await send(
        execute, "a", "ABSOLUTE",
        row(shop, "SHIRT", "shibuya", 5), row(shop, "SHIRT", "umeda", 4), row(shop, "MUG", "depot", 8),
        row(shop, "NO", "depot", 8), row(shop, "MUG", "konbini", 1), row(shop, "MUG", "umeda", -1),
        {"sku": "MUG", "locationId": "x", "quantity": 1}, row(shop, "SHIRT", "shibuya", 6),
    )  # fmt: skip
    assert told(payload) == [
        ("REFUSED", 0, 10, "INSUFFICIENT_STOCK"), ("UNCHANGED", 0, 4, None), ("CHANGED", 8, 8, None),
        ("REFUSED", 0, None, "NOT_FOUND"), ("REFUSED", 0, None, "NOT_FOUND"), ("REFUSED", 0, 0, "INVALID_QUANTITY"),
        ("REFUSED", 0, None, "NOT_FOUND"), ("CHANGED", -4, 6, None),
    ]  # fmt: skip
    assert payload["results"][0]["error"] == {
        "code": "INSUFFICIENT_STOCK", "path": ["input", "rows", "0", "quantity"], "sku": "SHIRT", "requested": 5,
        "available": 4,
    }  # fmt: skip
    assert payload["results"][5]["error"]["minimum"] == 0
    levels = await counters(db)
    assert {(key, one[0]) for key, one in levels.items() if one[0]} == {
        ((shop.variants["SHIRT"], shop.places["shibuya"]), 6),
        ((shop.variants["SHIRT"], shop.places["umeda"]), 4),
        ((shop.variants["MUG"], shop.places["depot"]), 8),
    }
    async with db.read() as tx:
        assert [tuple(one) for one in await tx.fetch(_CAUSES, actor=STAFF.reference)] == [(1, "STOCK_FEED")]


async def test_c_4_rows_of_one_key_see_what_earlier_rows_have_left(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    rows = [row(shop, "SHIRT", "umeda", n) for n in (5, -3, -3, 2, -4)]
    assert told(await send(execute, "a", "DELTA", *rows)) == [
        ("CHANGED", 5, 5, None), ("CHANGED", -3, 2, None), ("REFUSED", 0, 2, "INSUFFICIENT_STOCK"),
        ("CHANGED", 2, 4, None), ("CHANGED", -4, 0, None),
    ]  # fmt: skip


async def test_a_repeated_key_gets_the_first_answer(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    rows = [row(shop, "SHIRT", "umeda", 5), row(shop, "NO", "umeda", 5)]
    first = await send(execute, "a", "DELTA", *rows)
    again = await send(execute, "a", "DELTA", *rows)
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again["results"] == first["results"]
    other = await send(execute, "a", "DELTA", rows[0])
    assert [error["code"] for error in other["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]
    assert (await counters(db))[shop.variants["SHIRT"], shop.places["umeda"]][0] == 5


async def test_what_moved_since_the_sender_looked_is_kept(db: Database, execute: Any) -> None:
    """Three were received after the till had counted seven: ten are there. What was counted before is old news."""
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", umeda=5)
    async with db.read() as tx:
        looked = (await tx.fetchval(_CLOCK)).isoformat()
    async with db.write() as tx:
        await put_stock(tx, shop.variants["SHIRT"], shop.places["umeda"], 3)
    one = row(shop, "SHIRT", "umeda", 7)
    assert told(await send(execute, "a", "ABSOLUTE", one, asOf=looked)) == [("CHANGED", 2, 10, None)]
    assert told(await send(execute, "b", "ABSOLUTE", one, asOf=looked)) == [("REFUSED", 0, 10, "OUTDATED")]
    now = datetime.now(UTC).isoformat()
    assert told(await send(execute, "c", "ABSOLUTE", row(shop, "SHIRT", "umeda", 9), asOf=now))[0][2:] == (9, None)


async def test_who_may_send_and_how_much(db: Database, execute: Any, count_statements: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    one = row(shop, "SHIRT", "umeda", 1)
    for actor, code in ((SHOPPER, "UNAUTHENTICATED"), (READER, "FORBIDDEN")):
        values = {"mode": "DELTA", "rows": [one], "idempotencyKey": "k"}
        result = await execute.raw(IMPORT, {"input": values}, actor=actor)
        assert [error.extensions["code"] for error in result.errors] == [code]
    assert told(await send(execute, "a", "DELTA", one, actor=limited(shop, "shibuya")))[0][3] == "NOT_FOUND"
    big = {"sku": "SHIRT", "locationId": global_id("Location", 2**63 - 1), "quantity": 1}
    assert told(await send(execute, "b", "DELTA", big))[0][3] == "NOT_FOUND"
    for number, rows in (("c", []), ("d", [one] * 101)):
        refused = await send(execute, number, "DELTA", *rows)
        assert [(error["code"], error["path"]) for error in refused["userErrors"]] == [
            ("INVALID_INPUT", ["input", "rows"])
        ]
    assert await counters(db) == {}
    await send(execute, "e", "DELTA", one)
    with count_statements() as few:
        await send(execute, "f", "DELTA", one)
    with count_statements() as many:
        await send(execute, "g", "DELTA", *[row(shop, "SHIRT", place, 1) for place in ("umeda", "depot")] * 50)
    assert many.total == few.total


async def test_rows_of_bundles_are_refused_and_the_others_applied(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "MUG", "SET")
    async with db.write() as tx:
        await bundle(tx, shop.variants["SET"], {shop.variants["SHIRT"]: 1, shop.variants["MUG"]: 2})
    for mode in ("ABSOLUTE", "DELTA"):
        rows = [row(shop, sku, "umeda", 3) for sku in ("SET", "SHIRT", "SET")]
        answer = await send(execute, mode, mode, *rows)
        units = 3 if mode == "ABSOLUTE" else 6
        assert told(answer) == [
            ("REFUSED", 0, 0, "INVALID_INPUT"),
            ("CHANGED", 3, units, None),
            ("REFUSED", 0, 0, "INVALID_INPUT"),
        ]
        assert answer["results"][2]["error"]["path"] == ["input", "rows", "2", "sku"]
    assert await counters(db) == {(shop.variants["SHIRT"], shop.places["umeda"]): (6, 0, 0, 0)}
