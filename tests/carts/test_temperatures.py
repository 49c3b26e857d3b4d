"""Cold goods go only where it is as cold as they need it."""

from typing import Any
from uuid import UUID

import pytest

from app.capacity.actions.save_compartments import CompartmentDraft, save_compartments
from app.capacity.model.parcels import Box, CompartmentSize
from app.kit.db import Database, WriteTx
from app.kit.ids import global_id
from app.kit.temperature import Temperature, do_not_mix
from app.locations.actions.save_network import save_network
from app.locations.model.networks import NetworkDraft
from tests.carts.builders import Shop, line_ids, make_cart, make_goods, make_shop
from tests.conftest import NOW, Execute, keyed

AMBIENT, CHILLED, FROZEN = Temperature
BOX = Box(550, 440, 370)
GOODS = {"TEA": "AMBIENT", "CAKE": "CHILLED", "ICE": "FROZEN"}
OPTIONS = """query ($lines: [PickupLineInput!]) { pickupOptions(lines: $lines) {
  mode eligible reasons { code } lines { sku reasons { code } } } }"""


async def _shop(tx: WriteTx) -> Shop:
    """What is cold and what is not, at a warehouse; a konbini, a locker station and two stores."""
    shop = await make_shop(tx)
    for sku, temperature in GOODS.items():
        sides = {"sides_mm": (100, 100, 100)}
        await make_goods(tx, shop, sku, stock={shop.warehouse: 9}, temperature=temperature, **sides)
    return shop


async def _doors(tx: WriteTx, shop: Shop, *temperatures: Temperature, size: str = "L") -> None:
    drafts = [
        CompartmentDraft(f"{temperature}-{number}", CompartmentSize(size), temperature, BOX)
        for number, temperature in enumerate(temperatures)
    ]
    await save_compartments(tx, shop.locker, drafts, now=NOW)


async def _asked(execute: Execute, *skus: str) -> dict[str, list[str]]:
    """The codes of the reasons against each mode; [] where it is eligible."""
    lines = [{"sku": sku, "quantity": 1} for sku in skus]
    options = (await execute(OPTIONS, {"lines": lines}))["pickupOptions"]
    assert all(option["eligible"] == (not option["reasons"]) for option in options)
    return {option["mode"]: [reason["code"] for reason in option["reasons"]] for option in options}


HOME, STORE, KONBINI, LOCKER = "HOME_DELIVERY", "STORE_PICKUP", "CONVENIENCE_STORE_PICKUP", "LOCKER_PICKUP"


async def test_points_that_say_nothing_take_nothing_cold(db: Database, execute: Execute) -> None:
    await db.in_write(_shop)
    no_ice, no_cake = ["FROZEN"], ["CHILLED"]
    assert await _asked(execute, "TEA") == {HOME: [], STORE: [], KONBINI: [], LOCKER: []}
    assert await _asked(execute, "CAKE") == {HOME: [], STORE: [], KONBINI: no_cake, LOCKER: no_cake}
    assert await _asked(execute, "ICE") == {HOME: [], STORE: [], KONBINI: no_ice, LOCKER: no_ice}


