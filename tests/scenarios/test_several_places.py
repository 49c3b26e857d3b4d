"""What others' users complain about where goods lie in several places: each complaint has a test here or is named where
it is tested (C-19 and C-21 with the selling rules and the promises, C-20 with the promised times, C-22 with the
reservations).
"""

from uuid import UUID

from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.fulfillment.actions.give_up_work import ShortLine
from app.fulfillment.actions.report_short import report_short
from app.fulfillment.model.work import ShortReason
from app.kit.db import Database
from tests.checkout.builders import check_out, deliver, holds_of, make_cart, make_shop, ready_cart
from tests.checkout.selling import pay_by_card, ship_everything
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF
from tests.fulfillment.views import fulfillments_of, order_states, pickups_of
from tests.pump import pump


async def test_c16_what_several_places_have_together_can_be_bought(db: Database) -> None:
    """The plan that confirms is the one that takes: two units here and one there serve three."""
    shop = await make_shop(db, {("A", "warehouse"): 2, ("B", "osaka"): 1})
    order_id = await pay_by_card(db, await ready_cart(db, shop, {"A": 2, "B": 1}))
    places = {location_id: quantity for _, location_id, quantity, _ in await holds_of(db, order_id)}
    assert places == {shop.places["warehouse"]: 2, shop.places["osaka"]: 1}


async def test_c17_each_place_ships_its_own_parcel(db: Database) -> None:
    """A fulfillment belongs to one place from the start; the order is done when all of them have left."""
    shop = await make_shop(db, {("A", "warehouse"): 2, ("B", "osaka"): 1})
    order_id = await pay_by_card(db, await ready_cart(db, shop, {"A": 2, "B": 1}))
    await pump(db, now=NOW)
    rows = await fulfillments_of(db, order_id)
    assert {row["location_id"] for row in rows} == {shop.places["warehouse"], shop.places["osaka"]}
    await ship_everything(db, order_id)
    assert (await order_states(db, order_id))[0] == "COMPLETED"


async def test_c18_one_order_ships_and_is_collected_each_from_who_has_it(db: Database) -> None:
    """Deliveries are said line by line, and what each asks of whom depends on where the goods really are."""
    shop = await make_shop(db, {("A", "warehouse"): 1, ("B", "shibuya"): 1, ("C", "osaka"): 1})
    async with db.write() as tx:
        cart_id = await make_cart(tx, shop, {"A": 1, "B": 1, "C": 1})
        await deliver(tx, cart_id, shop, ["C"], "home")
        await deliver(tx, cart_id, shop, ["B"], "shibuya")
        await deliver(tx, cart_id, shop, ["A"], "konbini")
    order_id = await pay_by_card(db, cart_id)
    await pump(db, now=NOW)
    rows = sorted((row["kind"], row["location_id"]) for row in await fulfillments_of(db, order_id))
    places = shop.places
    assert rows == sorted([("SHIP", places["warehouse"]), ("PICKUP", places["shibuya"]), ("SHIP", places["osaka"])])
    assert {row["location_id"] for row in await pickups_of(db, order_id)} == {places["shibuya"], places["konbini"]}


async def test_c22_what_is_routed_elsewhere_is_held_once(db: Database) -> None:
    """Units that move are never held in two places: the old promise ends in the statement that makes the new one."""
    shop = await make_shop(db, {("A", "warehouse"): 2, ("A", "osaka"): 2})
    order_id = await pay_by_card(db, await ready_cart(db, shop, {"A": 2}))
    await pump(db, now=NOW)
    async with db.read() as tx:
        work_id: UUID = await tx.connection.fetchval("SELECT id FROM work_instructions WHERE kind = 'PICK'")
    reason = ShortReason.NOT_IN_STOCK
    async with db.write() as tx:
        await report_short(tx, work_id, [ShortLine(1, 1)], reason, elsewhere=ORDERS_ELSEWHERE, actor=STAFF, now=NOW)
    assert sum(quantity for _, _, quantity, _ in await holds_of(db, order_id)) == 2
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT location_id, on_hand, allocated FROM stock WHERE allocated > 0")
    found = {row["location_id"]: (row["on_hand"], row["allocated"]) for row in rows}
    assert found == {shop.places["warehouse"]: (1, 1), shop.places["osaka"]: (2, 1)}


async def test_c20_ready_is_said_when_it_is_ready(db: Database) -> None:
    """A placed order is not a pickup that waits: its status says so, and `readyBy` says when."""
    shop = await make_shop(db, {("A", "shibuya"): 1})
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 1}, to="shibuya"))
    await pump(db, now=NOW)
    [pickup] = await pickups_of(db, order_id)
    assert (pickup["status"], pickup["ready_at"]) == ("PREPARING", None)
