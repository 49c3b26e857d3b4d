"""Lockers and slots of a batch: who comes to nothing takes them from nobody."""

from uuid import UUID

from app.carts.actions.set_delivery import set_delivery
from app.carts.model import Destination
from app.carts.sql import lines_of
from app.kit.db import Database
from app.sourcing.model import DeliveryMode
from tests.capacity.builders import draft, make_station
from tests.capacity.slots import TEN, TWELVE, counters
from tests.checkout.builders import CARD, make_cart
from tests.checkout.slots import choose, codes, place, slot_cart, slot_shop
from tests.conftest import NOW


async def test_who_comes_to_nothing_takes_no_place_from_who_is_behind(db: Database) -> None:
    shop = await slot_shop(db, 1, {("A", "shibuya"): 5, ("B", "shibuya"): 1})
    carts = [await slot_cart(db, shop, lines, TEN) for lines in ({"B": 1}, {"A": 1, "B": 1}, {"A": 1}, {"A": 1})]
    async with db.write() as tx:
        await choose(tx, carts[0], shop, TWELVE)
    # The first one takes the last B, so the second one comes to nothing; the third one gets its place.
    assert codes(await place(db, *carts)) == [None, "INSUFFICIENT_STOCK", None, "SLOT_FULL"]
    assert await counters(db) == [(TEN, 1, 1, 1), (TWELVE, 1, 1, 1)]


async def test_a_full_slot_takes_no_locker_from_who_is_behind(db: Database) -> None:
    shop = await slot_shop(db, 1)
    async with db.write() as tx:
        station = await make_station(tx, [draft("1", "M")], code="umeda")
        await tx.connection.execute(
            "INSERT INTO location_group_members SELECT group_id, $1 FROM location_group_members LIMIT 1", station
        )
    carts: list[UUID] = []
    async with db.write() as tx:
        for begins in (TEN, None):
            cart_id = await make_cart(tx, shop, {"A": 1, "B": 1})
            lines = {line.sku: line.id for line in await lines_of(tx, cart_id)}
            to_locker = Destination(DeliveryMode.LOCKER_PICKUP, station)
            await set_delivery(tx, cart_id, [lines["SKU-B"]], to_locker, now=NOW)
            if begins:
                await choose(tx, cart_id, shop, begins, only="A")
            else:
                await set_delivery(tx, cart_id, [lines["SKU-A"]], to_locker, now=NOW)
            carts.append(cart_id)
    rival = await slot_cart(db, shop, {"A": 1})
    first, refused, lucky = await place(db, rival, *carts, request=CARD)
    assert codes([first, refused, lucky]) == [None, "SLOT_FULL", None]


async def test_the_last_locker_is_kept_for_who_gets_an_order(db: Database) -> None:
    shop = await slot_shop(db, 1, {("A", "warehouse"): 1, ("B", "warehouse"): 50})
    async with db.write() as tx:
        station = await make_station(tx, [draft("1", "M")], code="umeda")
        await tx.connection.execute(
            "INSERT INTO location_group_members SELECT group_id, $1 FROM location_group_members LIMIT 1", station
        )
    carts: list[UUID] = []
    async with db.write() as tx:
        for lines in ({"A": 1, "B": 1}, {"B": 1}, {"B": 1}):
            carts.append(await make_cart(tx, shop, lines))
            wanted = [line.id for line in await lines_of(tx, carts[-1])]
            await set_delivery(tx, carts[-1], wanted, Destination(DeliveryMode.LOCKER_PICKUP, station), now=NOW)
    rival = await slot_cart(db, shop, {"A": 1}, TEN + 2 * (TWELVE - TEN) * 12)
    assert codes(await place(db, rival, *carts, request=CARD)) == [None, "INSUFFICIENT_STOCK", None, "LOCKER_FULL"]
