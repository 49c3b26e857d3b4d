"""Pickup options through the schema."""

from typing import Any
from uuid import UUID

import pytest

from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.statement import Statement
from tests.carts.builders import SHIBUYA, line_ids, make_cart, make_goods, make_shop

NOBODY = UUID("01900000-0000-7000-8000-000000000000")
OPTIONS = """query (
    $cartId: ID, $lines: [PickupLineInput!], $near: NearInput, $modes: [DeliveryMode!], $first: Int! = 20)
{
  pickupOptions(cartId: $cartId, lines: $lines, near: $near, modes: $modes, first: $first) {
    mode location { code } distanceKm coverage coveredLines eligible reasons { code } fee { amount }
    lines { sku requested available availableHere coverage eligible reasons { code } variant { sku } line { id } }
  } }"""
AREA = Statement("INSERT INTO postal_areas (prefix, prefecture, latitude, longitude) VALUES ('150', 13, :lat, :lon)")


async def test_options_are_nearest_first_with_what_each_covers(db: Database, execute: Any) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx, shipping_fee_minor=550, free_shipping_from_minor=2000)
        await make_goods(tx, shop, "TEA", price=648, stock={shop.shibuya: 2, shop.warehouse: 9})
        await make_goods(tx, shop, "CUP", price=500, is_chilled=True, stock={shop.yokohama: 1})
        await tx.execute(AREA, lat=SHIBUYA[0], lon=SHIBUYA[1])
    lines = [{"sku": "TEA", "quantity": 1}, {"sku": "CUP", "quantity": 2}, {"sku": "TEA", "quantity": 1}]
    options = (await execute(OPTIONS, {"lines": lines, "near": {"postalCode": "１５０−０００１"}}))["pickupOptions"]
    assert [
        (
            option["mode"],
            option["location"] and option["location"]["code"],
            option["distanceKm"] and round(option["distanceKm"]),
            option["coverage"],
            option["coveredLines"],
            option["eligible"],
            option["fee"]["amount"],
        )
        for option in options
    ] == [
        ("HOME_DELIVERY", None, None, "SHORT", 1, True, 0),
        ("STORE_PICKUP", "web-SHIBUYA", 0, "SHORT", 1, True, 0),
        ("CONVENIENCE_STORE_PICKUP", "web-KONBINI", 6, "SHORT", 1, False, 0),
        ("STORE_PICKUP", "web-YOKOHAMA", 25, "SHORT", 1, True, 0),
        ("LOCKER_PICKUP", "web-LOCKER", 25, "SHORT", 1, False, 0),
    ]
    assert options[1]["lines"] == [
        {
            "sku": "TEA",
            "requested": 2,
            "available": 11,
            "availableHere": 2,
            "coverage": "FULL_NOW",
            "eligible": True,
            "reasons": [],
            "variant": {"sku": "TEA"},
            "line": None,
        },
        {
            "sku": "CUP",
            "requested": 2,
            "available": 1,
            "availableHere": 0,
            "coverage": "SHORT",
            "eligible": True,
            "reasons": [],
            "variant": {"sku": "CUP"},
            "line": None,
        },
    ]
    assert [line["coverage"] for line in options[3]["lines"]] == ["AFTER_TRANSFER", "SHORT"]
    assert [line["coverage"] for line in options[2]["lines"]] == ["SHIPPED_TO_POINT", "SHORT"]
    assert options[2]["reasons"] == [{"code": "CHILLED"}]


async def test_a_carts_lines_are_known_by_their_ids(db: Database, execute: Any) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx, shipping_fee_minor=550)
        await make_goods(tx, shop, "TEA", stock={shop.shibuya: 2})
        key = await make_cart(tx, ("TEA", 2))
    ids = await line_ids(db, key)
    modes = ["STORE_PICKUP", "HOME_DELIVERY"]
    answer = await execute(OPTIONS, {"cartId": global_id("Cart", key), "modes": modes, "first": 1})
    home, store = answer["pickupOptions"]
    assert (home["mode"], home["fee"], home["coverage"]) == ("HOME_DELIVERY", {"amount": 550}, "SHIPPED_TO_POINT")
    assert (store["location"], store["distanceKm"], store["coverage"]) == ({"code": "web-SHIBUYA"}, None, "FULL_NOW")
    assert store["lines"][0]["line"] == {"id": global_id("CartLine", ids["TEA"])}


async def test_goods_that_are_not_sold_are_not_eligible_anywhere(db: Database, execute: Any) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "OLD", is_published=False, stock={shop.shibuya: 2})
    options = (await execute(OPTIONS, {"lines": [{"sku": "OLD"}]}))["pickupOptions"]
    assert {option["eligible"] for option in options} == {False}
    assert {reason["code"] for option in options for reason in option["reasons"]} == {"NOT_SOLD"}


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({}, "INVALID_INPUT"),
        ({"lines": []}, "INVALID_INPUT"),
        ({"lines": [{"sku": "TEA"}], "cartId": global_id("Cart", NOBODY)}, "INVALID_INPUT"),
        ({"lines": [{"sku": "TEA"}] * 101}, "INVALID_INPUT"),
        ({"lines": [{"sku": "TEA", "quantity": 0}]}, "INVALID_INPUT"),
        ({"lines": [{"sku": "TEA", "quantity": 9_999}, {"sku": "TEA"}]}, "INVALID_INPUT"),
        ({"lines": [{"sku": "TEA"}], "first": 0}, "INVALID_INPUT"),
        ({"lines": [{"sku": "TEA"}], "first": 101}, "INVALID_INPUT"),
        ({"lines": [{"sku": "TEA"}], "near": {"postalCode": "12345"}}, "INVALID_POSTAL_CODE"),
        ({"lines": [{"sku": "NONE"}]}, "NOT_FOUND"),
        ({"lines": [{"sku": "T\0"}]}, "NOT_FOUND"),
        ({"cartId": global_id("Cart", NOBODY)}, "NOT_FOUND"),
        ({"cartId": "nonsense"}, "NOT_FOUND"),
    ],
)
async def test_questions_that_cannot_be_answered_are_errors_with_a_code(
    db: Database, execute: Any, variables: dict[str, Any], code: str
) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA")
    result = await execute.raw(OPTIONS, variables)
    assert [error.extensions["code"] for error in result.errors] == [code]


async def test_an_unknown_channel_is_an_error(db: Database, execute: Any) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA")
    for channel in ("none", "web\0"):
        result = await execute.raw(OPTIONS, {"lines": [{"sku": "TEA"}]}, channel=channel)
        assert [error.extensions["code"] for error in result.errors] == ["NOT_FOUND"]


async def test_the_statements_are_the_same_for_one_line_and_for_twenty(
    db: Database, execute: Any, count_statements: Any
) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        for number in range(20):
            await make_goods(tx, shop, f"S{number}", stock={shop.shibuya: 1})
        cart = global_id("Cart", await make_cart(tx, *((f"S{number}", 1) for number in range(20))))
    totals: list[int] = []
    for lines in (1, 20):
        asked = [{"sku": f"S{number}"} for number in range(lines)]
        with count_statements() as count:
            await execute(OPTIONS, {"lines": asked, "near": {"postalCode": "1500001"}})
        totals.append(count.total)
    with count_statements() as count:
        await execute(OPTIONS, {"cartId": cart, "near": {"postalCode": "1500001"}})
    assert totals[0] == totals[1]
    assert max(*totals, count.total) <= 12
