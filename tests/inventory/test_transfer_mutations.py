"""Transfers through the schema, from one store to another."""

from typing import Any

import pytest

from app.kit.db import Database
from app.kit.ids import global_id, new_id
from tests.conftest import keyed
from tests.inventory.builders import counters, facts, hold, put_stock, wish
from tests.inventory.shop import STAFF, Shop, fill, limited, open_shop, refusals
from tests.inventory.transfers import send
from tests.locations.builders import make_location
from tests.orders.builders import make_ground, make_order

FIELDS = """transfer { id number status note expectedAt fromLocation { code } toLocation { code }
    shippedAt receivedAt canceledAt
    lines { lineNo variant { sku } quantity receivedQuantity lostQuantity inTransitQuantity } order { id } }
  userErrors { __typename code message path ... on InsufficientStockError { requested available waiting sku lineNo }
    ... on InvalidTransitionError { currentStatus } ... on InvalidQuantityError { minimum maximum } }"""
CREATE, SHIP, RECEIVE, CANCEL, EDIT, READY, CLOSE = (
    f"mutation ($input: Transfer{verb}Input!) {{ transfer{verb}(input: $input) {{ {FIELDS} }} }}"
    for verb in ("Create", "Ship", "Receive", "Cancel", "Edit", "MakeReady", "Close")
)


def form(shop: Shop, *lines: tuple[str, int], **others: Any) -> dict[str, Any]:
    """From the depot to Umeda."""
    return {
        "fromLocationId": shop.place("depot"),
        "toLocationId": shop.place("umeda"),
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
        **others,
    }


async def ask(execute: Any, document: str, variables: dict[str, Any], actor: Any = STAFF) -> dict[str, Any]:
    [payload] = (await execute(document, keyed(variables), actor=actor)).values()
    return payload


