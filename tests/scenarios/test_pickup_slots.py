"""A pickup slot that becomes full while its buyer pays."""

from dataclasses import replace
from typing import Any, Final

from app.kit.statement import Statement
from tests.locations.builders import make_location
from tests.scenarios.client import Client
from tests.scenarios.documents import mutation
from tests.scenarios.journeys import CARD, checkout_input, fill_cart, place_id, work_of
from tests.scenarios.shop import Shop

DAYS: Final = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
SAVE: Final = mutation("pickupSlotsSave", "plan { isRequired } overbooked { begins capacity booked }")
SLOTS: Final = """query ($store: ID!, $cart: ID!) {
  pickupSlots(locationId: $store, cartId: $cart, first: 3) { begins left } }"""
SET: Final = mutation("cartDeliverySet", "cart { problems { code } }")
MOVE: Final = mutation("pickupReschedule", "pickup { slot { begins } }")
CHECKOUT: Final = """mutation ($input: CheckoutCompleteInput!) { checkoutComplete(input: $input) {
  order { id number status deliveries { slot { begins } } }
  userErrors { code message path ... on SlotFullError { slots { begins left } } } } }"""
PICKUPS: Final = """query ($store: ID!, $from: DateTime!) { pickups(locationId: $store, slotFrom: $from, first: 100) {
  nodes { id orderNumber slot { begins } } } }"""
PLAN: Final = "query ($store: ID!) { pickupSlotPlan(locationId: $store) { slots { begins capacity booked } } }"
_JOIN: Final = Statement("INSERT INTO location_group_members SELECT id, :location_id FROM location_groups")


async def with_slots(shop: Shop, staff: Client, capacity: int) -> tuple[Shop, str]:
    """The shop with a new store that hands over in slots of four hours, all day; and the store's id."""
    async with shop.db.write() as tx:
        place = await make_location(tx, kind="STORE", near=(43.0, 141.3))
        await tx.execute(_JOIN, location_id=place)
    larger = replace(shop, places={**shop.places, "SAPPORO": place})
    store = place_id(larger, "SAPPORO")
    await plan(staff, store, capacity)
    return larger, store


async def plan(staff: Client, store: str, capacity: int) -> Any:
    windows = [
        {"begins": f"{hour:02}:00", "ends": f"{hour + 4:02}:00", "capacity": capacity} for hour in range(0, 24, 4)
    ]
    week = [{"weekday": day, "windows": windows} for day in DAYS]
    return await staff.do(SAVE, locationId=store, week=week, leadMinutes=60)


async def wanting(shopper: Client, store: str, sku: str, begins: str | None = None) -> tuple[str, list[str]]:
    """A cart that is collected in a slot, by default in the first one; with the slots that it was offered."""
    cart_id, lines = await fill_cart(shopper, (sku, 1))
    offered = [one["begins"] for one in await shopper.ask(SLOTS, store=store, cart=cart_id)]
    await choose(shopper, cart_id, list(lines.values()), store, begins or offered[0])
    return cart_id, offered


async def choose(shopper: Client, cart_id: str, lines: list[str], store: str, begins: str) -> None:
    given = {"mode": "STORE_PICKUP", "locationId": store, "slotBegins": begins}
    answer = await shopper.do(SET, cartId=cart_id, lineIds=lines, **given)
    assert answer["cart"]["problems"] == []


async def test_a_slot_becomes_full_while_somebody_pays(shop: Shop, shopper: Client, staff: Client) -> None:
    larger, store = await with_slots(shop, staff, 1)
    sku = await larger.goods(SAPPORO=9)
    first, offered = await wanting(shopper, store, sku)
    cart_id, lines = await fill_cart(shopper, (sku, 1))
    await choose(shopper, cart_id, list(lines.values()), store, offered[0])
    # The card company of the first one thinks; the place is theirs meanwhile.
    paying = await shopper.do(CHECKOUT, **checkout_input(first, {"method": "CARD", "token": "tok_unreachable"}))
    assert paying["order"]["status"] == "PENDING_PAYMENT"
    [refusal] = await shopper.refused(CHECKOUT, **checkout_input(cart_id))
    assert (refusal["code"], [one["begins"] for one in refusal["slots"]][:2]) == ("SLOT_FULL", offered[1:3])

    await choose(shopper, cart_id, list(lines.values()), store, refusal["slots"][0]["begins"])
    bought = (await shopper.do(CHECKOUT, **checkout_input(cart_id, key=f"again {cart_id}")))["order"]
    assert (bought["status"], bought["deliveries"]) == ("PLACED", [{"slot": {"begins": offered[1]}}])
    [work] = await work_of(staff, bought, "PREPARE_PICKUP")
    assert work["kind"] == "PREPARE_PICKUP"

    # Somebody's card is declined: the third slot is free again, and the second buyer moves there.
    third, _ = await wanting(shopper, store, sku, offered[2])
    declined = {"method": "CARD", "token": "tok_declined"}
    assert [one["code"] for one in await shopper.refused(CHECKOUT, **checkout_input(third, declined))] == [
        "PAYMENT_DECLINED"
    ]
    [pickup] = [
        one
        for one in (await staff.ask(PICKUPS, store=store, **{"from": offered[0]}))["nodes"]
        if one["orderNumber"] == bought["number"]
    ]
    given = {"pickupId": pickup["id"], "orderId": bought["id"], "slotBegins": offered[2]}
    moved = await shopper.do(MOVE, **given, idempotencyKey="move it")
    assert moved["pickup"] == {"slot": {"begins": offered[2]}}
    lost = await shopper.refused(CHECKOUT, **checkout_input(third, CARD, key="another card"))
    assert [one["code"] for one in lost] == ["SLOT_FULL"]
    loads = {one["begins"]: one["booked"] for one in (await staff.ask(PLAN, store=store))["slots"]}
    assert [loads[begins] for begins in offered] == [1, 0, 1]
