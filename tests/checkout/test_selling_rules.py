"""Orders of bundles and of units that are sold ahead, from the cart to the buyer."""

import asyncio
from uuid import UUID

from app.fulfillment.actions.cancel_order import cancel_order
from app.kit.db import Database
from app.kit.errors import Refusals
from app.kit.statement import Statement
from tests.checkout.builders import (
    AT_PICKUP,
    CARD,
    check_out,
    holds_of,
    make_shop,
    ready_cart,
    transfers_of,
)
from tests.checkout.selling import pay_by_card, problems_of, refused, ship_everything
from tests.conftest import NOW
from tests.fulfillment.views import fulfillments_of, order_states
from tests.inventory.builders import counters
from tests.inventory.selling import bundle
from tests.pump import pump


async def test_a_bundle_is_one_line_for_its_buyer_and_its_components_for_the_house(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 7, ("B", "warehouse"): 3})
    async with db.write() as tx:
        await bundle(tx, shop.variants["C"], {shop.variants["A"]: 2, shop.variants["B"]: 1})
    order_id = await pay_by_card(db, await ready_cart(db, shop, {"C": 3}))
    place = shop.places["warehouse"]
    assert await holds_of(db, order_id) == [(1, place, 6, "A"), (1, place, 3, "A")]
    [part] = await fulfillments_of(db, order_id)
    async with db.read() as tx:
        lines = await tx.fetch(Statement("SELECT line_no, variant_id, quantity FROM fulfillment_lines"))
        order = await tx.fetchrow(Statement("SELECT subtotal_minor FROM orders WHERE id = :id"), id=order_id)
    assert [tuple(line) for line in lines] == [(1, shop.variants["C"], 3)]
    assert (part.kind, part.location_id) == ("SHIP", place)
    assert order is not None
    assert order.subtotal_minor == 9000
    await ship_everything(db, order_id)
    assert await order_states(db, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")
    assert await counters(db) == {
        (shop.variants["A"], place): (1, 0, 0, 0),
        (shop.variants["B"], place): (0, 0, 0, 0),
    }


async def test_a_bundle_is_collected_where_all_of_it_lies_and_canceled_as_a_whole(db: Database) -> None:
    """Complaint C-19: store pickers hide or break for bundles."""
    shop = await make_shop(db, {("A", "shibuya"): 1, ("B", "shibuya"): 1, ("A", "osaka"): 9, ("B", "warehouse"): 9})
    async with db.write() as tx:
        await bundle(tx, shop.variants["C"], {shop.variants["A"]: 1, shop.variants["B"]: 1})
    assert await problems_of(db, await ready_cart(db, shop, {"C": 2}, "shibuya")) == [("INSUFFICIENT_STOCK", 1)]
    assert await problems_of(db, await ready_cart(db, shop, {"C": 1}, "osaka")) == [("INSUFFICIENT_STOCK", 0)]
    before = await counters(db)
    order_id = await check_out(db, await ready_cart(db, shop, {"C": 1}, "shibuya"), AT_PICKUP)
    await pump(db, now=NOW)
    assert [(row.kind, row.status) for row in await fulfillments_of(db, order_id)] == [("PICKUP", "OPEN")]
    assert await transfers_of(db, order_id) == []
    await db.in_write(lambda tx: cancel_order(tx, order_id, reason="no", actor="shopper", now=NOW))
    assert await counters(db) == before
    assert await holds_of(db, order_id) == []


async def test_c4_a_cart_never_counts_a_unit_for_a_bundle_and_for_itself(db: Database) -> None:
    """Complaint C-4: lines of one stock item are each checked against the same undiminished number."""
    shop = await make_shop(db, {("A", "warehouse"): 5, ("B", "warehouse"): 9})
    async with db.write() as tx:
        await bundle(tx, shop.variants["C"], {shop.variants["A"]: 2, shop.variants["B"]: 1})
    cart_id = await ready_cart(db, shop, {"C": 2, "A": 2})
    assert await problems_of(db, cart_id) == [("INSUFFICIENT_STOCK", 1)]
    [refusal] = await refused(db, cart_id)
    assert (refusal.facts["sku"], refusal.facts["available"]) == ("SKU-A", 1)
    assert await problems_of(db, await ready_cart(db, shop, {"C": 2, "A": 1})) == []


async def test_buyers_of_bundles_and_of_components_at_once_never_oversell(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 9, ("B", "warehouse"): 4})
    async with db.write() as tx:
        await bundle(tx, shop.variants["C"], {shop.variants["A"]: 2, shop.variants["B"]: 1})
    carts = [await ready_cart(db, shop, {"ACB"[number % 3]: 1}) for number in range(24)]
    results = await asyncio.gather(*(check_out(db, cart_id, CARD) for cart_id in carts), return_exceptions=True)
    sold = ["ACB"[number % 3] for number, result in enumerate(results) if isinstance(result, UUID)]
    assert all(isinstance(result, UUID | Refusals) for result in results)
    place = shop.places["warehouse"]
    assert await counters(db) == {
        (shop.variants["A"], place): (9, 2 * sold.count("C") + sold.count("A"), 0, 0),
        (shop.variants["B"], place): (4, sold.count("C") + sold.count("B"), 0, 0),
    }
    assert sold.count("C") + sold.count("B") == 4