async def test_goods_travel_from_one_location_to_another(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    await fill(db, shop, "SHIRT", depot=10)
    await fill(db, shop, "MUG", depot=2)
    created = await ask(
        execute,
        CREATE,
        form(shop, ("SHIRT", 4), ("MUG", 2), note=" for the sale ", expectedAt="2026-11-24T10:00:00+09:00"),
        actor=limited(shop, "depot"),
    )
    transfer = created["transfer"]
    assert created["userErrors"] == []
    assert (transfer["status"], transfer["note"], transfer["order"]) == ("READY_TO_SHIP", "for the sale", None)
    assert (transfer["fromLocation"]["code"], transfer["toLocation"]["code"]) == ("depot", "umeda")
    assert transfer["expectedAt"] == "2026-11-24T01:00:00+00:00"
    about = {"transferId": transfer["id"]}
    shipped = (await ask(execute, SHIP, about, actor=limited(shop, "depot")))["transfer"]
    assert (shipped["status"], [line["inTransitQuantity"] for line in shipped["lines"]]) == ("IN_TRANSIT", [4, 2])
    assert shipped["shippedAt"] is not None
    arrival = {**about, "lines": [{"lineNo": 1, "receivedQuantity": 3}, {"lineNo": 2, "lostQuantity": 2}]}
    partial = (await ask(execute, RECEIVE, arrival, actor=limited(shop, "umeda")))["transfer"]
    assert (partial["status"], partial["receivedAt"]) == ("PARTIALLY_RECEIVED", None)
    assert partial["lines"] == [
        {
            "lineNo": 1,
            "variant": {"sku": "SHIRT"},
            "quantity": 4,
            "receivedQuantity": 3,
            "lostQuantity": 0,
            "inTransitQuantity": 1,
        },
        {
            "lineNo": 2,
            "variant": {"sku": "MUG"},
            "quantity": 2,
            "receivedQuantity": 0,
            "lostQuantity": 2,
            "inTransitQuantity": 0,
        },
    ]
    received = (await ask(execute, RECEIVE, about, actor=limited(shop, "umeda")))["transfer"]
    assert (received["status"], [line["receivedQuantity"] for line in received["lines"]]) == ("RECEIVED", [4, 0])
    assert (await counters(db))[shop.variants["SHIRT"], shop.places["umeda"]] == (4, 0, 0, 0)


async def test_repetitions_with_a_key_move_nothing_twice(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=10)
    created = [await ask(execute, CREATE, form(shop, ("SHIRT", 4), idempotencyKey="t1")) for _ in range(2)]
    assert created[0] == created[1]
    about = {"transferId": created[0]["transfer"]["id"]}
    for document, key in [(SHIP, "t2"), (RECEIVE, "t3")]:
        answers = [await ask(execute, document, {**about, "idempotencyKey": key}) for _ in range(2)]
        assert answers[0] == answers[1]
        assert answers[0]["userErrors"] == []
    assert [len(await facts(db, f"transfer_{what}")) for what in ("created", "shipped", "received")] == [1, 1, 1]


async def test_what_is_not_there_cannot_be_sent(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    await fill(db, shop, "SHIRT", depot=10)
    await fill(db, shop, "MUG", depot=1)
    refused = await ask(execute, CREATE, form(shop, ("SHIRT", 4), ("MUG", 2)))
    assert refused["transfer"] is None
    assert refusals(refused) == [
        {
            "__typename": "InsufficientStockError",
            "code": "INSUFFICIENT_STOCK",
            "path": ["input", "lines", "1", "quantity"],
            "requested": 2,
            "available": 1,
            "waiting": None,
            "sku": "MUG",
            "lineNo": 2,
        }
    ]
    assert (await counters(db))[shop.variants["SHIRT"], shop.places["depot"]] == (10, 0, 0, 0)


async def test_steps_out_of_order_say_where_the_transfer_is(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=10)
    about = {"transferId": (await ask(execute, CREATE, form(shop, ("SHIRT", 4))))["transfer"]["id"]}
    early = await ask(execute, RECEIVE, about)
    await ask(execute, SHIP, about)
    late = await ask(execute, CANCEL, about)
    again = await ask(execute, SHIP, about)
    assert [error["currentStatus"] for answer in (early, late, again) for error in answer["userErrors"]] == [
        "READY_TO_SHIP",
        "IN_TRANSIT",
        "IN_TRANSIT",
    ]
    too_much = await ask(execute, RECEIVE, {**about, "lines": [{"lineNo": 1, "receivedQuantity": 5}]})
    assert [(e["code"], e["maximum"]) for e in too_much["userErrors"]] == [("INVALID_QUANTITY", 4)]


async def test_a_transfer_is_called_off(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=10)
    about = {"transferId": (await ask(execute, CREATE, form(shop, ("SHIRT", 4))))["transfer"]["id"]}
    canceled = (await ask(execute, CANCEL, about))["transfer"]
    assert canceled["status"] == "CANCELED"
    assert canceled["canceledAt"] is not None
    assert (await counters(db))[shop.variants["SHIRT"], shop.places["depot"]] == (10, 0, 0, 0)


async def test_an_orders_transfer_shows_the_order_and_goes_with_it(db: Database, execute: Any) -> None:
    async with db.write() as tx:
        ground = await make_ground(tx)
        order = await make_order(tx, ground)
        depot = await make_location(tx, kind="EC_WAREHOUSE")
        await put_stock(tx, ground.variant_ids[0], depot, 10)
    await hold(db, wish(ground.variant_ids[0], 2, depot, owner_id=order.id))
    transfer_id = await send(db, depot, ground.store_id, (ground.variant_ids[0], 2, 1), order_id=order.id)
    about = {"transferId": global_id("Transfer", transfer_id)}
    assert [error["code"] for error in (await ask(execute, CANCEL, about))["userErrors"]] == ["INVALID_INPUT"]
    shipped = (await ask(execute, SHIP, about))["transfer"]
    assert (shipped["status"], shipped["order"]) == ("IN_TRANSIT", {"id": global_id("Order", order.id)})


async def test_keys_act_at_their_own_locations_only(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=10)
    umeda, depot = limited(shop, "umeda"), limited(shop, "depot")
    answers = [await ask(execute, CREATE, form(shop, ("SHIRT", 4)), actor=umeda)]
    about = {"transferId": (await ask(execute, CREATE, form(shop, ("SHIRT", 4))))["transfer"]["id"]}
    answers += [await ask(execute, document, about, actor=umeda) for document in (SHIP, CANCEL)]
    await ask(execute, SHIP, about)
    answers.append(await ask(execute, RECEIVE, about, actor=depot))
    assert [error["code"] for answer in answers for error in answer["userErrors"]] == ["NOT_FOUND"] * 4
    assert (await counters(db))[shop.variants["SHIRT"], shop.places["depot"]] == (6, 0, 0, 0)


@pytest.mark.parametrize(
    ("lines", "path"),
    [([], ["input", "lines"]), ([{"lineNo": 1, "receivedQuantity": 1}] * 2, ["input", "lines"])],
)
async def test_bad_arrivals_are_refused(
    db: Database, execute: Any, lines: list[dict[str, Any]], path: list[str]
) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=10)
    about = {"transferId": (await ask(execute, CREATE, form(shop, ("SHIRT", 4))))["transfer"]["id"]}
    await ask(execute, SHIP, about)
    [error] = refusals(await ask(execute, RECEIVE, {**about, "lines": lines}))
    assert (error["code"], error["path"]) == ("INVALID_INPUT", path)


async def test_unknown_transfers_and_places_are_refused(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=10)
    for document in (SHIP, RECEIVE, CANCEL):
        for transfer_id in (global_id("Transfer", new_id()), "nonsense", shop.place("depot")):
            [error] = refusals(await ask(execute, document, {"transferId": transfer_id}))
            assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "transferId"])
    for destination, code in [
        (shop.place("konbini"), "NOT_FOUND"),
        (global_id("Location", 2**62), "NOT_FOUND"),
        (shop.place("depot"), "INVALID_INPUT"),
    ]:
        [error] = refusals(await ask(execute, CREATE, form(shop, ("SHIRT", 1), toLocationId=destination)))
        assert (error["code"], error["path"]) == (code, ["input", "toLocationId"])
    assert (await counters(db))[shop.variants["SHIRT"], shop.places["depot"]] == (10, 0, 0, 0)


