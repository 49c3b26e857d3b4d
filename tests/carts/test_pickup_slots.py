"""What buyers see of slots: which can be had, which they chose, and what is wrong with it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.carts.sql import lines_of
from app.kit.db import Database
from app.kit.ids import global_id
from tests.capacity.slots import HOUR, TEN, TUESDAY, TWELVE, book, save, wish
from tests.checkout.builders import Shop, make_cart
from tests.checkout.slots import slot_cart, slot_shop
from tests.conftest import Execute

SLOTS = """query ($store: ID!, $cart: ID, $lines: [PickupLineInput!], $from: DateTime, $first: Int, $full: Boolean) {
  pickupSlots(locationId: $store, cartId: $cart, lines: $lines, from: $from, first: $first, withFull: $full) {
    begins left location { code } } }"""
SET = """mutation ($input: CartDeliverySetInput!) { cartDeliverySet(input: $input) {
  delivery { mode slot { begins ends } }
  cart { problems { code ... on PickupSlotProblem { reason slots { begins left } } } deliveries { slot { begins } } }
  userErrors { code path ... on SlotFullError { slots { begins } } ... on SlotNotOfferedError { slotReason } } } }"""
CREATE = """mutation ($input: CartCreateInput!) { cartCreate(input: $input) {
  cart { deliveries { slot { begins } } problems { code } } userErrors { code path } } }"""
PROBLEMS = """query ($id: ID!) { cart(id: $id) {
  problems { code message ... on PickupSlotProblem { reason slots { begins left } } }
  lines { sku problems { code } } } }"""
OPTIONS = """query ($lines: [PickupLineInput!]) { pickupOptions(lines: $lines, modes: [STORE_PICKUP]) {
  location { code } needsSlot firstSlot { begins left } } }"""
WEDNESDAY = TEN + timedelta(days=2)


async def slots(execute: Execute, shop: Shop, **given: Any) -> list[tuple[str, int]]:
    variables = {"store": global_id("Location", shop.places["shibuya"]), "first": 2, "full": False, **given}
    return [(one["begins"], one["left"]) for one in (await execute(SLOTS, variables))["pickupSlots"]]


def at(*instants: Any) -> list[str]:
    return [one.isoformat() for one in instants]


async def test_which_slots_can_be_had(db: Database, execute: Execute, count_statements: Callable[[], Any]) -> None:
    shop = await slot_shop(db, 2)
    await book(db, wish(shop.places["shibuya"]), wish(shop.places["shibuya"]), wish(shop.places["shibuya"], TWELVE))
    ten, twelve, tuesday, wednesday = at(TEN, TWELVE, TUESDAY, WEDNESDAY)
    later, thursday = at(WEDNESDAY + 2 * HOUR, WEDNESDAY + 24 * HOUR)
    assert await slots(execute, shop) == [(twelve, 1), (tuesday, 2)]
    assert await slots(execute, shop, full=True) == [(ten, 0), (twelve, 1)]
    assert await slots(execute, shop, **{"from": wednesday}) == [(wednesday, 2), (later, 2)]
    assert await slots(execute, shop, lines=[{"sku": "SKU-A"}]) == [(twelve, 1), (tuesday, 2)]
    # B has to come from the warehouse, and of A there are fifty at the store.
    assert await slots(execute, shop, lines=[{"sku": "SKU-A"}, {"sku": "SKU-B"}]) == [(wednesday, 2), (later, 2)]
    assert await slots(execute, shop, lines=[{"sku": "SKU-A", "quantity": 51}]) == [(wednesday, 2), (later, 2)]
    assert await slots(execute, shop, lines=[{"sku": "SKU-B"}], **{"from": later}) == [
        (later, 2),
        (thursday, 2),
    ]
    assert await slots(execute, shop, store=global_id("Location", shop.places["osaka"])) == []
    assert await slots(execute, shop, store=global_id("Location", 1 << 40)) == []
    totals: list[int] = []
    for first in (1, 100):
        with count_statements() as counted:
            assert await slots(execute, shop, first=first, lines=[{"sku": "SKU-A"}]) != []
        totals.append(counted.total)
    assert totals[0] == totals[1]


async def test_a_cart_asks_for_what_is_collected_there(db: Database, execute: Execute) -> None:
    shop = await slot_shop(db, 2)
    cart_id = await slot_cart(db, shop, {"A": 1, "B": 1}, WEDNESDAY)
    wednesday = at(WEDNESDAY, WEDNESDAY + 2 * HOUR)
    cart = global_id("Cart", cart_id)
    assert [one for one, _ in await slots(execute, shop, cart=cart)] == wednesday
    async with db.write() as tx:
        other = await make_cart(tx, shop, {"B": 1})
    assert [one for one, _ in await slots(execute, shop, cart=global_id("Cart", other))] == wednesday
    failed = await execute.raw(SLOTS, {"store": global_id("Location", 1), "cart": cart, "lines": [{"sku": "SKU-A"}]})
    assert [error.extensions["code"] for error in failed.errors] == ["INVALID_INPUT"]


async def chosen(db: Database, execute: Execute, shop: Shop, cart_id: UUID, begins: str | None, **given: Any) -> Any:
    async with db.read() as tx:
        lines = [global_id("CartLine", line.id) for line in await lines_of(tx, cart_id)]
    values = {
        "cartId": global_id("Cart", cart_id),
        "lineIds": lines,
        "mode": "STORE_PICKUP",
        "locationId": global_id("Location", shop.places["shibuya"]),
        "slotBegins": begins,
        **given,
    }
    return (await execute(SET, {"input": values}))["cartDeliverySet"]


async def test_a_slot_is_chosen_and_chosen_anew(db: Database, execute: Execute) -> None:
    shop = await slot_shop(db, 1)
    async with db.write() as tx:
        cart_id = await make_cart(tx, shop, {"A": 1, "B": 1})
    answer = await chosen(db, execute, shop, cart_id, None)
    assert answer["cart"]["deliveries"] == [{"slot": None}]
    assert [one["code"] for one in answer["cart"]["problems"]] == ["SLOT_MISSING"]
    [wednesday, later] = at(WEDNESDAY, WEDNESDAY + 2 * HOUR)
    assert [one["begins"] for one in answer["cart"]["problems"][0]["slots"]][:2] == [wednesday, later]
    answer = await chosen(db, execute, shop, cart_id, at(TEN)[0])
    assert answer["delivery"] == {
        "mode": "STORE_PICKUP",
        "slot": {"begins": at(TEN)[0], "ends": at(TWELVE)[0]},
    }
    assert [(one["code"], one["reason"]) for one in answer["cart"]["problems"]] == [
        ("SLOT_NOT_OFFERED", "GOODS_NOT_READY")
    ]
    answer = await chosen(db, execute, shop, cart_id, wednesday)
    assert answer["cart"] == {"problems": [], "deliveries": [{"slot": {"begins": wednesday}}]}
    await book(db, wish(shop.places["shibuya"], WEDNESDAY))
    shown = (await execute(PROBLEMS, {"id": global_id("Cart", cart_id)}))["cart"]
    assert shown["problems"] == [
        {
            "code": "SLOT_FULL",
            "message": "The pickup slot is full.",
            "reason": "FULL",
            "slots": [
                {"begins": begins, "left": 1}
                for begins in at(WEDNESDAY + 2 * HOUR, WEDNESDAY + 24 * HOUR, WEDNESDAY + 26 * HOUR)
            ],
        }
    ]
    assert [[one["code"] for one in line["problems"]] for line in shown["lines"]] == [["SLOT_FULL"], []]


@pytest.mark.parametrize(
    ("begins", "given", "expected"),
    [
        (TWELVE, {}, ("SLOT_FULL", None)),
        (TEN + HOUR, {}, ("SLOT_NOT_OFFERED", "NO_SUCH_SLOT")),
        (TEN - 24 * HOUR, {}, ("SLOT_NOT_OFFERED", "TOO_LATE")),
        (TEN + 24 * 15 * HOUR, {}, ("SLOT_NOT_OFFERED", "TOO_FAR_AHEAD")),
        (TEN, {"mode": "CONVENIENCE_STORE_PICKUP"}, ("INVALID_INPUT", None)),
        (TEN, {"mode": "HOME_DELIVERY", "locationId": None}, ("INVALID_INPUT", None)),
    ],
)
async def test_slots_that_cannot_be_chosen(
    db: Database, execute: Execute, begins: Any, given: dict[str, Any], expected: tuple[str, str | None]
) -> None:
    shop = await slot_shop(db, 1)
    await book(db, wish(shop.places["shibuya"], TWELVE))
    async with db.write() as tx:
        cart_id = await make_cart(tx, shop, {"A": 1})
    answer = await chosen(db, execute, shop, cart_id, begins.isoformat(), **given)
    assert answer["delivery"] is None
    [error] = answer["userErrors"]
    assert (error["code"], error.get("slotReason")) == expected
    assert error["path"] == ["input", "slotBegins"]


async def test_a_cart_may_begin_with_its_slot(db: Database, execute: Execute) -> None:
    shop = await slot_shop(db, 1)
    given = {"mode": "STORE_PICKUP", "locationId": global_id("Location", shop.places["shibuya"])}
    for begins, codes in ((TEN, []), (TEN + HOUR, ["SLOT_NOT_OFFERED"])):
        values = {"lines": [{"sku": "SKU-A"}], "delivery": {**given, "slotBegins": begins.isoformat()}}
        answer = (await execute(CREATE, {"input": values}))["cartCreate"]
        assert [one["code"] for one in answer["userErrors"]] == codes
        if codes:
            assert answer["userErrors"][0]["path"] == ["input", "delivery", "slotBegins"]
        else:
            assert answer["cart"] == {"deliveries": [{"slot": {"begins": at(TEN)[0]}}], "problems": []}


async def test_options_tell_the_first_slot(db: Database, execute: Execute, count_statements: Callable[[], Any]) -> None:
    shop = await slot_shop(db, 1)
    await book(db, wish(shop.places["shibuya"]))

    async def shown(sku: str) -> list[Any]:
        return sorted(
            (await execute(OPTIONS, {"lines": [{"sku": sku}]}))["pickupOptions"],
            key=lambda one: one["location"]["code"],
        )

    with count_statements() as before:
        found = await shown("SKU-A")
    assert found == [
        {"location": {"code": "osaka"}, "needsSlot": False, "firstSlot": None},
        {"location": {"code": "shibuya"}, "needsSlot": True, "firstSlot": {"begins": at(TWELVE)[0], "left": 1}},
    ]
    async with db.write() as tx:
        await save(tx, shop.places["osaka"], 3, is_required=False)
    with count_statements() as after:
        [osaka, shibuya] = await shown("SKU-B")
    assert osaka == {
        "location": {"code": "osaka"},
        "needsSlot": False,
        "firstSlot": {"begins": at(WEDNESDAY)[0], "left": 3},
    }
    assert shibuya["firstSlot"] == {"begins": at(WEDNESDAY)[0], "left": 1}
    assert before.total == after.total
