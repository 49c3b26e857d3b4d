"""Feeds say that promised units are not there: other places keep the promises, or they end, row by row."""

import asyncio
import csv
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.fulfillment.actions.cancel_order import cancel_order
from app.integrations.actions import import_stock_file as action
from app.integrations.actions.import_stock_file import StockFile
from app.integrations.model import StockReport
from app.inventory.model import OwnerKind
from app.kit.db import Database
from app.kit.errors import Refusals
from app.kit.ids import global_id
from app.kit.statement import Statement
from tests.checkout.builders import CARD, Shop, check_out, holds_of, make_shop, ready_cart
from tests.checkout.moving import history, stock
from tests.checkout.selling import pay_by_card
from tests.conftest import NOW
from tests.fulfillment.views import lines_of, order_states
from tests.integrations.test_import_stock_file import figures, refused, run, written
from tests.inventory.builders import facts, hold, movements, wish
from tests.inventory.shop import STAFF
from tests.pump import pump

IMPORT = """mutation ($input: StockImportInput!) { stockImport(input: $input) {
  replayed userErrors { code }
  results { outcome change onHand promisesMoved promisesEnded error { code path } }
  brokenPromises { ownerKind quantity wasReserved lineNo location { code } movedTo { code } variant { sku } } } }"""
_IMPORTS = Statement("SELECT count(*) FROM stock_import_releases")


def releasing(folder: Path, *rows: tuple[Any, ...], name: str = "stock.csv") -> StockFile:
    return replace(written(folder, rows, name), releases_promises=True)


async def run_releasing(db: Database, file: StockFile, **options: Any) -> StockReport:
    return await run(db, file, released=file.path.with_name("released.csv"), **options)


def released(file: StockFile) -> list[list[str]]:
    with file.path.with_name("released.csv").open() as found:
        header, *rows = csv.reader(found)
    assert header == ["line", "sku", "location", "quantity", "missing", "moved", "ended"]
    return rows


def told(report: StockReport) -> tuple[int, int, int]:
    return report.released, report.moved, report.ended


async def test_a_row_below_what_is_promised_moves_and_ends_the_youngest_promises(db: Database, tmp_path: Path) -> None:
    """Osaka can take two of the four units that are missing; other rows are as always."""
    shop = await make_shop(db, {("A", "warehouse"): 6, ("A", "osaka"): 2, ("B", "warehouse"): 3})
    old, young = [await pay_by_card(db, await ready_cart(db, shop, {"A": n, "B": 1})) for n in (1, 5)]
    warehouse, osaka = shop.places["warehouse"], shop.places["osaka"]
    before = len(await movements(db))
    file = releasing(
        tmp_path, ("SKU-B", "warehouse", 9), ("SKU-A", "warehouse", 2), ("SKU-A", "shibuya", -1), ("SKU-A", "osaka", 2)
    )
    report = await run_releasing(db, file)
    assert (figures(report), told(report)) == ((4, 2, 1, 1), (1, 2, 2))
    assert released(file) == [["3", "SKU-A", "warehouse", "2", "4", "2", "2"]]
    assert [row[:2] for row in refused(file)] == [["4", "INVALID_QUANTITY"]]
    assert await stock(db, shop) == {"warehouse": (2, 0, 2), "osaka": (2, 0, 2)}
    assert await stock(db, shop, "B") == {"warehouse": (9, 0, 2)}
    assert sorted((await movements(db))[before:]) == sorted([
        ("ALLOCATION_RELEASED", 0, 0, -2, warehouse), ("ALLOCATED", 0, 0, 2, osaka),
        ("ALLOCATION_RELEASED", 0, 0, -2, warehouse), ("ADJUSTED", -4, 0, 0, warehouse),
        ("ADJUSTED", 6, 0, 0, warehouse),
    ])  # fmt: skip
    assert [(place, units) for _, place, units, _ in await holds_of(db, old)] == [(warehouse, 1), (warehouse, 1)]
    move = {"line": 1, "quantity": 2, "from": str(warehouse), "to": str(osaka)}
    assert await history(db, young, "RESOURCED") == [{"moves": [move]}]
    await pump(db, now=NOW)
    assert sorted(await lines_of(db, young)) == [(1, 1), (1, 2), (2, 1)]
    assert await order_states(db, old) == ("PLACED", "AUTHORIZED", "UNFULFILLED")


