"""Saying how lines are to be handed over."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.carts.actions.set_delivery import set_delivery
from app.carts.errors import CartExpired, CartTooLarge, DeliveryModeNotEligible
from app.carts.model import AddressDraft, Destination
from app.kit.db import Database
from app.kit.errors import DomainError, InvalidInput, NotFound, each_refusal
from app.kit.ids import new_id
from app.kit.statement import Statement
from app.sourcing.model import DeliveryMode
from tests.carts.builders import ADDRESS, Shop, deliveries, line_ids, make_cart, make_goods, make_shop, paths, stamp
from tests.conftest import NOW
from tests.locations.builders import make_group, make_location

LATER = NOW + timedelta(hours=1)
HOME, STORE = DeliveryMode.HOME_DELIVERY, DeliveryMode.STORE_PICKUP
KONBINI, LOCKER = DeliveryMode.CONVENIENCE_STORE_PICKUP, DeliveryMode.LOCKER_PICKUP


async def prepare(db: Database, *skus: str) -> tuple[Shop, UUID, dict[str, UUID]]:
    """A shop and a cart with one unit of each SKU."""
    async with db.write() as tx:
        shop = await make_shop(tx)
        for sku in skus:
            await make_goods(tx, shop, sku)
        cart_id = await make_cart(tx, *((sku, 1) for sku in skus))
    return shop, cart_id, await line_ids(db, cart_id)


async def move(db: Database, cart_id: UUID, ids: list[UUID], mode: DeliveryMode, **place: Any) -> UUID:
    async with db.write() as tx:
        return await set_delivery(tx, cart_id, ids, Destination(mode, **place), now=LATER)


async def test_lines_go_to_different_places_one_delivery_each(db: Database) -> None:
    shop, cart_id, ids = await prepare(db, "TEA", "CUP", "POT", "BAG")
    await move(db, cart_id, [ids["TEA"], ids["POT"]], HOME, address=ADDRESS)
    await move(db, cart_id, [ids["CUP"]], STORE, location_id=shop.shibuya)
    assert await deliveries(db, cart_id) == [
        ("HOME_DELIVERY", None, ["TEA", "POT"]),
        ("STORE_PICKUP", shop.shibuya, ["CUP"]),
        ("", None, ["BAG"]),
    ]
    assert await stamp(db, cart_id) == ("OPEN", 3, LATER, LATER + timedelta(days=30))


async def test_the_same_place_is_the_same_delivery_and_an_empty_one_vanishes(db: Database) -> None:
    shop, cart_id, ids = await prepare(db, "TEA", "CUP")
    locker = await move(db, cart_id, [ids["TEA"]], LOCKER, location_id=shop.locker)
    home = await move(db, cart_id, [ids["CUP"]], HOME, address=ADDRESS)
    typed = replace(ADDRESS, postal_code="〒１５０ー０００１", phone="０３-1234-5678", name=" 山田 花子　")
    assert await move(db, cart_id, [ids["TEA"]], HOME, address=typed) == home
    assert await deliveries(db, cart_id) == [("HOME_DELIVERY", None, ["TEA", "CUP"])]
    assert await move(db, cart_id, [ids["TEA"]], LOCKER, location_id=shop.locker) != locker
    other = await move(db, cart_id, [ids["CUP"]], HOME, address=replace(ADDRESS, line2="201号室"))
    assert other != home
    assert [mode for mode, _, _ in await deliveries(db, cart_id)] == ["LOCKER_PICKUP", "HOME_DELIVERY"]


async def test_an_address_is_stored_in_one_spelling(db: Database) -> None:
    _, cart_id, ids = await prepare(db, "TEA")
    draft = replace(
        ADDRESS, postal_code="１５０−０００１", phone="０３－１２３４－５６７８", line2="  ", name_kana=None
    )
    await move(db, cart_id, [ids["TEA"]], HOME, address=draft)
    async with db.read() as tx:
        stored = await tx.fetchval(Statement("SELECT address FROM cart_deliveries"))
    assert stored == {
        "name": "山田 花子",
        "name_kana": None,
        "phone": "03-1234-5678",
        "postal_code": "1500001",
        "prefecture": 13,
        "city": "渋谷区",
        "line1": "神宮前1-2-3",
        "line2": None,
    }


async def refuse(
    db: Database, cart_id: UUID, ids: list[UUID], mode: DeliveryMode, **place: Any
) -> tuple[DomainError, ...]:
    """The refusals; the cart is as it was."""
    before = await stamp(db, cart_id), await deliveries(db, cart_id)
    with pytest.raises(DomainError) as caught:
        await move(db, cart_id, ids, mode, **place)
    assert (await stamp(db, cart_id), await deliveries(db, cart_id)) == before
    return tuple(each_refusal(caught.value))


async def test_every_wrong_field_of_an_address_is_told(db: Database) -> None:
    _, cart_id, ids = await prepare(db, "TEA")
    draft = AddressDraft(
        name="",
        name_kana="ヤ" * 101,
        phone="call me",
        postal_code="123",
        prefecture=48,
        city="渋谷\0区",
        line1="x" * 201,
        line2="\ud800",
    )
    refusals = await refuse(db, cart_id, [ids["TEA"]], HOME, address=draft)
    assert sorted(paths(refusals)) == [
        ("INVALID_INPUT", "input.address.city"),
        ("INVALID_INPUT", "input.address.line1"),
        ("INVALID_INPUT", "input.address.line2"),
        ("INVALID_INPUT", "input.address.name"),
        ("INVALID_INPUT", "input.address.nameKana"),
        ("INVALID_INPUT", "input.address.phone"),
        ("INVALID_INPUT", "input.address.prefecture"),
        ("INVALID_POSTAL_CODE", "input.address.postalCode"),
    ]


@pytest.mark.parametrize("phone", ["0312345678", "+81 3-1234-5678", "(03)1234-5678", "090-1234-5678"])
async def test_phone_numbers_of_many_shapes_are_taken(db: Database, phone: str) -> None:
    _, cart_id, ids = await prepare(db, "TEA")
    await move(db, cart_id, [ids["TEA"]], HOME, address=replace(ADDRESS, phone=phone))
    assert len(await deliveries(db, cart_id)) == 1


async def test_a_home_has_an_address_and_a_pickup_a_location(db: Database) -> None:
    shop, cart_id, ids = await prepare(db, "TEA")
    line = [ids["TEA"]]
    assert paths(await refuse(db, cart_id, line, HOME)) == [("INVALID_INPUT", "input.address")]
    assert paths(await refuse(db, cart_id, line, HOME, address=ADDRESS, location_id=shop.shibuya)) == [
        ("INVALID_INPUT", "input.locationId")
    ]
    for mode in (STORE, KONBINI, LOCKER):
        assert paths(await refuse(db, cart_id, line, mode)) == [("INVALID_INPUT", "input.locationId")]
        assert paths(await refuse(db, cart_id, line, mode, address=ADDRESS)) == [("INVALID_INPUT", "input.address")]


async def test_a_location_must_hand_over_in_the_mode(db: Database) -> None:
    shop, cart_id, ids = await prepare(db, "TEA")
    wrong = [(STORE, shop.warehouse), (STORE, shop.locker), (KONBINI, shop.locker), (LOCKER, shop.shibuya)]
    for mode, location_id in wrong:
        (refusal,) = await refuse(db, cart_id, [ids["TEA"]], mode, location_id=location_id)
        assert isinstance(refusal, DeliveryModeNotEligible)
        assert refusal.facts == {"mode": mode, "reasons": ["NO_SUCH_POINT"]}


async def test_a_location_must_be_open_and_of_the_channel(db: Database) -> None:
    _, cart_id, ids = await prepare(db, "TEA")
    async with db.write() as tx:
        foreign = await make_location(tx, code="FOREIGN")
        await make_group(tx, [foreign])
    for location_id in (foreign, 2**31 - 1, 2**40):
        (refusal,) = await refuse(db, cart_id, [ids["TEA"]], STORE, location_id=location_id)
        assert isinstance(refusal, NotFound)
        assert refusal.path == ["input", "locationId"]


async def test_lines_must_be_named_and_belong_to_a_cart_that_lives(db: Database) -> None:
    shop, cart_id, ids = await prepare(db, "TEA")
    place = {"location_id": shop.shibuya}
    (refusal,) = await refuse(db, cart_id, [], STORE, **place)
    assert isinstance(refusal, InvalidInput)
    (refusal,) = await refuse(db, cart_id, [ids["TEA"]] * 101, STORE, **place)
    assert isinstance(refusal, CartTooLarge)
    assert paths(await refuse(db, cart_id, [ids["TEA"], new_id()], STORE, **place)) == [
        ("NOT_FOUND", "input.lineIds.1")
    ]
    with pytest.raises(CartExpired):
        async with db.write() as tx:
            await set_delivery(
                tx, cart_id, [ids["TEA"]], Destination(STORE, shop.shibuya), now=NOW + timedelta(days=31)
            )
