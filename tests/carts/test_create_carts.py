"""Opening a cart."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.carts.actions.create_carts import create_carts
from app.carts.errors import CartTooLarge, NotSold
from app.carts.model import CartDraft, Destination, WantedLine
from app.channels.errors import UnknownCurrency
from app.inventory.errors import InvalidQuantity
from app.kit.db import Database, WriteTx
from app.kit.errors import DomainError, InvalidInput, NotFound, Refusals, answer_of, each_refusal
from app.kit.statement import Statement
from app.sourcing.model import DeliveryMode
from tests.carts.builders import ADDRESS, contents, deliveries, make_goods, make_shop, paths, stamp
from tests.catalog.builders import make_variant
from tests.conftest import NOW

COUNT = Statement("SELECT count(*) FROM carts")
HOME, STORE = DeliveryMode.HOME_DELIVERY, DeliveryMode.STORE_PICKUP


def draft(**values: Any) -> CartDraft:
    return CartDraft(**{"channel_code": "web", "now": NOW, **values})


async def open_cart(tx: WriteTx, **values: Any) -> UUID:
    [answer] = await create_carts(tx, [draft(**values)])
    return answer_of(answer)


async def test_a_cart_begins_with_goods_at_the_channels_prices(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        tea = await make_goods(tx, shop, "TEA", price=648)
        await make_goods(tx, shop, "CUP", price=1980)
        lines = [WantedLine(2, "TEA"), WantedLine(1, "CUP"), WantedLine(3, variant_id=tea)]
        cart_id = await open_cart(tx, lines=lines, email=" Hanako@Example.JP ", currency="JPY")
    assert await contents(db, cart_id) == [("TEA", 5, 648), ("CUP", 1, 1980)]
    assert await stamp(db, cart_id) == ("OPEN", 1, NOW, NOW + timedelta(days=30))
    async with db.read() as tx:
        email = await tx.fetchval(Statement("SELECT email FROM carts WHERE id = :id"), id=cart_id)
    assert email == "hanako@example.jp"


async def test_an_empty_cart_is_no_mistake(db: Database) -> None:
    async with db.write() as tx:
        await make_shop(tx)
        cart_id = await open_cart(tx)
    assert await contents(db, cart_id) == []


async def refused(db: Database, **values: object) -> DomainError:
    """The refusal of a cart in a shop that sells TEA and does not sell OLD; nothing was created."""
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA", price=648)
        await make_goods(tx, shop, "GOLD", price=2_000_000)
        await make_goods(tx, shop, "OLD", is_published=False)
        await make_variant(tx, "ELSEWHERE")
        [answer] = await create_carts(tx, [draft(**values)])
    async with db.read() as tx:
        assert await tx.fetchval(COUNT) == 0
    assert isinstance(answer, DomainError)
    return answer


@pytest.mark.parametrize("currency", ["USD", "XXX", "jpy", "", "円"])
async def test_another_currency_than_the_channels_is_refused(db: Database, currency: str) -> None:
    refusal = await refused(db, currency=currency)
    assert isinstance(refusal, UnknownCurrency)
    assert (refusal.path, refusal.facts) == (["input", "currency"], {"currency": currency, "accepted": "JPY"})


@pytest.mark.parametrize("code", ["shop", "", "web\0", "\ud800"])
async def test_an_unknown_channel_is_refused(db: Database, code: str) -> None:
    refusal = await refused(db, channel_code=code)
    assert isinstance(refusal, NotFound)
    assert refusal.path == ["input", "channel"]


async def test_a_channel_that_is_switched_off_is_unknown(db: Database) -> None:
    async with db.write() as tx:
        await make_shop(tx, code="closed", is_active=False)
    refusal = await refused(db, channel_code="closed")
    assert isinstance(refusal, NotFound)


@pytest.mark.parametrize("email", ["", "hanako", "a@b", "a b@example.jp", "x\0@example.jp", "a@" + "b" * 260 + ".jp"])
async def test_an_email_address_must_be_one(db: Database, email: str) -> None:
    refusal = await refused(db, email=email)
    assert isinstance(refusal, InvalidInput)
    assert refusal.path == ["input", "email"]


async def test_every_wrong_row_is_told(db: Database) -> None:
    lines = [
        WantedLine(1, "TEA"),
        WantedLine(1, "NONE"),
        WantedLine(1),
        WantedLine(1, "TEA", 5),
        WantedLine(1, "T\0"),
        WantedLine(1, ""),
    ]
    refusal = await refused(db, lines=lines)
    assert isinstance(refusal, Refusals)
    assert paths(each_refusal(refusal)) == [
        ("NOT_FOUND", "input.lines.1.sku"),
        ("INVALID_INPUT", "input.lines.2"),
        ("INVALID_INPUT", "input.lines.3"),
        ("NOT_FOUND", "input.lines.4.sku"),
        ("NOT_FOUND", "input.lines.5.sku"),
    ]


async def test_goods_that_the_channel_does_not_sell_are_refused(db: Database) -> None:
    lines = [WantedLine(1, "OLD"), WantedLine(1, "TEA"), WantedLine(1, "ELSEWHERE"), WantedLine(1, variant_id=2**62)]
    refusal = await refused(db, lines=lines)
    old, elsewhere, unknown = each_refusal(refusal)
    assert isinstance(old, NotSold)
    assert old.facts["sku"] == "OLD"
    assert isinstance(elsewhere, NotSold)
    assert unknown.path == ["input", "lines", "3", "variantId"]


@pytest.mark.parametrize("quantity", [0, -1, 10_000, 2**31])
async def test_a_quantity_has_bounds(db: Database, quantity: int) -> None:
    (refusal,) = each_refusal(await refused(db, lines=[WantedLine(quantity, "TEA")]))
    assert isinstance(refusal, InvalidQuantity)
    assert refusal.path == ["input", "lines", "0", "quantity"]
    assert refusal.facts == {"minimum": 1, "maximum": 9_999}


async def test_rows_of_one_variant_have_the_bounds_of_one_line(db: Database) -> None:
    refusal = await refused(db, lines=[WantedLine(9_999, "TEA"), WantedLine(1, "TEA")])
    assert isinstance(refusal, InvalidQuantity)
    assert refusal.path == ["input", "lines", "1", "quantity"]


async def test_ten_thousand_rows_are_too_many(db: Database) -> None:
    refusal = await refused(db, lines=[WantedLine(1, "TEA")] * 10_000)
    assert isinstance(refusal, CartTooLarge)
    assert refusal.facts == {"maximum": 100, "requested": 10_000}


async def test_a_cart_costs_no_more_than_an_order_can_hold(db: Database) -> None:
    refusal = await refused(db, lines=[WantedLine(9_999, "GOLD")])
    assert isinstance(refusal, CartTooLarge)
    assert refusal.facts == {"maximum": 2_000_000_000}


async def test_all_lines_of_a_new_cart_go_to_one_place(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA")
        await make_goods(tx, shop, "CUP")
        lines = [WantedLine(2, "TEA"), WantedLine(1, "CUP")]
        home = await open_cart(tx, lines=lines, delivery=Destination(HOME, address=ADDRESS))
        store = await open_cart(tx, lines=lines, delivery=Destination(STORE, shop.shibuya))
    assert await deliveries(db, home) == [("HOME_DELIVERY", None, ["TEA", "CUP"])]
    assert await deliveries(db, store) == [("STORE_PICKUP", shop.shibuya, ["TEA", "CUP"])]
    async with db.read() as tx:
        address = await tx.fetchval(Statement("SELECT address FROM cart_deliveries WHERE address IS NOT NULL"))
    assert (address["postal_code"], address["name"]) == ("1500001", "山田 花子")


@pytest.mark.parametrize(
    ("delivery", "code", "path"),
    [
        (Destination(HOME), "INVALID_INPUT", "input.delivery.address"),
        (Destination(HOME, 5, ADDRESS), "INVALID_INPUT", "input.delivery.locationId"),
        (Destination(HOME, address=replace(ADDRESS, city="")), "INVALID_INPUT", "input.delivery.address.city"),
        (Destination(STORE), "INVALID_INPUT", "input.delivery.locationId"),
        (Destination(STORE, 2**40), "NOT_FOUND", "input.delivery.locationId"),
        (Destination(STORE, 5, ADDRESS), "INVALID_INPUT", "input.delivery.address"),
    ],
)
async def test_a_delivery_that_cannot_be_is_refused(db: Database, delivery: Destination, code: str, path: str) -> None:
    refusal = await refused(db, lines=[WantedLine(1, "TEA")], delivery=delivery)
    assert paths(each_refusal(refusal)) == [(code, path)]


async def test_a_delivery_needs_goods(db: Database) -> None:
    refusal = await refused(db, delivery=Destination(HOME, address=ADDRESS))
    assert paths(each_refusal(refusal)) == [("INVALID_INPUT", "input.delivery")]


async def test_many_carts_take_as_many_statements_as_two_and_refusals_are_apart(
    db: Database, count_statements: Any
) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA", price=648)
        await make_goods(tx, shop, "CUP", price=1980)
    totals: dict[int, int] = {}
    for count in (2, 25):
        drafts = [
            draft(
                lines=[WantedLine(1 + number, ("TEA", "CUP")[number % 2])],
                delivery=Destination(STORE, shop.shibuya) if number % 3 else Destination(HOME, address=ADDRESS),
            )
            for number in range(count)
        ]
        drafts[1:1] = [
            draft(channel_code="none"),
            draft(lines=[WantedLine(1, "NONE")]),
            draft(lines=[WantedLine(0, "TEA")]),
        ]
        with count_statements() as counted:
            answers = await db.in_write(lambda tx, drafts=drafts: create_carts(tx, drafts))
        totals[count] = counted.total
        assert [one.code.value for one in answers[1:4] if isinstance(one, DomainError)] == [
            "NOT_FOUND",
            "NOT_FOUND",
            "INVALID_QUANTITY",
        ]
        opened = [answer_of(one) for one in (answers[0], *answers[4:])]
        assert [await contents(db, cart_id) for cart_id in opened] == [
            [(("TEA", 1 + number, 648), ("CUP", 1 + number, 1980))[number % 2]] for number in range(count)
        ]
    assert totals == {2: 7, 25: 7}
    async with db.read() as tx:
        assert await tx.fetchval(COUNT) == 27