async def test_a_refused_row_is_sent_again_to_release_promises(db: Database, tmp_path: Path) -> None:
    """The file of refused rows is a file of stock: differences that were applied are not applied again."""
    shop = await make_shop(db, {("A", "warehouse"): 5, ("A", "osaka"): 9, ("B", "warehouse"): 4})
    await pay_by_card(db, await ready_cart(db, shop, {"A": 4}))
    rows = [("SKU-A", "warehouse", -3), ("SKU-B", "warehouse", -1), ("SKU-A", "warehouse", -6)]
    file = replace(written(tmp_path, rows), is_absolute=False)
    report = await run(db, file)
    assert (figures(report), told(report)) == ((3, 1, 0, 2), (0, 0, 0))
    assert (await run_releasing(db, replace(file, releases_promises=True))).is_repeated
    assert await stock(db, shop) == {"warehouse": (5, 0, 4), "osaka": (9, 0, 0)}
    path = tmp_path / "again" / "refused.csv"
    path.parent.mkdir()
    path.write_text((tmp_path / "refused.csv").read_text())
    again = StockFile(path, path.name, file.layout, is_absolute=False, releases_promises=True)
    path = path.with_name("still.csv")
    report = await action.import_stock_file(db, again, now=NOW, refused=path, released=path.with_name("released.csv"))
    assert (figures(report), told(report)) == ((2, 1, 0, 1), (1, 2, 0))
    assert released(again) == [["2", "SKU-A", "warehouse", "-3", "2", "2", "0"]]
    assert "2 units are on hand: more cannot be taken off." in path.read_text()
    assert await stock(db, shop) == {"warehouse": (2, 0, 2), "osaka": (9, 0, 2)}
    assert await stock(db, shop, "B") == {"warehouse": (3, 0, 0)}
    await pump(db, now=NOW)


async def test_reservations_of_carts_end_whole(db: Database, tmp_path: Path) -> None:
    """And the ones in a chunk that has them, too: a cart's other units go back on sale."""
    shop = await make_shop(db, {("A", "warehouse"): 3, ("B", "osaka"): 5})
    cart = replace(
        wish(shop.variants["A"], 3, shop.places["warehouse"], expires_at=NOW + timedelta(hours=1)),
        owner_kind=OwnerKind.CART,
    )
    line = replace(
        cart.demands[0], line_no=2, variant_id=shop.variants["B"], quantity=4, candidates=(shop.places["osaka"],)
    )
    await hold(db, replace(cart, demands=(*cart.demands, line)))
    assert await stock(db, shop, "B") == {"osaka": (5, 4, 0)}
    file = releasing(tmp_path, ("SKU-A", "warehouse", 2), ("SKU-B", "osaka", 4))
    report = await run_releasing(db, file)
    assert (figures(report), told(report)) == ((2, 2, 0, 0), (1, 0, 3))
    assert released(file) == [["2", "SKU-A", "warehouse", "2", "1", "0", "3"]]
    assert await stock(db, shop) == {"warehouse": (2, 0, 0)}
    assert await stock(db, shop, "B") == {"osaka": (4, 0, 0)}
    assert [fact["owner_id"] for fact in await facts(db, "reservation_expired")] == [str(cart.owner_id)]