DETAILS = """query ($id: ID!) { transfer(id: $id) { status version note lines { quantity shippedQuantity unsentQuantity
    receivedQuantity damagedQuantity lostQuantity surplusQuantity withdrawnQuantity discrepancyReason } } }"""


async def test_from_a_draft_to_a_close_with_differences(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    await fill(db, shop, "SHIRT", depot=10)
    depot, umeda = limited(shop, "depot"), limited(shop, "umeda")
    created = await ask(execute, CREATE, form(shop, ("MUG", 4), isDraft=True), actor=depot)
    about = {"transferId": created["transfer"]["id"]}
    assert (created["transfer"]["status"], created["userErrors"]) == ("DRAFT", [])
    [short] = refusals(await ask(execute, READY, about, actor=depot))
    assert (short["code"], short["path"], short["lineNo"], short["requested"], short["available"]) == (
        "INSUFFICIENT_STOCK",
        ["input", "transferId"],
        1,
        4,
        0,
    )
    edit = {**about, "lines": [{"sku": "SHIRT", "quantity": 8}], "note": " again ", "expectedVersion": 1}
    assert (await ask(execute, EDIT, edit, actor=depot))["transfer"]["note"] == "again"
    [late] = refusals(await ask(execute, EDIT, edit, actor=depot))
    assert (late["code"], late["path"]) == ("VERSION_CONFLICT", ["input", "expectedVersion"])
    assert (await ask(execute, READY, about, actor=depot))["transfer"]["status"] == "READY_TO_SHIP"
    part = {**about, "lines": [{"lineNo": 1, "quantity": 6}]}
    assert (await ask(execute, SHIP, part, actor=depot))["transfer"]["status"] == "IN_TRANSIT"
    arrival = {"lineNo": 1, "receivedQuantity": 2, "damagedQuantity": 1, "lostQuantity": 1, "surplusQuantity": 1}
    received = {**about, "lines": [arrival], "reason": "BROKEN"}
    assert (await ask(execute, RECEIVE, received, actor=umeda))["transfer"]["status"] == "PARTIALLY_RECEIVED"
    assert refusals(await ask(execute, CLOSE, {**about, "reason": "LOST"}, actor=depot))[0]["code"] == "NOT_FOUND"
    answers = [
        await ask(execute, CLOSE, {**about, "reason": "NOT_SENT", "idempotencyKey": "end"}, actor=umeda)
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert answers[0]["transfer"]["status"] == "RECEIVED"
    told = (await execute(DETAILS, {"id": about["transferId"]}, actor=STAFF))["transfer"]
    assert told["lines"] == [
        {
            "quantity": 8,
            "shippedQuantity": 6,
            "unsentQuantity": 0,
            "receivedQuantity": 3,
            "damagedQuantity": 1,
            "lostQuantity": 3,
            "surplusQuantity": 1,
            "withdrawnQuantity": 2,
            "discrepancyReason": "NOT_SENT",
        }
    ]
    shirt = shop.variants["SHIRT"]
    assert (await counters(db))[shirt, shop.places["depot"]] == (6, 0, 0, 0)
    assert (await counters(db))[shirt, shop.places["umeda"]] == (3, 0, 0, 0)


@pytest.mark.parametrize("lines", [[], [{"lineNo": 1, "quantity": 1}] * 2, [{"lineNo": 1, "quantity": 1}] * 101])
async def test_bad_parts_are_refused(db: Database, execute: Any, lines: list[dict[str, Any]]) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=10)
    about = {"transferId": (await ask(execute, CREATE, form(shop, ("SHIRT", 4))))["transfer"]["id"]}
    [error] = refusals(await ask(execute, SHIP, {**about, "lines": lines}))
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["input", "lines"])
    assert (await counters(db))[shop.variants["SHIRT"], shop.places["depot"]] == (10, 0, 4, 0)
