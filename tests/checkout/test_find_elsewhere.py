"""Units of orders are missing where they were to come from: other places keep the promise, or nobody does."""

import asyncio
from typing import Any
from uuid import UUID

from app.checkout.actions.cancel_unpaid import cancel_unpaid
from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.fulfillment.actions.cancel_order import cancel_order
from app.inventory.model.corrections import Correction, Promise, PromisePolicy
from app.kit.db import Database
from app.kit.errors import Refusals
from tests.checkout.builders import (
    CARD,
    check_out,
    expire_holds,
    holds_of,
    make_shop,
    ready_cart,
)
from tests.checkout.moving import history, lose, stock
from tests.checkout.selling import pay_by_card, ship_everything
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF
from tests.fulfillment.views import fulfillments_of, history_of, lines_of, order_states, work_of
from tests.inventory.builders import corrected, facts, movements, put_stock
from tests.inventory.selling import bundle, sell_ahead
from tests.pump import pump


async def test_another_place_ships_what_is_missing(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 5, ("A", "osaka"): 9, ("B", "warehouse"): 3})
    order_id = await pay_by_card(db, await ready_cart(db, shop, {"A": 4, "B": 1}))
    warehouse, osaka, shirt = shop.places["warehouse"], shop.places["osaka"], shop.variants["A"]
    before = len(await movements(db))
    done = await lose(db, shop, A=1)
    assert done.results == [1]
    assert done.broken == [Promise("ORDER", order_id, 1, shirt, warehouse, 3, "A", moved_to=osaka)]
    assert await stock(db, shop) == {"warehouse": (1, 0, 1), "osaka": (9, 0, 3)}
    assert await stock(db, shop, "B") == {"warehouse": (3, 0, 1)}
    assert (await movements(db))[before:] == [
        ("ALLOCATION_RELEASED", 0, 0, -3, warehouse),
        ("ALLOCATED", 0, 0, 3, osaka),
        ("ADJUSTED", -4, 0, 0, warehouse),
    ]
    assert await facts(db, "promise_broken") == []
    assert await facts(db, "promises_moved") == [{"order_id": str(order_id)}]
    move = {"line": 1, "quantity": 3, "from": str(warehouse), "to": str(osaka)}
    assert await history(db, order_id, "RESOURCED") == [{"moves": [move]}]
    await pump(db, now=NOW)
    planned = [(row.location_id, row.status) for row in await fulfillments_of(db, order_id)]
    assert planned == [(warehouse, "OPEN"), (osaka, "OPEN")]
    assert await lines_of(db, order_id) == [(1, 1), (2, 1), (1, 3)]
    assert await work_of(db) == [
        ("PICK", warehouse, "OPEN"),
        ("SHIP", warehouse, "WAITING"),
        ("PICK", osaka, "OPEN"),
        ("SHIP", osaka, "WAITING"),
    ]
    assert "UNITS_CANCELED" not in await history_of(db, order_id)


async def test_a_place_that_loses_all_of_a_parcel_has_no_more_work_and_the_order_is_completed(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 2, ("A", "osaka"): 2})
    order_id = await pay_by_card(db, await ready_cart(db, shop, {"A": 2}))
    await lose(db, shop, A=0)
    await pump(db, now=NOW)
    assert [row.status for row in await fulfillments_of(db, order_id)] == ["CANCELED", "OPEN"]
    assert [status for _, _, status in await work_of(db)] == ["CANCELED", "CANCELED", "OPEN", "WAITING"]
    async with db.write() as tx:
        pick = await tx.connection.fetchval("SELECT id FROM work_instructions WHERE kind = 'PICK' AND status = 'OPEN'")
        from app.fulfillment.actions.complete_work import complete_work  # noqa: PLC0415

        await complete_work(tx, pick, actor=STAFF, now=NOW)
    await ship_everything(db, order_id)
    assert await order_states(db, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")
    assert await stock(db, shop) == {"warehouse": (0, 0, 0), "osaka": (0, 0, 0)}


async def test_what_nobody_can_serve_is_canceled(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 6, ("A", "osaka"): 2})
    order_id = await pay_by_card(db, await ready_cart(db, shop, {"A": 5}))
    done = await lose(db, shop, A=1)
    assert [(one.quantity, one.moved_to) for one in done.broken] == [(2, shop.places["osaka"]), (2, None)]
    assert [fact["quantity"] for fact in await facts(db, "promise_broken")] == [2]
    assert await stock(db, shop) == {"warehouse": (1, 0, 1), "osaka": (2, 0, 2)}
    await pump(db, now=NOW)
    assert sorted(await lines_of(db, order_id)) == [(1, 1), (1, 2)]
    canceled = {"reason": "OUT_OF_STOCK", "quantities": {"1": 2}}
    assert await history(db, order_id, "UNITS_CANCELED") == [canceled]
    assert await order_states(db, order_id) == ("PLACED", "AUTHORIZED", "UNFULFILLED")