async def test_a_networks_points_take_what_it_says(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        shop = await _shop(tx)
        cold = NetworkDraft("COLD", {"ja": "冷蔵"}, 3, temperatures=[AMBIENT, CHILLED])
        await save_network(tx, cold, joining=[shop.konbini, shop.locker])
    found = await _asked(execute, "CAKE", "TEA")
    assert (found[KONBINI], found[LOCKER]) == ([], [])
    assert (await _asked(execute, "ICE"))[KONBINI] == ["FROZEN"]
    # A network that takes frozen goods only takes nothing else.
    async with db.write() as tx:
        await save_network(tx, NetworkDraft("COLD", {"ja": "冷凍"}, 3, temperatures=[FROZEN]))
    assert (await _asked(execute, "ICE"))[KONBINI] == []
    assert (await _asked(execute, "CAKE"))[KONBINI] == ["CHILLED"]


@pytest.mark.parametrize(
    ("doors", "refused"),
    [
        ([AMBIENT], {"TEA": [], "CAKE": ["CHILLED"], "ICE": ["FROZEN"]}),
        ([AMBIENT, CHILLED], {"TEA": [], "CAKE": [], "ICE": ["FROZEN"]}),
        ([AMBIENT, FROZEN], {"TEA": [], "CAKE": ["CHILLED"], "ICE": []}),
        ([AMBIENT, CHILLED, FROZEN], {"TEA": [], "CAKE": [], "ICE": []}),
    ],
)
async def test_a_station_takes_what_its_compartments_take(
    db: Database, execute: Execute, doors: list[Temperature], refused: dict[str, list[str]]
) -> None:
    async with db.write() as tx:
        shop = await _shop(tx)
        # Whatever its network says.
        await save_network(
            tx, NetworkDraft("N", {"ja": "網"}, 3, temperatures=[AMBIENT, CHILLED]), joining=[shop.locker]
        )
        await _doors(tx, shop, *doors)
    assert {sku: (await _asked(execute, sku))[LOCKER] for sku in GOODS} == refused


async def test_a_compartment_that_is_taken_out_takes_its_class_along(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        shop = await _shop(tx)
        await _doors(tx, shop, AMBIENT, CHILLED)
        out = CompartmentDraft("CHILLED-1", CompartmentSize.L, CHILLED, BOX, is_active=False)
        await save_compartments(tx, shop.locker, [out], now=NOW)
    assert (await _asked(execute, "CAKE"))[LOCKER] == ["CHILLED"]


async def test_of_a_class_that_is_there_the_lockers_may_be_full(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        shop = await _shop(tx)
        await _doors(tx, shop, AMBIENT, CHILLED)
        huge = {"sides_mm": (600, 600, 600), "stock": {shop.warehouse: 9}}
        await make_goods(tx, shop, "BUFFET", temperature="CHILLED", **huge)
    assert (await _asked(execute, "BUFFET"))[LOCKER] == ["TOO_LARGE_FOR_LOCKER"]


async def test_frozen_goods_are_not_put_into_one_parcel_with_others(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        shop = await _shop(tx)
        await _doors(tx, shop, AMBIENT, CHILLED, FROZEN)
    mixed = ["MIXED_TEMPERATURES"]
    assert (await _asked(execute, "ICE", "CAKE"))[LOCKER] == mixed
    assert (await _asked(execute, "ICE", "TEA"))[LOCKER] == mixed
    assert await _asked(execute, "ICE", "TEA", "CAKE") == {
        HOME: [],
        STORE: [],
        KONBINI: ["CHILLED", "FROZEN", "MIXED_TEMPERATURES"],
        LOCKER: mixed,
    }
    assert (await _asked(execute, "TEA", "CAKE"))[LOCKER] == []


def test_what_is_not_frozen_must_not_freeze() -> None:
    assert not do_not_mix([])
    assert not do_not_mix([FROZEN, FROZEN])
    assert not do_not_mix([AMBIENT, CHILLED])
    assert do_not_mix([FROZEN, CHILLED])
    assert do_not_mix([AMBIENT, FROZEN])


SET = """mutation ($input: CartDeliverySetInput!) { cartDeliverySet(input: $input) {
  cart { problems { code ... on DeliveryModeNotEligibleProblem { reasons { code } } } }
  userErrors { code ... on DeliveryModeNotEligibleError { reasons } } } }"""
BUY = """mutation ($input: CheckoutCompleteInput!) { checkoutComplete(input: $input) {
  order { status } userErrors { code } } }"""


async def _send(execute: Execute, db: Database, cart_id: UUID, place: int, *skus: str) -> Any:
    """These lines go to a place together; what the answer says is wrong."""
    ids = await line_ids(db, cart_id)
    lines = [global_id("CartLine", ids[sku]) for sku in skus]
    given = {"cartId": global_id("Cart", cart_id), "lineIds": lines, "mode": LOCKER}
    answer = await execute(SET, keyed(given | {"locationId": global_id("Location", place)}))
    return answer["cartDeliverySet"]


async def test_a_cart_and_its_checkout_keep_to_it(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        shop = await _shop(tx)
        await _doors(tx, shop, AMBIENT, CHILLED, FROZEN)
        cart_id = await make_cart(tx, ("ICE", 1), ("CAKE", 1), ("TEA", 1))
    said = await _send(execute, db, cart_id, shop.locker, "ICE", "CAKE", "TEA")
    wrong = {"code": "DELIVERY_MODE_NOT_ELIGIBLE", "reasons": [{"code": "MIXED_TEMPERATURES"}]}
    assert (said["userErrors"] or said["cart"]["problems"]) == [wrong] * 3
    payment = {"method": "CARD", "token": "tok_ok"}
    bought = await execute(BUY, keyed({"cartId": global_id("Cart", cart_id), "payment": payment}))
    assert bought["checkoutComplete"]["order"] is None


@pytest.mark.parametrize(
    ("skus", "temperature"), [(["CAKE", "TEA"], "CHILLED"), (["ICE"], "FROZEN"), (["TEA"], "AMBIENT")]
)
async def test_an_order_gets_a_compartment_of_its_class(
    db: Database, execute: Execute, skus: list[str], temperature: str
) -> None:
    async with db.write() as tx:
        shop = await _shop(tx)
        await _doors(tx, shop, AMBIENT, CHILLED, FROZEN)
        cart_id = await make_cart(tx, *((sku, 1) for sku in skus))
    said = await _send(execute, db, cart_id, shop.locker, *skus)
    assert (said["userErrors"], said["cart"]["problems"]) == ([], [])
    given = {
        "cartId": global_id("Cart", cart_id),
        "email": "a@example.jp",
        "payment": {"method": "CARD", "token": "tok_ok"},
    }
    bought = await execute(BUY, keyed(given))
    assert bought["checkoutComplete"]["userErrors"] == []
    async with db.read() as tx:
        rows = await tx.connection.fetch("""
            SELECT r.temperature, c.temperature AS door FROM compartment_reservations AS r
              JOIN locker_compartments AS c ON c.id = r.compartment_id""")
    assert [tuple(row) for row in rows] == [(temperature, temperature)]
