"""Who sees reservations, in which order, and who has a say in them."""

from datetime import timedelta
from typing import Any

import pytest

from app.inventory.model import ReservationReason
from app.inventory.model.reservations import reservation_span
from app.kit.db import Database
from app.kit.errors import InvalidInput
from app.kit.ids import new_id
from app.kit.permissions import SHOPPER, Actor, ActorKind
from tests.conftest import NOW, keyed
from tests.inventory.builders import counters
from tests.inventory.reservations import CREATE, EXTEND, LIST, ONE, RELEASE, TRANSFER, ask, make, wanted
from tests.inventory.shop import READER, STAFF, limited, refusals

PARTNER = Actor(ActorKind.PARTNER, "key:partner", STAFF.scopes, partner_id=new_id())


async def test_the_list_is_in_the_order_of_ends_and_paged(db: Database, execute: Any) -> None:
    shop = await make(db, umeda=9, depot=9)
    ids = [
        (await ask(execute, CREATE, wanted(shop, ("SHIRT", 1), ttlSeconds=ttl, locationId=shop.place(place))))[
            "reservation"
        ]["id"]
        for ttl, place in ((300, "umeda"), (100, "depot"), (200, "umeda"), (200, "umeda"))
    ]
    seen: list[str] = []
    after = None
    while True:
        page = (await execute(LIST, {"first": 1, "after": after}, actor=READER))["reservations"]
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert (seen[0], seen[3], set(seen[1:3])) == (ids[1], ids[0], {ids[2], ids[3]})
    only = {"locationId": shop.place("depot")}, {"reason": "CART"}, {"sku": "MUG"}, {"sku": "SHIRT", "reason": "STAFF"}
    counts = [len((await execute(LIST, {"first": 9} | some, actor=READER))["reservations"]["nodes"]) for some in only]
    assert counts == [1, 0, 0, 4]
    for cursor in ("nonsense", "WyJhIiwiYiJd", "WyIyMDI2LTExLTIyVDAzOjAwOjAwIiwiYiJd"):
        failed = await execute.raw(LIST, {"first": 1, "after": cursor}, actor=READER)
        assert [error.extensions["code"] for error in failed.errors] == ["INVALID_INPUT"]


async def test_nobody_sees_or_touches_what_is_not_theirs(db: Database, execute: Any) -> None:
    shop = await make(db, umeda=5, depot=5)
    made = await ask(execute, CREATE, wanted(shop, ("SHIRT", 1)))
    about = {"reservationId": made["reservation"]["id"]}
    stranger = limited(shop, "depot")
    assert (await execute(ONE, {"id": about["reservationId"]}, actor=stranger))["reservation"] is None
    assert (await execute(LIST, {"first": 9}, actor=stranger))["reservations"]["nodes"] == []
    assert (await execute(LIST, {"first": 9}, actor=PARTNER))["reservations"]["nodes"] == []
    moves = {"fromLocationId": shop.place("umeda"), "toLocationId": shop.place("depot")}
    for actor in (stranger, PARTNER):
        for document, more in ((EXTEND, {"ttlSeconds": 60}), (RELEASE, {}), (TRANSFER, moves)):
            [error] = refusals(await ask(execute, document, about | more, actor=actor))
            assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "reservationId"])
        [error] = refusals(await ask(execute, CREATE, wanted(shop, ("SHIRT", 1)), actor=actor))
        assert error["path"] == ["input", "locationId"]
    # A key of both ends moves it; one of the old end alone does not.
    [error] = refusals(await ask(execute, TRANSFER, about | moves, actor=limited(shop, "umeda")))
    assert error["path"] == ["input", "toLocationId"]
    assert refusals(await ask(execute, TRANSFER, about | moves, actor=limited(shop, "umeda", "depot"))) == []


@pytest.mark.parametrize("actor", [SHOPPER, READER], ids=["shopper", "reader"])
async def test_a_shopper_has_no_say_in_reservations(db: Database, execute: Any, actor: Actor) -> None:
    shop = await make(db, umeda=5)
    made = await ask(execute, CREATE, wanted(shop, ("SHIRT", 1)))
    about = {"reservationId": made["reservation"]["id"]}
    moves = {"fromLocationId": shop.place("umeda"), "toLocationId": shop.place("depot")}
    forms = [(CREATE, wanted(shop, ("SHIRT", 1))), (EXTEND, about), (RELEASE, about), (TRANSFER, about | moves)]
    for document, form in forms:
        assert (await execute.raw(document, keyed(form), actor=actor)).errors
    if actor is SHOPPER:
        assert (await execute.raw(ONE, {"id": about["reservationId"]})).errors
        assert (await execute.raw(LIST, {"first": 1})).errors
        node = await execute("query ($id: ID!) { node(id: $id) { id } }", {"id": about["reservationId"]})
        assert node == {"node": None}
    assert await counters(db) == {(shop.variants["SHIRT"], shop.places["umeda"]): (5, 1, 0, 0)}


@pytest.mark.parametrize(("reason", "days"), [("STAFF", 3), ("KONBINI_PAYMENT", 7)])
def test_keys_of_partners_reserve_for_less_long(reason: str, days: int) -> None:
    end = NOW + timedelta(days=days)
    span = reservation_span(ReservationReason(reason), now=NOW, expires_at=end, is_partner=True)
    assert (span.expires_at, span.extendable_until) == (end, end)
    for wrong in (end + timedelta(seconds=1), NOW):
        with pytest.raises(InvalidInput) as refusal:
            reservation_span(ReservationReason(reason), now=NOW, expires_at=wrong, is_partner=True)
        longest = days * 86_400
        assert str(refusal.value) == f"A reservation of this kind lasts more than 0 and at most {longest} seconds."
