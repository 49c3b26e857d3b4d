"""Reservations through the schema: made, extended, released, moved; who may see them."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.inventory.jobs import sweep_reservations
from app.kit.db import Database
from app.kit.ids import global_id
from tests.conftest import NOW, keyed
from tests.inventory.builders import counters, facts, hold, movements, wish
from tests.inventory.reservations import CREATE, EXTEND, LIST, ONE, RELEASE, TRANSFER, ask, lines_of, make, wanted
from tests.inventory.shop import READER, STAFF, fill, refusals
from tests.locations.builders import make_group


def at(**delta: float) -> str:
    return (NOW + timedelta(**delta)).isoformat()


async def test_units_are_reserved_for_a_day_and_the_same_key_reserves_nothing_more(db: Database, execute: Any) -> None:
    shop = await make(db, umeda=5)
    form = keyed(wanted(shop, ("SHIRT", 3)))
    [made] = (await execute(CREATE, form, actor=STAFF)).values()
    [again] = (await execute(CREATE, form, actor=STAFF)).values()
    assert made["userErrors"] == []
    assert (made["replayed"], again["replayed"]) == (False, True)
    assert again["reservation"] == made["reservation"]
    assert made["reservation"] | {"id": "", "lines": []} == {
        "id": "",
        "status": "ACTIVE",
        "ownerKind": "STAFF",
        "reason": "STAFF",
        "expiresAt": at(days=1),
        "extendableUntil": at(days=30),
        "extendedAt": None,
        "order": None,
        "lines": [],
    }
    assert lines_of(made) == [(1, "SHIRT", "umeda", 3)]
    assert await counters(db) == {(shop.variants["SHIRT"], shop.places["umeda"]): (5, 3, 0, 0)}


async def test_modes_decide_how_units_are_put_together(db: Database, execute: Any) -> None:
    shop = await make(db, umeda=4, depot=2)
    form = wanted(shop, ("SHIRT", 5), channel="web")
    one = await ask(execute, CREATE, form)
    assert refusals(one) == [
        {
            "__typename": "InsufficientStockError",
            "code": "INSUFFICIENT_STOCK",
            "path": ["input", "lines", "0", "quantity"],
            "requested": 5,
            "available": 4,
            "sku": "SHIRT",
            "lineNo": 1,
        }
    ]
    split = await ask(execute, CREATE, form | {"mode": "SPLIT"})
    assert lines_of(split) == [(1, "SHIRT", "umeda", 4), (1, "SHIRT", "depot", 1)]
    partial = await ask(execute, CREATE, form | {"mode": "PARTIAL"})
    assert lines_of(partial) == [(1, "SHIRT", "depot", 1)]
    nothing = await ask(execute, CREATE, form | {"mode": "PARTIAL"})
    assert [error["available"] for error in refusals(nothing)] == [0]
    assert [level[1] for level in (await counters(db)).values()] == [4, 2]


async def test_a_group_or_an_id_of_a_variant_name_the_same_units(db: Database, execute: Any) -> None:
    shop = await make(db, umeda=1, elsewhere=1)
    async with db.write() as tx:
        group_id = await make_group(tx, [shop.places["elsewhere"]])
    form = wanted(shop, locationGroupId=global_id("LocationGroup", group_id))
    form["lines"] = [{"variantId": global_id("Variant", shop.variants["SHIRT"]), "quantity": 1}]
    assert lines_of(await ask(execute, CREATE, form)) == [(1, "SHIRT", "elsewhere", 1)]


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"ttlSeconds": 0}, ["ttlSeconds"], "INVALID_INPUT"),
        ({"ttlSeconds": 30 * 86_400 + 1}, ["ttlSeconds"], "INVALID_INPUT"),
        ({"ttlSeconds": 60, "expiresAt": at(hours=1)}, ["ttlSeconds"], "INVALID_INPUT"),
        ({"expiresAt": at(seconds=-1)}, ["expiresAt"], "INVALID_INPUT"),
        ({"reason": "CART", "ttlSeconds": 1801}, ["ttlSeconds"], "INVALID_INPUT"),
        ({"reason": "PAYMENT_PENDING", "ttlSeconds": 3601}, ["ttlSeconds"], "INVALID_INPUT"),
        ({"reason": "KONBINI_PAYMENT"}, ["expiresAt"], "INVALID_INPUT"),
        ({"reason": "KONBINI_PAYMENT", "expiresAt": at(days=14, seconds=1)}, ["expiresAt"], "INVALID_INPUT"),
        ({"channel": "web"}, ["locationId"], "INVALID_INPUT"),
        ({"locationId": None}, ["locationId"], "INVALID_INPUT"),
        ({"locationId": None, "channel": "nowhere"}, ["channel"], "NOT_FOUND"),
        ({"locationId": None, "channel": "\x00"}, ["channel"], "NOT_FOUND"),
        ({"locationId": global_id("Location", 2**62)}, ["locationId"], "NOT_FOUND"),
        ({"locationId": None, "locationGroupId": global_id("LocationGroup", 2**62)}, ["locationGroupId"], "NOT_FOUND"),
        ({"lines": []}, ["lines"], "INVALID_INPUT"),
        ({"lines": [{"sku": "SHIRT", "quantity": 0}]}, ["lines", "0", "quantity"], "INVALID_QUANTITY"),
        ({"lines": [{"sku": "HAT", "quantity": 1}]}, ["lines", "0", "sku"], "NOT_FOUND"),
        ({"lines": [{"sku": "\x00", "quantity": 1}]}, ["lines", "0", "sku"], "NOT_FOUND"),
        ({"lines": [{"variantId": "nonsense", "quantity": 1}]}, ["lines", "0", "variantId"], "NOT_FOUND"),
        ({"lines": [{"quantity": 1}]}, ["lines", "0"], "INVALID_INPUT"),
    ],
)
async def test_what_cannot_be_reserved_is_refused_at_its_place(
    db: Database, execute: Any, changes: dict[str, Any], path: list[str], code: str
) -> None:
    shop = await make(db, umeda=5)
    [error] = refusals(await ask(execute, CREATE, wanted(shop, ("SHIRT", 1)) | changes))
    assert (error["path"], error["code"]) == (["input", *path], code)
    assert await counters(db) == {(shop.variants["SHIRT"], shop.places["umeda"]): (5, 0, 0, 0)}


async def test_a_konbini_payment_keeps_its_units_until_its_deadline_and_not_longer(db: Database, execute: Any) -> None:
    shop = await make(db, umeda=2)
    form = wanted(shop, ("SHIRT", 2), reason="KONBINI_PAYMENT", expiresAt=at(days=3))
    made = await ask(execute, CREATE, form)
    await sweep_reservations(db, now=NOW + timedelta(days=3, microseconds=-1))
    assert made["reservation"]["expiresAt"] == at(days=3)
    assert (await execute(ONE, {"id": made["reservation"]["id"]}, actor=READER))["reservation"]["status"] == "ACTIVE"
    await sweep_reservations(db, now=NOW + timedelta(days=3))
    assert (await execute(ONE, {"id": made["reservation"]["id"]}, actor=READER))["reservation"] == {
        "status": "EXPIRED",
        "reason": None,
        "expiresAt": None,
        "lines": [],
    }
    assert [fact["owner_kind"] for fact in await facts(db, "reservation_expired")] == ["STAFF"]


async def test_more_takers_than_units_in_one_breath_get_what_there_is(db: Database, execute: Any) -> None:
    shop = await make(db, umeda=20)
    form = wanted(shop, ("SHIRT", 3))
    payloads = await asyncio.gather(*(ask(execute, CREATE, form) for _ in range(40)))
    got = [payload for payload in payloads if not payload["userErrors"]]
    assert len(got) == 6
    assert len({payload["reservation"]["id"] for payload in got}) == 6
    assert {error["available"] for payload in payloads for error in payload["userErrors"]} == {2}
    assert await counters(db) == {(shop.variants["SHIRT"], shop.places["umeda"]): (20, 18, 0, 0)}


async def test_an_extension_is_had_every_five_minutes_and_never_past_the_latest_end(db: Database, execute: Any) -> None:
    shop = await make(db, umeda=5)
    made = await ask(execute, CREATE, wanted(shop, ("SHIRT", 1), reason="CART"))
    about = {"reservationId": made["reservation"]["id"]}
    first = await ask(execute, EXTEND, about | {"expiresAt": at(minutes=20)})
    assert (first["reservation"]["expiresAt"], first["reservation"]["extendedAt"]) == (at(minutes=20), at())
    for late in (timedelta(0), timedelta(seconds=299), timedelta(days=-9)):
        [error] = refusals(await ask(execute, EXTEND, about | {"expiresAt": at(minutes=25)}, now=NOW + late))
        assert error == {
            "__typename": "ReservationNotExtendableError",
            "code": "RESERVATION_NOT_EXTENDABLE",
            "path": ["input", "expiresAt"],
            "extendableAt": at(minutes=5),
            "extendableUntil": at(minutes=30),
        }
    [error] = refusals(
        await ask(execute, EXTEND, about | {"expiresAt": at(minutes=30, seconds=1)}, now=NOW + timedelta(minutes=5))
    )
    assert (error["extendableAt"], error["extendableUntil"]) == (None, at(minutes=30))
    second = await ask(execute, EXTEND, about | {"ttlSeconds": 1500}, now=NOW + timedelta(minutes=5))
    assert second["reservation"]["expiresAt"] == at(minutes=30)
    [error] = refusals(await ask(execute, EXTEND, about | {"expiresAt": at(minutes=30)}, now=NOW + timedelta(hours=1)))
    assert error["code"] == "INVALID_INPUT"
    [error] = refusals(await ask(execute, EXTEND, about))
    assert error["path"] == ["input", "expiresAt"]


async def test_what_is_past_its_time_and_not_yet_swept_may_be_extended_and_then_stays(
    db: Database, execute: Any
) -> None:
    shop = await make(db, umeda=1)
    made = await ask(execute, CREATE, wanted(shop, ("SHIRT", 1), reason="CART"))
    about = {"reservationId": made["reservation"]["id"], "expiresAt": at(minutes=29)}
    late = NOW + timedelta(minutes=16)
    assert refusals(await ask(execute, EXTEND, about, now=late)) == []
    await sweep_reservations(db, now=late)
    assert await counters(db) == {(shop.variants["SHIRT"], shop.places["umeda"]): (1, 1, 0, 0)}
    await sweep_reservations(db, now=NOW + timedelta(minutes=29))
    [error] = refusals(await ask(execute, EXTEND, about, now=late))
    assert (error["code"], error["path"]) == ("RESERVATION_EXPIRED", ["input", "expiresAt"])


async def test_releasing_is_harmless_to_repeat_and_returns_stock_once(db: Database, execute: Any) -> None:
    """Complaint C-10: stock that is returned twice."""
    shop = await make(db, umeda=5)
    made = await ask(execute, CREATE, wanted(shop, ("SHIRT", 2)))
    about = {"reservationId": made["reservation"]["id"]}
    for _ in range(2):
        released = await ask(execute, RELEASE, about)
        assert (released["reservation"]["status"], released["userErrors"]) == ("RELEASED", [])
    await sweep_reservations(db, now=NOW + timedelta(days=99))
    assert (await ask(execute, RELEASE, about))["reservation"]["status"] == "RELEASED"
    assert await counters(db) == {(shop.variants["SHIRT"], shop.places["umeda"]): (5, 0, 0, 0)}
    assert [kind for kind, *_ in await movements(db)] == ["RECEIVED", "RESERVED", "RESERVATION_RELEASED"]


async def test_units_move_to_another_location_all_or_none(db: Database, execute: Any) -> None:
    shop = await make(db, umeda=5, depot=4)
    await fill(db, shop, "MUG", umeda=1, depot=1)
    made = await ask(execute, CREATE, wanted(shop, ("SHIRT", 3), ("MUG", 1)))
    await hold(db, wish(shop.variants["MUG"], 1, shop.places["depot"]))
    form = {
        "reservationId": made["reservation"]["id"],
        "fromLocationId": shop.place("umeda"),
        "toLocationId": shop.place("depot"),
    }
    before = await counters(db)
    [error] = refusals(await ask(execute, TRANSFER, form))
    assert (error["code"], error["path"], error["requested"], error["available"]) == (
        "INSUFFICIENT_STOCK", ["input", "toLocationId"], 1, 0,
    )  # fmt: skip
    assert await counters(db) == before
    await fill(db, shop, "MUG", depot=1)
    moved = await ask(execute, TRANSFER, form)
    assert lines_of(moved) == [(1, "SHIRT", "depot", 3), (2, "MUG", "depot", 1)]
    assert moved["reservation"]["expiresAt"] == made["reservation"]["expiresAt"]
    levels = await counters(db)
    assert {key: level[:3] for key, level in levels.items()} == {
        (shop.variants["SHIRT"], shop.places["umeda"]): (5, 0, 0),
        (shop.variants["SHIRT"], shop.places["depot"]): (4, 3, 0),
        (shop.variants["MUG"], shop.places["umeda"]): (1, 0, 0),
        (shop.variants["MUG"], shop.places["depot"]): (2, 1, 1),
    }
    [error] = refusals(await ask(execute, TRANSFER, form))
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "reservationId"])


async def test_c22_what_a_group_holds_is_pinned_to_one_of_its_locations(db: Database, execute: Any) -> None:
    """Complaint C-22: reservation and routing choose other locations, and units are locked at both."""
    shop = await make(db, umeda=2, depot=6, elsewhere=9)
    async with db.write() as tx:
        group_id = await make_group(tx, [shop.places["umeda"], shop.places["depot"]])
    group = global_id("LocationGroup", group_id)
    made = await ask(execute, CREATE, wanted(shop, ("SHIRT", 5), locationGroupId=group, mode="SPLIT"))
    assert lines_of(made) == [(1, "SHIRT", "umeda", 2), (1, "SHIRT", "depot", 3)]
    form = {"reservationId": made["reservation"]["id"], "fromLocationGroupId": group}
    [error] = refusals(await ask(execute, TRANSFER, form | {"toLocationId": shop.place("elsewhere")}))
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "toLocationId"])
    pinned = await ask(execute, TRANSFER, form | {"toLocationId": shop.place("depot")})
    assert lines_of(pinned) == [(1, "SHIRT", "depot", 5)]
    assert [level[1] for level in (await counters(db)).values()] == [0, 5, 0]


async def test_the_reservation_of_an_order_is_seen_and_left_to_its_payment(db: Database, execute: Any) -> None:
    shop = await make(db, umeda=2)
    request = wish(shop.variants["SHIRT"], 1, shop.places["umeda"], expires_at=NOW + timedelta(minutes=15))
    await hold(db, request)
    [seen] = (await execute(LIST, {"first": 5}, actor=READER))["reservations"]["nodes"]
    assert (seen["reason"], seen["status"]) == ("PAYMENT_PENDING", "ACTIVE")
    about = {"reservationId": seen["id"]}
    moves = {"fromLocationId": shop.place("umeda"), "toLocationId": shop.place("depot")}
    for document, more in ((EXTEND, {"ttlSeconds": 60}), (RELEASE, {}), (TRANSFER, moves)):
        [error] = refusals(await ask(execute, document, about | more))
        assert (error["code"], error["path"]) == ("INVALID_INPUT", ["input", "reservationId"])
    assert await counters(db) == {(shop.variants["SHIRT"], shop.places["umeda"]): (2, 1, 0, 0)}
