"""Units that a bundle is made of are missing: the whole bundle goes, and what else it was made of is sold again."""

import asyncio
from uuid import UUID

from app.inventory.model.corrections import Correction, PromisePolicy
from app.kit.db import Database
from app.kit.errors import Refusals
from tests.checkout.builders import AT_PICKUP, CARD, Shop, check_out, holds_of, make_shop, ready_cart
from tests.checkout.selling import pay_by_card
from tests.conftest import NOW
from tests.fulfillment.views import fulfillments_of, lines_of, order_states
from tests.inventory.builders import corrected, counters, facts
from tests.inventory.selling import bundle
from tests.pump import pump

BREAK = PromisePolicy.BREAK_YOUNGEST


async def sets(db: Database, cups: int, pots: int, made_of: tuple[int, int] = (2, 1), where: str = "warehouse") -> Shop:
    """C is a set of cups (A) and pots (B)."""
    shop = await make_shop(db, {("A", where): cups, ("B", where): pots})
    async with db.write() as tx:
        parts = {shop.variants[code]: units for code, units in zip("AB", made_of, strict=True) if units}
        await bundle(tx, shop.variants["C"], parts)
    return shop


async def left(db: Database, shop: Shop, where: str = "warehouse") -> dict[str, tuple[int, int]]:
    """(on hand, allocated) of cups and pots."""
    found = await counters(db)
    return {
        code: (found[key][0], found[key][2])
        for code in "AB"
        if (key := (shop.variants[code], shop.places[where])) in found
    }


async def set_to(db: Database, shop: Shop, where: str = "warehouse", **units: int) -> None:
    rows = [Correction(shop.variants[code], shop.places[where], quantity=quantity) for code, quantity in units.items()]
    await corrected(db, *rows, policy=BREAK)


async def test_a_missing_cup_takes_its_set_and_gives_the_pot_back(db: Database) -> None:
    shop = await sets(db, 7, 3)
    order_id = await pay_by_card(db, await ready_cart(db, shop, {"C": 3}))
    await set_to(db, shop, A=5)
    assert await left(db, shop) == {"A": (5, 4), "B": (3, 2)}
    assert [(fact["line_no"], fact["quantity"]) for fact in await facts(db, "promise_broken")] == [(1, 1)]
    await pump(db, now=NOW)
    assert await lines_of(db, order_id) == [(1, 2)]
    assert {row.status for row in await fulfillments_of(db, order_id)} == {"OPEN"}
    assert await order_states(db, order_id) == ("PLACED", "AUTHORIZED", "UNFULFILLED")


async def test_of_an_order_whose_work_is_not_planned_sets_are_counted(db: Database) -> None:
    shop = await sets(db, 8, 4, where="shibuya")
    order_id = await check_out(db, await ready_cart(db, shop, {"C": 4}, "shibuya"), AT_PICKUP)
    await set_to(db, shop, "shibuya", A=4)
    assert await left(db, shop, "shibuya") == {"A": (4, 4), "B": (4, 2)}
    await pump(db, now=NOW)
    assert await lines_of(db, order_id) == [(1, 2)]
    async with db.read() as tx:
        canceled = await tx.connection.fetchval(
            "SELECT canceled_quantity FROM order_lines WHERE order_id = $1", order_id
        )
    assert canceled == 2


async def test_cups_and_pots_that_are_missing_together_take_no_set_twice(db: Database) -> None:
    shop = await sets(db, 8, 4)
    order_id = await pay_by_card(db, await ready_cart(db, shop, {"C": 4}))
    await set_to(db, shop, A=5, B=2)
    assert await left(db, shop) == {"A": (5, 4), "B": (2, 2)}
    assert [fact["quantity"] for fact in await facts(db, "promise_broken")] == [2]
    await pump(db, now=NOW)
    assert await lines_of(db, order_id) == [(1, 2)]


async def test_a_pack_of_six_goes_as_a_pack(db: Database) -> None:
    shop = await sets(db, 20, 1, made_of=(6, 0))
    await pay_by_card(db, await ready_cart(db, shop, {"C": 3}))
    await set_to(db, shop, A=17)
    assert (await left(db, shop))["A"] == (17, 12)
    assert [fact["quantity"] for fact in await facts(db, "promise_broken")] == [1]
    await pump(db, now=NOW)


async def test_the_youngest_set_goes_and_single_cups_that_are_older_stay(db: Database) -> None:
    shop = await sets(db, 6, 4)
    cups = await pay_by_card(db, await ready_cart(db, shop, {"A": 2}))
    tea = await pay_by_card(db, await ready_cart(db, shop, {"C": 2}))
    await set_to(db, shop, A=3)
    assert sorted(quantity for _, _, quantity, _ in await holds_of(db, cups)) == [2]
    assert await holds_of(db, tea) == []
    assert await left(db, shop) == {"A": (3, 2), "B": (4, 0)}
    await pump(db, now=NOW)
    assert (await order_states(db, tea))[0] == "CANCELED"


async def test_sets_break_while_buyers_come(db: Database) -> None:
    """C-1, C-4: whoever comes first, sets stay whole and nothing is promised that is not there."""
    shop = await sets(db, 30, 12)
    for _ in range(6):
        await pay_by_card(db, await ready_cart(db, shop, {"C": 1}))
    carts = [await ready_cart(db, shop, {"ACB"[number % 3]: 1}) for number in range(12)]
    buyers = [check_out(db, cart_id, CARD) for cart_id in carts]
    shrinking = [corrected(db, Correction(shop.variants[code], shop.places["warehouse"], delta=-3), policy=BREAK)
                 for code in "ABAB"]  # fmt: skip
    results = await asyncio.gather(*buyers, *shrinking, return_exceptions=True)
    assert all(isinstance(result, UUID | Refusals) for result in results[:12])
    assert not [result for result in results[12:] if isinstance(result, BaseException)]
    await pump(db, now=NOW)
    found = await counters(db)
    assert {found[shop.variants[code], shop.places["warehouse"]][0] for code in "A"} == {24}
    assert {found[shop.variants[code], shop.places["warehouse"]][0] for code in "B"} == {6}
    async with db.read() as tx:
        held = await tx.connection.fetch(
            "SELECT owner_id, line_no, array_agg(quantity ORDER BY quantity) AS units FROM holds"
            " WHERE variant_id = ANY($1) GROUP BY 1, 2 HAVING count(*) > 1",
            [shop.variants["A"], shop.variants["B"]],
        )
    assert all(list(row["units"]) == [1, 2] for row in held)