async def test_the_youngest_order_moves_and_keeps_its_age(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 4, ("A", "osaka"): 1})
    old, young = [await pay_by_card(db, await ready_cart(db, shop, {"A": 2})) for _ in range(2)]
    await lose(db, shop, A=3)
    assert [(place, units) for _, place, units, _ in await holds_of(db, old)] == [(shop.places["warehouse"], 2)]
    held = [(place, units) for _, place, units, _ in await holds_of(db, young)]
    assert held == [(shop.places["warehouse"], 1), (shop.places["osaka"], 1)]
    async with db.read() as tx:
        ages = await tx.connection.fetchval("SELECT count(DISTINCT held_at) FROM holds WHERE owner_id = $1", young)
    assert ages == 1
    await pump(db, now=NOW)


async def test_units_that_come_on_top_are_picked_again(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 3, ("A", "osaka"): 1})
    order_id = await pay_by_card(db, await ready_cart(db, shop, {"A": 4}))
    warehouse, osaka = shop.places["warehouse"], shop.places["osaka"]
    async with db.write() as tx:
        await put_stock(tx, shop.variants["A"], osaka, 5)
        await tx.connection.execute(
            "UPDATE work_instructions SET completed_at = now(), completed_by = 'x', status = 'DONE'"
            " WHERE location_id = $1 AND kind = 'PICK'",
            osaka,
        )
        await tx.connection.execute(
            "UPDATE work_instructions SET status = 'OPEN' WHERE location_id = $1 AND kind = 'SHIP'", osaka
        )
    await lose(db, shop, A=1)
    await pump(db, now=NOW)
    assert sorted(await lines_of(db, order_id)) == [(1, 1), (1, 3)]
    assert sorted(await work_of(db)) == sorted(
        [
            ("PICK", warehouse, "OPEN"),
            ("SHIP", warehouse, "WAITING"),
            ("PICK", osaka, "OPEN"),
            ("SHIP", osaka, "WAITING"),
        ]
    )


async def test_reservations_of_orders_that_are_being_paid_move_and_those_of_the_others_end(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 3, ("A", "osaka"): 3})
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 3}), CARD)
    done = await lose(db, shop, A=2)
    assert [(one.quantity, one.state, one.moved_to) for one in done.broken] == [(1, "R", shop.places["osaka"])]
    assert await stock(db, shop) == {"warehouse": (2, 2, 0), "osaka": (3, 1, 0)}
    assert await facts(db, "promises_moved") == []
    await expire_holds(db)
    assert await stock(db, shop) == {"warehouse": (2, 0, 0), "osaka": (3, 0, 0)}
    await db.in_write(lambda tx: cancel_unpaid(tx, order_id, actor="test", now=NOW))


async def test_bundles_move_as_a_whole(db: Database) -> None:
    """C is a set of two cups (A) and a pot (B)."""
    stocked = {("A", "warehouse"): 6, ("B", "warehouse"): 3, ("A", "osaka"): 5, ("B", "osaka"): 1}
    shop = await make_shop(db, stocked)
    async with db.write() as tx:
        await bundle(tx, shop.variants["C"], {shop.variants["A"]: 2, shop.variants["B"]: 1})
    order_id = await pay_by_card(db, await ready_cart(db, shop, {"C": 3}))
    done = await lose(db, shop, A=2)
    moved = [(one.variant_id, one.quantity) for one in done.broken if one.moved_to == shop.places["osaka"]]
    assert sorted(moved) == [(shop.variants["A"], 2), (shop.variants["B"], 1)]
    assert await stock(db, shop, "A") == {"warehouse": (2, 0, 2), "osaka": (5, 0, 2)}
    assert await stock(db, shop, "B") == {"warehouse": (3, 0, 1), "osaka": (1, 0, 1)}
    [told] = await history(db, order_id, "RESOURCED")
    assert [move["quantity"] for move in told["moves"]] == [1]
    await pump(db, now=NOW)
    assert sorted(await lines_of(db, order_id)) == [(1, 1), (1, 1)]
    assert (await order_states(db, order_id))[0] == "PLACED"


