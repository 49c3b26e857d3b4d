"""What happens in most stories, step by step as a caller would do it."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import uuid4

from app.kit.ids import global_id
from tests.scenarios import documents as ask
from tests.scenarios.client import Client
from tests.scenarios.serving import until
from tests.scenarios.shop import Shop

EMAIL: Final = "hanako@example.jp"
CARD: Final = {"method": "CARD", "token": "tok_ok"}
AT_PICKUP: Final = {"method": "PAY_AT_PICKUP"}


def place_id(shop: Shop, code: str) -> str:
    """The global id of a place; callers get it from lists of places or pickup options."""
    return global_id("Location", shop.places[code])


async def fill_cart(shopper: Client, *lines: tuple[str, int]) -> tuple[str, dict[str, str]]:
    """A cart with units of SKUs: its id, and the ids of its lines by SKU."""
    payload = await shopper.do(
        ask.CART_CREATE, email=EMAIL, lines=[{"sku": sku, "quantity": quantity} for sku, quantity in lines]
    )
    return payload["cart"]["id"], {line["sku"]: line["id"] for line in payload["cart"]["lines"]}


async def send_home(shopper: Client, cart_id: str, line_ids: Sequence[str]) -> None:
    """Home delivery of lines, to Shibuya."""
    await shopper.do(
        ask.CART_DELIVERY_SET, cartId=cart_id, lineIds=list(line_ids), mode="HOME_DELIVERY", address=ask.HOME
    )


async def collect(
    shopper: Client, shop: Shop, cart_id: str, line_ids: Sequence[str], place: str, *, mode: str = "STORE_PICKUP"
) -> None:
    """Pickup of lines at a place."""
    await shopper.do(
        ask.CART_DELIVERY_SET, cartId=cart_id, lineIds=list(line_ids), mode=mode, locationId=place_id(shop, place)
    )


def checkout_input(cart_id: str, payment: dict[str, Any] | None = None, key: str | None = None) -> dict[str, Any]:
    """What a checkout sends."""
    return {"cartId": cart_id, "payment": payment or CARD, "idempotencyKey": key or f"checkout of {cart_id}"}


async def check_out(shopper: Client, cart_id: str, payment: dict[str, Any] | None = None) -> dict[str, Any]:
    """The order that a cart becomes."""
    return (await shopper.do(ask.CHECKOUT, **checkout_input(cart_id, payment)))["order"]


async def order_to_store(shopper: Client, shop: Shop, sku: str, quantity: int, store: str) -> dict[str, Any]:
    """An order that is collected and paid at a store."""
    cart_id, lines = await fill_cart(shopper, (sku, quantity))
    await collect(shopper, shop, cart_id, list(lines.values()), store)
    return await check_out(shopper, cart_id, AT_PICKUP)


async def order_to_home(shopper: Client, sku: str, quantity: int) -> dict[str, Any]:
    """An order that is sent home and paid by card."""
    cart_id, lines = await fill_cart(shopper, (sku, quantity))
    await send_home(shopper, cart_id, list(lines.values()))
    return await check_out(shopper, cart_id)


async def order_to_point(shopper: Client, shop: Shop, sku: str, point: str) -> dict[str, Any]:
    """An order of one unit that is sent to a partner's point."""
    cart_id, lines = await fill_cart(shopper, (sku, 1))
    mode = "LOCKER_PICKUP" if point.startswith("HAKO") else "CONVENIENCE_STORE_PICKUP"
    await collect(shopper, shop, cart_id, list(lines.values()), point, mode=mode)
    return await check_out(shopper, cart_id)


async def all_work(staff: Client, **conditions: Any) -> list[dict[str, Any]]:
    """Every work instruction that the caller sees, page by page."""
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = await staff.ask(ask.WORK, after=after, **conditions)
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def work_of(staff: Client, order: dict[str, Any], *kinds: str) -> list[dict[str, Any]]:
    """The order's work instructions of these kinds as the staff sees them, once all of them have been planned."""

    async def planned() -> list[dict[str, Any]] | None:
        found = [node for node in await all_work(staff) if node["orderNumber"] == order["number"]]
        chosen = [node for kind in kinds for node in found if node["kind"] == kind]
        return chosen if len(chosen) >= len(kinds) else None

    return await until(planned) or []


async def ship(staff: Client, order: dict[str, Any]) -> str:
    """Pick and ship the order's only parcel; its tracking number."""
    [picking, _] = await work_of(staff, order, "PICK", "SHIP")
    await staff.do(ask.WORK_COMPLETE, workInstructionId=picking["id"])
    number = f"TRACK-{uuid4().hex[:12]}"
    await staff.do(
        ask.SHIPMENT_CREATE, fulfillmentId=picking["fulfillment"]["id"], carrier="yamato", trackingNumber=number
    )
    return number


async def code_of(shopper: Client, order: dict[str, Any]) -> str:
    """The pickup code that the buyer reads at the order."""
    [pickup] = (await shopper.ask(ask.ORDER, id=order["id"]))["pickups"]
    assert pickup["code"], pickup
    return pickup["code"]


async def movements(staff: Client, sku: str) -> list[tuple[str, str, int, int, int]]:
    """(kind, place, on hand, reserved, allocated) of all changes of a variant's stock, oldest first."""
    page = await staff.ask(ask.MOVEMENTS, sku=sku)
    counters = ("onHandChange", "reservedChange", "allocatedChange")
    return [
        (node["kind"], node["location"]["code"], *(node[counter] for counter in counters))
        for node in reversed(page["nodes"])
    ]
