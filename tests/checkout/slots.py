"""A shop whose store hands over in slots, and its carts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.carts.actions.set_delivery import set_delivery
from app.carts.model import Destination
from app.carts.sql import lines_of
from app.checkout.actions.place_orders import place_orders
from app.checkout.model import Checkout, CheckoutRequest, PlacedOrder
from app.kit.db import Database
from app.kit.errors import DomainError
from app.sourcing.model import DeliveryMode
from tests.capacity.slots import TEN, save
from tests.checkout.builders import AT_PICKUP, Shop, make_cart, make_shop
from tests.conftest import NOW


async def slot_shop(
    db: Database, capacity: int = 1, stock: dict[tuple[str, str], int] | None = None, **rules: Any
) -> Shop:
    """Shibuya hands over in slots; what it has not comes from the warehouse."""
    shop = await make_shop(db, stock or {("A", "shibuya"): 50, ("B", "warehouse"): 50})
    async with db.write() as tx:
        await save(tx, shop.places["shibuya"], capacity, **rules)
    return shop


async def slot_cart(db: Database, shop: Shop, lines: dict[str, int], begins: datetime | None = TEN) -> UUID:
    async with db.write() as tx:
        cart_id = await make_cart(tx, shop, lines)
        await choose(tx, cart_id, shop, begins)
    return cart_id


async def choose(tx: Any, cart_id: UUID, shop: Shop, begins: datetime | None, *, only: Sequence[str] = "ABC") -> None:
    wanted = [line.id for line in await lines_of(tx, cart_id) if line.sku.removeprefix("SKU-") in only]
    destination = Destination(DeliveryMode.STORE_PICKUP, shop.places["shibuya"], slot_begins=begins)
    await set_delivery(tx, cart_id, wanted, destination, now=NOW)


async def place(
    db: Database, *carts: UUID, request: CheckoutRequest = AT_PICKUP, now: datetime = NOW
) -> list[PlacedOrder | DomainError]:
    checkouts = [Checkout(cart_id, request, now) for cart_id in carts]
    return await db.in_write(lambda tx: place_orders(tx, checkouts, actor="shopper", now=now))


def codes(answers: Sequence[PlacedOrder | DomainError]) -> list[str | None]:
    return [None if isinstance(one, PlacedOrder) else str(one.code) for one in answers]