async def test_a_rehearsal_tells_which_rows_would_release_promises(db: Database, tmp_path: Path) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 5, ("A", "osaka"): 9})
    order_id = await pay_by_card(db, await ready_cart(db, shop, {"A": 4}))
    file = releasing(tmp_path, ("SKU-A", "warehouse", 1), ("SKU-A", "osaka", 8))
    report = await run_releasing(db, file, is_rehearsal=True)
    assert (figures(report), told(report)) == ((2, 2, 0, 0), (1, 0, 0))
    assert released(file) == [["2", "SKU-A", "warehouse", "1", "3", "", ""]]
    assert await stock(db, shop) == {"warehouse": (5, 0, 4), "osaka": (9, 0, 0)}
    assert len(await holds_of(db, order_id)) == 1
    async with db.read() as tx:
        assert await tx.fetchval(_IMPORTS) == 0
    assert told(await run_releasing(db, file)) == (1, 3, 0)
    assert await stock(db, shop) == {"warehouse": (1, 0, 1), "osaka": (8, 0, 3)}
    await pump(db, now=NOW)


async def test_differences_of_one_key_release_one_after_another(db: Database, tmp_path: Path) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 5, ("A", "osaka"): 2})
    await pay_by_card(db, await ready_cart(db, shop, {"A": 5}))
    rows = [("SKU-A", "warehouse", n) for n in (-1, -2, -3, 1)]
    file = replace(releasing(tmp_path, *rows), is_absolute=False)
    report = await run_releasing(db, file)
    assert (figures(report), told(report)) == ((4, 3, 0, 1), (2, 2, 1))
    assert released(file) == [["2", *map(str, rows[0]), "1", "1", "0"], ["3", *map(str, rows[1]), "2", "1", "1"]]
    assert await stock(db, shop) == {"warehouse": (3, 0, 2), "osaka": (2, 0, 2)}
    await pump(db, now=NOW)


async def test_the_number_of_statements_does_not_depend_on_the_rows(
    db: Database, tmp_path: Path, count_statements: Any
) -> None:
    shop = await make_shop(db, {(letter, place): 9 for letter in "AB" for place in ("warehouse", "osaka", "shibuya")})
    totals = list[int]()
    for number, letters in enumerate(("A", "AB")):
        for _ in range(1 + number):
            await pay_by_card(db, await ready_cart(db, shop, dict.fromkeys(letters, 2)))
        await pump(db, now=NOW)
        with count_statements() as count:
            await run_releasing(db, releasing(tmp_path, *[(f"SKU-{letter}", "warehouse", 1) for letter in letters],
                                              name=f"{number}.csv"), jobs=1)  # fmt: skip
        totals.append(count.total)
    assert totals[0] == totals[1]
    await pump(db, now=NOW)


