"""Lockers that are full, and one that breaks with the goods in it."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any, Final

from app.kit.statement import Statement
from tests.locations.builders import make_location
from tests.scenarios import documents as ask
from tests.scenarios.client import Client
from tests.scenarios.documents import mutation
from tests.scenarios.journeys import check_out, checkout_input, collect, fill_cart, order_to_point, place_id, ship
from tests.scenarios.shop import Shop
from tests.scenarios.test_partner_points import jobs_of

SAVE: Final = mutation("lockerCompartmentsSave", "compartments { code status }")
RELOCATE: Final = mutation("pickupRelocate", "pickup { location { code } compartmentReservation { code state } }")
FULL: Final = """mutation ($input: CheckoutCompleteInput!) { checkoutComplete(input: $input) {
    userErrors { code ... on LockerFullError { isTooLarge location { code } stations { location { code } } } } } }"""
STATION: Final = "query ($id: ID!) { lockerStation(locationId: $id) { compartments { code status } } }"
CLAIM: Final = "query ($id: ID!) { pickup(id: $id) { status location { code } compartmentReservation { code state } } }"
CASES: Final = """query { exceptionCases(kinds: [LOCKER_FULL], first: 100) { nodes {
    status order { id } facts { name value } remedies { mutation } } } }"""
_JOIN: Final = Statement("INSERT INTO location_group_members SELECT id, :location_id FROM location_groups")
_PARTNER: Final = Statement("SELECT partner_id FROM locations WHERE code = 'HAKO-1'")
_numbers = count(1)


async def with_stations(shop: Shop, staff: Client, *doors: int) -> tuple[Shop, list[str]]:
    """The shop with stations of so many medium compartments, far from everything else; and their codes."""
    places, codes, north = dict(shop.places), list[str](), 42.0 + next(_numbers)
    for number, _ in enumerate(doors):
        codes.append(f"HAKO-N{next(_numbers)}")
        async with shop.db.write() as tx:
            partner_id = await tx.fetchval(_PARTNER)
            near = (north + number / 1000, 141.0)
            place = await make_location(tx, code=codes[-1], kind="LOCKER_STATION", near=near, partner_id=partner_id)
            await tx.execute(_JOIN, location_id=place)
        places[codes[-1]] = place
    larger = replace(shop, places=places)
    for code, amount in zip(codes, doors, strict=True):
        rows = [
            {"code": str(number), "size": "M", "lengthMm": 550, "widthMm": 440, "heightMm": 180}
            for number in range(1, amount + 1)
        ]
        await staff.do(SAVE, locationId=place_id(larger, code), compartments=rows)
    return larger, codes


async def statuses(staff: Client, shop: Shop, code: str) -> Sequence[str]:
    station = await staff.ask(STATION, id=place_id(shop, code))
    return [one["status"] for one in station["compartments"]]


async def test_a_full_locker_names_the_next_one(shop: Shop, shopper: Client, staff: Client) -> None:
    larger, [full, other] = await with_stations(shop, staff, 1, 2)
    sku = await larger.goods(EAST=3)
    first = await order_to_point(shopper, larger, sku, full)
    cart_id, lines = await fill_cart(shopper, (sku, 1))
    await collect(shopper, larger, cart_id, list(lines.values()), full, mode="LOCKER_PICKUP")
    [refusal] = await shopper.refused(FULL, **checkout_input(cart_id))
    assert refusal == {
        "code": "LOCKER_FULL",
        "isTooLarge": False,
        "location": {"code": full},
        "stations": [{"location": {"code": other}}],
    }
    await collect(shopper, larger, cart_id, list(lines.values()), other, mode="LOCKER_PICKUP")
    await check_out(shopper, cart_id)
    assert await statuses(staff, larger, full) == ["RESERVED"]
    assert await statuses(staff, larger, other) == ["RESERVED", "FREE"]
    await shopper.do(ask.ORDER_CANCEL, orderId=first["id"])
    assert await statuses(staff, larger, full) == ["FREE"]


async def test_a_compartment_breaks_after_the_drop_off(
    shop: Shop, shopper: Client, staff: Client, hako: Client
) -> None:
    larger, [broken, other] = await with_stations(shop, staff, 1, 1)
    sku = await larger.goods(EAST=2)
    order = await order_to_point(shopper, larger, sku, broken)
    await ship(staff, order)
    [job] = await jobs_of(hako, order, shopper)

    async def say(kind: str, **more: Any) -> None:
        await hako.do(ask.REPORT, pickupId=job["id"], kind=kind, **more)

    assert (await hako.ask(CLAIM, id=job["id"]))["compartmentReservation"] == {"code": "1", "state": "PLANNED"}
    await say("ARRIVED")
    assert await statuses(hako, larger, broken) == ["OCCUPIED"]
    await say("BLOCKED")
    assert await statuses(hako, larger, broken) == ["FAULTED"]
    assert await hako.ask(CLAIM, id=job["id"]) == {
        "status": "ARRIVED",
        "location": {"code": broken},
        "compartmentReservation": {"code": "1", "state": "OCCUPYING"},
    }
    cart_id, lines = await fill_cart(shopper, (sku, 1))
    await collect(shopper, larger, cart_id, list(lines.values()), broken, mode="LOCKER_PICKUP")
    [refusal] = await shopper.refused(FULL, **checkout_input(cart_id))
    assert (refusal["code"], refusal["stations"][0]) == ("LOCKER_FULL", {"location": {"code": other}})
    await say("READY")
    await say("COLLECTED")
    assert await statuses(hako, larger, broken) == ["FAULTED"]


async def test_a_parcel_that_the_locker_did_not_take_is_sent_on(
    shop: Shop, shopper: Client, staff: Client, hako: Client
) -> None:
    larger, [full, other] = await with_stations(shop, staff, 1, 1)
    order = await order_to_point(shopper, larger, await larger.goods(EAST=1), full)
    await ship(staff, order)
    [job] = await jobs_of(hako, order, shopper)
    await hako.do(ask.REPORT, pickupId=job["id"], kind="BLOCKED")
    [case] = [one for one in (await staff.ask(CASES))["nodes"] if one["order"]["id"] == order["id"]]
    facts = {fact["name"]: fact["value"] for fact in case["facts"]}
    assert (case["status"], facts["stations"].split()[0]) == ("OPEN", other)
    assert case["remedies"][0] == {"mutation": "pickupRelocate"}
    moved = await staff.do(RELOCATE, pickupId=job["id"], locationId=place_id(larger, other))
    assert moved["pickup"] == {
        "location": {"code": other},
        "compartmentReservation": {"code": "1", "state": "PLANNED"},
    }
    await hako.do(ask.REPORT, pickupId=job["id"], kind="ARRIVED")
    assert (await statuses(hako, larger, full), await statuses(hako, larger, other)) == (["FAULTED"], ["OCCUPIED"])
    assert [one for one in (await staff.ask(CASES))["nodes"] if one["order"]["id"] == order["id"]] == []