async def test_a_place_that_loses_units_itself_serves_only_with_what_is_left(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 3, ("A", "osaka"): 5, ("A", "shibuya"): 1})
    await pay_by_card(db, await ready_cart(db, shop, {"A": 3}))
    places = [shop.places[name] for name in ("warehouse", "osaka")]
    rows = [Correction(shop.variants["A"], place, quantity=units) for place, units in zip(places, (0, 1), strict=True)]
    await corrected(db, *rows, policy=PromisePolicy.RESOURCE_YOUNGEST, elsewhere=ORDERS_ELSEWHERE)
    assert await stock(db, shop) == {"warehouse": (0, 0, 0), "osaka": (1, 0, 1), "shibuya": (1, 0, 1)}
    await pump(db, now=NOW)


async def test_whoever_waits_for_units_has_them_before_orders_that_lost_theirs(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 2})
    order_id = await pay_by_card(db, await ready_cart(db, shop, {"A": 2}))
    async with db.write() as tx:
        await sell_ahead(tx, shop.variants["A"], limit=5)
    waiting = await pay_by_card(db, await ready_cart(db, shop, {"A": 3}))
    async with db.write() as tx:
        await put_stock(tx, shop.variants["A"], shop.places["osaka"], 2)
    done = await lose(db, shop, A=0)
    assert [one.moved_to for one in done.broken] == [None]
    assert await holds_of(db, order_id) == []
    assert await holds_of(db, waiting) == []
    await pump(db, now=NOW)


async def test_shrinkage_beside_forty_buyers_oversells_nothing(db: Database) -> None:
    """C-1, C-4: buyers take the other place's units meanwhile; every order that is left has its units somewhere."""
    shop = await make_shop(db, {("A", "warehouse"): 20, ("A", "osaka"): 12, ("A", "shibuya"): 4})
    first = [await pay_by_card(db, await ready_cart(db, shop, {"A": 1})) for _ in range(10)]
    carts = [await ready_cart(db, shop, {"A": 1}) for _ in range(40)]
    buyers = [check_out(db, cart_id, CARD) for cart_id in carts]
    key = (shop.variants["A"], shop.places["warehouse"])
    options: dict[str, Any] = {"policy": PromisePolicy.RESOURCE_YOUNGEST, "elsewhere": ORDERS_ELSEWHERE}
    shrinking = [corrected(db, Correction(*key, delta=-4), **options) for _ in range(5)]
    canceling = [
        db.in_write(lambda tx, order_id=order_id: cancel_order(tx, order_id, reason="x", actor="x", now=NOW))
        for order_id in first[:3]
    ]
    results = await asyncio.gather(*buyers, *shrinking, *canceling, return_exceptions=True)
    assert all(isinstance(result, UUID | Refusals) for result in results[:40])
    assert not [result for result in results[40:] if isinstance(result, BaseException)]
    await pump(db, now=NOW)
    found = await stock(db, shop)
    assert {name: units[0] for name, units in found.items()} == {"warehouse": 0, "osaka": 12, "shibuya": 4}
    held = sum(units[1] + units[2] for units in found.values())
    async with db.read() as tx:
        kept = await tx.connection.fetchval(
            "SELECT sum(l.quantity - l.canceled_quantity) FROM order_lines l JOIN orders o ON o.id = l.order_id"
            " WHERE o.status <> 'CANCELED'"
        )
    assert held == kept <= 16


async def test_the_same_shrinkage_with_few_places_left_moves_what_fits(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 10, ("A", "osaka"): 4})
    for _ in range(10):
        await pay_by_card(db, await ready_cart(db, shop, {"A": 1}))
    done = await lose(db, shop, A=3)
    assert sorted(one.moved_to is None for one in done.broken) == [False] * 4 + [True] * 3
    await pump(db, now=NOW)
    assert await stock(db, shop) == {"warehouse": (3, 0, 3), "osaka": (4, 0, 4)}
