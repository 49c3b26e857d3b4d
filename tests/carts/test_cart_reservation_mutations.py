"""Buyers reserve their carts through the schema."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from app.kit.db import Database
from app.kit.ids import global_id, new_id
from app.kit.permissions import Actor, ActorKind
from tests.checkout.builders import make_cart, make_shop, ready_cart
from tests.conftest import NOW, Execute
from tests.inventory.builders import counters, hold, wish
from tests.inventory.selling import bundle

FIELDS: Final = """replayed
  cart { reservation { expiresAt extendableUntil extendedAt lines { quantity line { sku } } } problems { code }
         lines { problems { code } } }
  userErrors { __typename code path
    ... on InsufficientStockError { requested available sku lineId }
    ... on ReservationNotExtendableError { extendableAt extendableUntil }
    ... on ReservedTooOftenError { reservableAt } }"""
RESERVE, EXTEND, RELEASE = (
    f"mutation ($input: Cart{verb}Input!) {{ cart{verb}(input: $input) {{ {FIELDS} }} }}"
    for verb in ("Reserve", "ReservationExtend", "ReservationRelease")
)
MINUTE: Final = timedelta(minutes=1)


async def send(execute: Execute, document: str, cart_id: UUID, key: str | None = None, **values: Any) -> dict[str, Any]:
    """The payload. `at`: the instant of the request."""
    at, actor = values.pop("at", NOW), values.pop("actor", None)
    variables = {"input": {"cartId": global_id("Cart", cart_id), "idempotencyKey": key or str(new_id()), **values}}
    [payload] = (await execute(document, variables, now=at, actor=actor)).values()
    return payload


def codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


async def test_a_cart_says_what_is_reserved_for_it_and_until_when(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 5, ("B", "warehouse"): 5})
    async with db.write() as tx:
        await bundle(tx, shop.variants["C"], {shop.variants["A"]: 2, shop.variants["B"]: 1})
    cart_id = await ready_cart(db, shop, {"C": 2, "A": 1})
    first = await send(execute, RESERVE, cart_id, "k-1", ttlSeconds=600)
    assert first["userErrors"] == []
    assert first["cart"] == {
        "reservation": {
            "expiresAt": "2026-11-22T03:10:00+00:00",
            "extendableUntil": "2026-11-22T03:30:00+00:00",
            "extendedAt": None,
            "lines": [{"quantity": 2, "line": {"sku": "SKU-C"}}, {"quantity": 1, "line": {"sku": "SKU-A"}}],
        },
        "problems": [],
        "lines": [{"problems": []}, {"problems": []}],
    }
    assert await send(execute, RESERVE, cart_id, "k-1", ttlSeconds=600) == {**first, "replayed": True}
    reused = await send(execute, RESERVE, cart_id, "k-1", ttlSeconds=60)
    assert codes(reused) == ["IDEMPOTENCY_KEY_REUSED"]
    place = shop.places["warehouse"]
    assert await counters(db) == {
        (shop.variants["A"], place): (5, 5, 0, 0),
        (shop.variants["B"], place): (5, 2, 0, 0),
    }
    released = await send(execute, RELEASE, cart_id, "k-2")
    assert (released["cart"]["reservation"], released["userErrors"]) == (None, [])
    assert {level[1] for level in (await counters(db)).values()} == {0}


async def test_an_extension_that_comes_too_soon_says_when(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 5})
    cart_id = await ready_cart(db, shop, {"A": 1})
    nothing = await send(execute, EXTEND, cart_id, ttlSeconds=60)
    assert (codes(nothing), nothing["userErrors"][0]["path"]) == (["RESERVATION_EXPIRED"], ["input", "ttlSeconds"])
    await send(execute, RESERVE, cart_id)
    longer = await send(execute, EXTEND, cart_id, ttlSeconds=1200)
    assert longer["cart"]["reservation"]["expiresAt"] == "2026-11-22T03:20:00+00:00"
    soon = await send(execute, EXTEND, cart_id, ttlSeconds=1200, at=NOW + MINUTE)
    assert soon["userErrors"] == [
        {
            "__typename": "ReservationNotExtendableError",
            "code": "RESERVATION_NOT_EXTENDABLE",
            "path": ["input", "ttlSeconds"],
            "extendableAt": "2026-11-22T03:05:00+00:00",
            "extendableUntil": "2026-11-22T03:30:00+00:00",
        }
    ]


async def test_more_carts_than_units_at_once_each_is_told_what_it_may_know(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 5})
    carts = [await ready_cart(db, shop, {"A": 1}) for _ in range(14)]
    payloads = await asyncio.gather(*(send(execute, RESERVE, cart_id) for cart_id in carts))
    assert Counter(tuple(codes(payload)) for payload in payloads) == {(): 5, ("INSUFFICIENT_STOCK",): 9}
    refusal = next(payload["userErrors"][0] for payload in payloads if payload["userErrors"])
    assert (refusal["requested"], refusal["available"], refusal["sku"]) == (1, 0, "SKU-A")
    assert await counters(db) == {(shop.variants["A"], shop.places["warehouse"]): (5, 5, 0, 0)}


async def test_what_is_past_its_time_is_swept_before_anybody_is_refused(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 3})
    place = shop.places["warehouse"]
    await hold(db, *(wish(shop.variants["A"], 1, place, expires_at=end) for end in (NOW, NOW, NOW + MINUTE)))
    carts = [await ready_cart(db, shop, {"A": 1}) for _ in range(4)]
    payloads = await asyncio.gather(*(send(execute, RESERVE, cart_id) for cart_id in carts))
    assert sorted(map(codes, payloads)) == [[], [], ["INSUFFICIENT_STOCK"], ["INSUFFICIENT_STOCK"]]
    assert await counters(db) == {(shop.variants["A"], place): (3, 3, 0, 0)}


async def test_what_is_refused_says_where(db: Database, execute: Execute) -> None:
    shop = await make_shop(db)
    async with db.write() as tx:
        empty = await make_cart(tx, shop, {})
    for document in (RESERVE, EXTEND, RELEASE):
        values = {} if document is not EXTEND else {"ttlSeconds": 60}
        payload = await send(execute, document, new_id(), **values)
        assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [
            ("NOT_FOUND", ["input", "cartId"])
        ]
    assert codes(await send(execute, RESERVE, empty)) == ["CART_EMPTY"]
    far = await send(execute, RESERVE, empty, ttlSeconds=2**31 - 1)
    assert far["userErrors"][0]["path"] == ["input", "ttlSeconds"]


async def test_nobody_learns_a_carts_id_from_its_reservation(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 5})
    cart_id = await ready_cart(db, shop, {"A": 1})
    await send(execute, RESERVE, cart_id)
    staff = Actor(ActorKind.STAFF, "key:staff", frozenset({"stock:read"}))
    found = await execute.raw("{ reservations { nodes { id ownerKind reason } } }", actor=staff)
    [node] = found.data["reservations"]["nodes"]
    assert (node["ownerKind"], node["reason"]) == ("CART", "CART")
    assert node["id"] != global_id("Reservation", cart_id)


async def test_who_reserves_and_gives_back_again_and_again_is_told_when(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 5})
    cart_id = await ready_cart(db, shop, {"A": 1})
    for number in range(4):
        assert codes(await send(execute, RESERVE, cart_id, at=NOW + number * MINUTE)) == []
        assert codes(await send(execute, RELEASE, cart_id, at=NOW + number * MINUTE)) == []
    refused = await send(execute, RESERVE, cart_id, at=NOW + 5 * MINUTE)
    assert refused["userErrors"] == [
        {
            "__typename": "ReservedTooOftenError",
            "code": "RESERVED_TOO_OFTEN",
            "path": ["input", "cartId"],
            "reservableAt": "2026-11-22T04:00:00+00:00",
        }
    ]
    assert {level[1] for level in (await counters(db)).values()} == {0}
    assert codes(await send(execute, RESERVE, cart_id, at=NOW + 60 * MINUTE)) == []