async def test_c_1_c_4_rows_release_beside_buyers_who_take_the_other_places_units(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two connections apply the file, thirty buyers come and three orders are canceled; every order that is left has
    its units somewhere, and what the file says is on hand.
    """
    monkeypatch.setattr(action, "CHUNK", 1)
    places = ("warehouse", "osaka", "shibuya")
    shop = await make_shop(db, {(letter, place): 8 for letter in "AB" for place in places})
    lines = {"A": 1, "B": 1}
    first = [await pay_by_card(db, await ready_cart(db, shop, lines)) for _ in range(8)]
    carts = [await ready_cart(db, shop, lines) for _ in range(30)]
    file = releasing(
        tmp_path, *[(f"SKU-{letter}", place, units) for units, place in zip((1, 4, 3), places, strict=True)
                    for letter in "AB"]
    )  # fmt: skip
    buyers = [check_out(db, cart_id, CARD) for cart_id in carts]
    canceling = [
        db.in_write(lambda tx, order_id=order_id: cancel_order(tx, order_id, reason="x", actor="x", now=NOW))
        for order_id in first[:3]
    ]
    results = await asyncio.gather(run_releasing(db, file), *canceling, *buyers, return_exceptions=True)
    assert all(isinstance(result, UUID | Refusals) for result in results[4:])
    assert not [result for result in results[:4] if isinstance(result, BaseException)]
    assert isinstance(results[0], StockReport)
    assert figures(results[0]) == (6, 6, 0, 0)
    await pump(db, now=NOW)
    await _everybody_is_served(db, shop)


async def _everybody_is_served(db: Database, shop: Shop) -> None:
    for number, letter in enumerate("AB", 1):
        found = await stock(db, shop, letter)
        assert {name: units[0] for name, units in found.items()} == {"warehouse": 1, "osaka": 4, "shibuya": 3}
        async with db.read() as tx:
            kept = await tx.connection.fetchval(
                "SELECT sum(l.quantity - l.canceled_quantity) FROM order_lines l JOIN orders o ON o.id = l.order_id"
                " WHERE o.status <> 'CANCELED' AND l.line_no = $1", number
            )  # fmt: skip
        assert sum(units[1] + units[2] for units in found.values()) == kept <= 8


def input_of(shop: Shop, key: str, promises: str, *rows: tuple[str, str, int], mode: str = "ABSOLUTE") -> Any:
    values = [
        {"sku": sku, "locationId": global_id("Location", shop.places[place]), "quantity": quantity}
        for sku, place, quantity in rows
    ]
    return {"input": {"mode": mode, "rows": values, "promises": promises, "idempotencyKey": key}}


async def test_stock_import_says_for_each_row_what_was_moved_and_ended(db: Database, execute: Any) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 6, ("A", "osaka"): 2, ("B", "warehouse"): 3})
    await pay_by_card(db, await ready_cart(db, shop, {"A": 6, "B": 1}))
    rows = [("SKU-A", "warehouse", 2), ("SKU-B", "warehouse", 9), ("SKU-A", "warehouse", -1), ("SKU-A", "warehouse", 1)]
    kept = (await execute(IMPORT, input_of(shop, "a", "KEEP", *rows), actor=STAFF))["stockImport"]
    assert [one["outcome"] for one in kept["results"]] == ["REFUSED", "CHANGED", "REFUSED", "REFUSED"]
    assert (kept["brokenPromises"], kept["results"][0]["error"]["code"]) == ([], "INSUFFICIENT_STOCK")
    values = input_of(shop, "b", "RESOURCE_YOUNGEST", *rows)
    done = (await execute(IMPORT, values, actor=STAFF))["stockImport"]
    facts_of = ("outcome", "change", "onHand", "promisesMoved", "promisesEnded")
    assert [tuple(one[name] for name in facts_of) for one in done["results"]] == [
        ("CHANGED", -4, 2, 0, 0), ("UNCHANGED", 0, 9, 0, 0), ("REFUSED", 0, 2, 0, 0), ("CHANGED", -1, 1, 2, 3),
    ]  # fmt: skip
    common = {"ownerKind": "ORDER", "wasReserved": False, "lineNo": 1, "location": {"code": "warehouse"},
              "variant": {"sku": "SKU-A"}}  # fmt: skip
    assert done["brokenPromises"] == [
        {**common, "quantity": 2, "movedTo": {"code": "osaka"}}, {**common, "quantity": 3, "movedTo": None},
    ]  # fmt: skip
    assert await stock(db, shop) == {"warehouse": (1, 0, 1), "osaka": (2, 0, 2)}
    again = (await execute(IMPORT, values, actor=STAFF))["stockImport"]
    assert again == {**done, "replayed": True}
    await pump(db, now=NOW)


async def test_stock_import_ends_the_youngest_promises_without_looking_elsewhere(db: Database, execute: Any) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 4, ("A", "osaka"): 2})
    await pay_by_card(db, await ready_cart(db, shop, {"A": 4}))
    values = input_of(shop, "a", "BREAK_YOUNGEST", ("SKU-A", "warehouse", -3), ("SKU-A", "warehouse", 2),
                      ("SKU-A", "warehouse", -4), mode="DELTA")  # fmt: skip
    done = (await execute(IMPORT, values, actor=STAFF))["stockImport"]
    assert [(one["onHand"], one["promisesEnded"]) for one in done["results"]] == [(1, 1), (3, 0), (3, 0)]
    assert done["results"][2]["error"] == {"code": "INSUFFICIENT_STOCK", "path": ["input", "rows", "2", "quantity"]}
    assert await stock(db, shop) == {"warehouse": (3, 0, 3), "osaka": (2, 0, 0)}
    await pump(db, now=NOW)
