"""A cart changes: what is reserved for it and still needed stays, and the rest goes back on sale."""

import asyncio
from uuid import UUID

from app.carts.actions.add_lines import add_lines
from app.carts.actions.remove_lines import remove_lines
from app.carts.actions.update_lines import update_lines
from app.carts.model import WantedLine
from app.inventory.actions.set_bundle import set_bundle
from app.kit.db import Database
from tests.carts.builders import line_ids
from tests.carts.reserving import ends, reserve, reserved
from tests.checkout.builders import Shop, deliver, expire_holds, make_shop, ready_cart
from tests.conftest import NOW
from tests.inventory.builders import counters, movements
from tests.inventory.selling import bundle


async def set_units(db: Database, cart_id: UUID, units: dict[str, int]) -> None:
    lines = await line_ids(db, cart_id)
    wanted = {lines[f"SKU-{letter}"]: quantity for letter, quantity in units.items()}
    async with db.write() as tx:
        await update_lines(tx, cart_id, wanted, now=NOW, actor="key:till")


async def reserved_cart(db: Database, lines: dict[str, int]) -> tuple[Shop, UUID]:
    shop = await make_shop(db, {(letter, "warehouse"): 9 for letter in "ABC"})
    cart_id = await ready_cart(db, shop, lines)
    await reserve(db, cart_id)
    return shop, cart_id


async def test_fewer_units_give_the_others_back_and_more_are_not_reserved(db: Database) -> None:
    shop, cart_id = await reserved_cart(db, {"A": 3, "B": 2})
    place, before = shop.places["warehouse"], await ends(db, cart_id)
    await set_units(db, cart_id, {"A": 1, "B": 5})
    assert await reserved(db, cart_id) == [(1, "SKU-A", place, 1), (2, "SKU-B", place, 2)]
    assert await ends(db, cart_id) == before
    levels = await counters(db)
    assert (levels[shop.variants["A"], place], levels[shop.variants["B"], place]) == ((9, 1, 0, 0), (9, 2, 0, 0))


async def test_a_line_that_goes_gives_its_units_back_and_the_others_keep_theirs(db: Database) -> None:
    shop, cart_id = await reserved_cart(db, {"A": 3, "B": 2, "C": 1})
    lines = await line_ids(db, cart_id)
    async with db.write() as tx:
        await remove_lines(tx, cart_id, [lines["SKU-A"]], now=NOW)
    place = shop.places["warehouse"]
    assert await reserved(db, cart_id) == [(1, "SKU-B", place, 2), (2, "SKU-C", place, 1)]
    async with db.write() as tx:
        await remove_lines(tx, cart_id, [lines["SKU-B"], lines["SKU-C"]], now=NOW)
    assert await reserved(db, cart_id) == []
    assert {level[1] for level in (await counters(db)).values()} == {0}


async def test_a_change_that_needs_all_of_it_moves_nothing(db: Database) -> None:
    _, cart_id = await reserved_cart(db, {"A": 3})
    before = await movements(db)
    async with db.write() as tx:
        await add_lines(tx, cart_id, [WantedLine(2, sku="SKU-A"), WantedLine(1, sku="SKU-B")], now=NOW)
    assert await movements(db) == before


async def test_units_that_cannot_reach_the_new_place_go_back(db: Database) -> None:
    shop = await make_shop(db, {("A", "shibuya"): 2, ("B", "shibuya"): 2})
    async with db.write() as tx:
        await bundle(tx, shop.variants["C"], {shop.variants["A"]: 1, shop.variants["B"]: 1})
    cart_id = await ready_cart(db, shop, {"C": 2}, "shibuya")
    await reserve(db, cart_id)
    assert len(await reserved(db, cart_id)) == 2
    async with db.write() as tx:
        await deliver(tx, cart_id, shop, ["C"], "osaka")  # bundles do not travel to a store
    assert await reserved(db, cart_id) == []
    assert {level[1] for level in (await counters(db)).values()} == {0}


async def test_a_bundle_that_is_made_of_other_things_by_now_keeps_what_it_can_use(db: Database) -> None:
    shop, cart_id = await reserved_cart(db, {"A": 1})
    async with db.write() as tx:
        await remove_lines(tx, cart_id, list((await line_ids(db, cart_id)).values()), now=NOW)
    empty = await make_shop_bundle(db, shop)
    await reserve(db, empty)
    place = shop.places["warehouse"]
    assert await reserved(db, empty) == [(1, "SKU-A", place, 4), (1, "SKU-B", place, 2)]
    async with db.write() as tx:
        await set_bundle(tx, shop.variants["C"], {shop.variants["A"]: 1})
    await set_units(db, empty, {"C": 3})
    assert await reserved(db, empty) == [(1, "SKU-A", place, 3)]


async def make_shop_bundle(db: Database, shop: Shop) -> UUID:
    """A cart with two of a bundle."""
    async with db.write() as tx:
        await tx.connection.execute("SET LOCAL ROLE NONE; SET LOCAL session_replication_role = replica")
        await tx.connection.execute("DELETE FROM stock WHERE variant_id = $1", shop.variants["C"])
        await tx.connection.execute("DELETE FROM ledger WHERE variant_id = $1", shop.variants["C"])
    async with db.write() as tx:
        await bundle(tx, shop.variants["C"], {shop.variants["A"]: 2, shop.variants["B"]: 1})
    return await ready_cart(db, shop, {"C": 2})


async def test_a_change_and_a_sweep_at_once(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 6})
    carts = [await ready_cart(db, shop, {"A": 1}) for _ in range(6)]
    await reserve(db, *carts)
    await asyncio.gather(*(set_units(db, cart_id, {"A": 2}) for cart_id in carts), expire_holds(db), expire_holds(db))
    left = sum([units for cart_id in carts for *_, units in await reserved(db, cart_id)])
    assert await counters(db) == {(shop.variants["A"], shop.places["warehouse"]): (6, left, 0, 0)}
