"""Steps of orders under selling rules."""

from typing import Any
from uuid import UUID

import pytest

from app.carts.sql import load_contents, lock_cart
from app.fulfillment.actions.create_shipment import create_shipment
from app.fulfillment.model.packages import PackageDraft
from app.kit.db import Database
from app.kit.errors import DomainError, Refusals
from tests.checkout.builders import (
    CARD,
    Shop,
    check_out,
)
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF
from tests.fulfillment.views import fulfillments_of
from tests.inventory.builders import put_stock
from tests.pump import pump


async def receive(db: Database, shop: Shop, letter: str, place: str, units: int) -> None:
    """Units arrive, and everybody hears of it."""
    async with db.write() as tx:
        await put_stock(tx, shop.variants[letter], shop.places[place], units)
    await pump(db, now=NOW)


async def problems_of(db: Database, cart_id: UUID) -> list[tuple[str, Any]]:
    """(code, available) of what the cart shows."""
    async with db.write() as tx:
        cart = await lock_cart(tx, cart_id)
        assert cart is not None
        contents = (await load_contents(tx, [cart], now=NOW))[cart_id]
    return [(problem.code, getattr(problem, "available", None)) for problem in contents.problems()]


async def refused(db: Database, cart_id: UUID) -> list[DomainError]:
    """What the checkout says against it."""
    with pytest.raises(Refusals) as caught:
        await check_out(db, cart_id, CARD)
    return caught.value.refusals


async def pay_by_card(db: Database, cart_id: UUID) -> UUID:
    """An order that is paid by card."""
    from app.checkout.actions.complete_payment import complete_payment  # noqa: PLC0415

    order_id = await check_out(db, cart_id, CARD)
    await complete_payment(db, order_id, actor="shopper", now=NOW)
    await pump(db, now=NOW)
    return order_id


async def ship_everything(db: Database, order_id: UUID) -> None:
    """Every open parcel leaves."""
    for number, row in enumerate(await fulfillments_of(db, order_id)):
        if row.status == "OPEN":
            tracking = f"{order_id}-{number}"
            await db.in_write(
                lambda tx, row=row, tracking=tracking: create_shipment(
                    tx, row.id, [PackageDraft("yamato", tracking)], actor=STAFF, now=NOW
                )
            )
    await pump(db, now=NOW)
