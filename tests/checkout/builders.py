"""A small shop with carts that can be checked out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from app.carts import sql as carts_sql
from app.carts.actions.add_lines import add_lines
from app.carts.actions.set_delivery import set_delivery
from app.carts.model import AddressDraft, Destination, WantedLine
from app.checkout.actions.place_orders import place_orders
from app.checkout.model import Checkout, CheckoutRequest
from app.kit.db import Database, WriteTx
from app.kit.errors import answer_of
from app.kit.ids import new_id
from app.kit.statement import Statement
from app.payments.model import PaymentMethod
from app.sourcing.model import DeliveryMode
from tests.catalog.builders import make_variant
from tests.channels.builders import make_channel
from tests.conftest import NOW
from tests.inventory.builders import put_stock
from tests.locations.builders import make_group, make_location

EMAIL: Final = "hanako@example.jp"
CARD: Final = CheckoutRequest(PaymentMethod.CARD, email=EMAIL, token="tok_ok")
AT_PICKUP: Final = CheckoutRequest(PaymentMethod.PAY_AT_PICKUP, email=EMAIL)
# Everything that an order leaves behind: a refusal leaves none of it.
TRACES: Final = ("orders", "order_lines", "order_history", "holds", "ledger", "outbox", "payments", "transfers")
_AREA: Final = Statement("""
    INSERT INTO postal_areas (prefix, prefecture, latitude, longitude) VALUES (:prefix, 13, :latitude, :longitude)
""")


@dataclass(frozen=True)
class Shop:
    """One warehouse, two stores, a convenience store of a partner's chain, and variants SKU-A, SKU-B, SKU-C."""

    channel_id: int
    places: Mapping[str, int]
    variants: Mapping[str, int]


async def make_shop(db: Database, stock: Mapping[tuple[str, str], int] | None = None, **channel: Any) -> Shop:
    """The shop, with `stock` as units by (SKU's letter, place)."""
    async with db.write() as tx:
        places = {
            "warehouse": await make_location(tx, code="warehouse", kind="EC_WAREHOUSE", near=(35.6, 140.1)),
            "shibuya": await make_location(tx, code="shibuya", kind="STORE", near=(35.66, 139.70)),
            "osaka": await make_location(tx, code="osaka", kind="STORE", near=(34.70, 135.50)),
            "konbini": await make_location(tx, code="konbini", kind="CONVENIENCE_STORE", near=(34.69, 135.51)),
        }
        channel_id = await make_channel(tx, await make_group(tx, places.values()), **channel)
        variants = {
            letter: await make_variant(tx, f"SKU-{letter}", price=price, channel_id=channel_id, **product)
            for letter, price, product in (
                ("A", 1100, {}),
                ("B", 540, {"tax_class": "REDUCED_8"}),
                ("C", 3000, {"girth_cm": 160}),
            )
        }
        for (letter, place), units in (stock or {}).items():
            await put_stock(tx, variants[letter], places[place], units)
        await tx.execute(_AREA, prefix="150", latitude=35.66, longitude=139.70)
        await tx.execute(_AREA, prefix="530", latitude=34.70, longitude=135.50)
    return Shop(channel_id, places, variants)


async def make_cart(
    tx: WriteTx, shop: Shop, lines: Mapping[str, int], *, email: str | None = None, currency: str = "JPY"
) -> UUID:
    """An open cart with units by the SKU's letter; nothing is said about deliveries."""
    cart_id = new_id()
    await tx.execute(
        carts_sql.INSERT_CARTS,
        ids=[cart_id],
        channel_ids=[shop.channel_id],
        currencies=[currency],
        emails=[email],
        member_ids=[None],
        nows=[NOW],
        expiries=[NOW + timedelta(days=30)],
    )
    if lines:
        wanted = [WantedLine(quantity, sku=f"SKU-{letter}") for letter, quantity in lines.items()]
        await add_lines(tx, cart_id, wanted, now=NOW)
    return cart_id


async def deliver(
    tx: WriteTx, cart_id: UUID, shop: Shop, letters: Sequence[str], to: str, *, postal_code: str = "1500001"
) -> None:
    """Hand lines over at a place of the shop, or at `home`."""
    lines = await carts_sql.lines_of(tx, cart_id)
    wanted = [line.id for line in lines if line.sku.removeprefix("SKU-") in letters]
    modes = {"home": DeliveryMode.HOME_DELIVERY, "konbini": DeliveryMode.CONVENIENCE_STORE_PICKUP}
    address = AddressDraft(
        name="山田 花子",
        phone="03-1234-5678",
        postal_code=postal_code,
        prefecture=13,
        city="渋谷区",
        line1="神宮前1-1-1",
    )
    mode = modes.get(to, DeliveryMode.STORE_PICKUP)
    destination = Destination(mode, shop.places.get(to), address if to == "home" else None)
    await set_delivery(tx, cart_id, wanted, destination, now=NOW)


async def ready_cart(db: Database, shop: Shop, lines: Mapping[str, int], to: str = "home", **delivery: Any) -> UUID:
    """A cart whose lines all go to one place."""
    async with db.write() as tx:
        cart_id = await make_cart(tx, shop, lines)
        await deliver(tx, cart_id, shop, list(lines), to, **delivery)
    return cart_id


async def check_out(db: Database, cart_id: UUID, request: CheckoutRequest = AT_PICKUP) -> UUID:
    """`place_orders` for one cart, in a transaction of its own. Raises its refusal."""
    [answer] = await db.in_write(
        lambda tx: place_orders(tx, [Checkout(cart_id, request, NOW)], actor="shopper", now=NOW)
    )
    return answer_of(answer).order_id


async def holds_of(db: Database, owner_id: UUID) -> list[tuple[int, int, int, str]]:
    """(line_no, location_id, quantity, state), in order."""
    async with db.read() as tx:
        rows = await tx.fetch(
            Statement("SELECT * FROM holds WHERE owner_id = :id ORDER BY line_no, location_id"), id=owner_id
        )
    return [(row.line_no, row.location_id, row.quantity, row.state) for row in rows]


async def transfers_of(db: Database, order_id: UUID) -> list[tuple[int, int, list[tuple[int, int, int]]]]:
    """(from, to, [(order_line_no, variant_id, quantity)]) of an order's transfers."""
    async with db.read() as tx:
        rows = await tx.fetch(
            Statement("""
                SELECT t.from_location_id, t.to_location_id, l.order_line_no, l.variant_id, l.quantity
                  FROM transfers AS t JOIN transfer_lines AS l ON l.transfer_id = t.id
                 WHERE t.order_id = :id ORDER BY t.from_location_id, t.id, l.line_no"""),
            id=order_id,
        )
    routes: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for row in rows:
        route = (row.from_location_id, row.to_location_id)
        routes.setdefault(route, []).append((row.order_line_no, row.variant_id, row.quantity))
    return [(*route, lines) for route, lines in routes.items()]


async def expire_holds(db: Database, minutes: int = 16) -> list[UUID]:
    """Let reservations run out: what the inventory's timed job does."""
    from app.inventory.actions.expire_reservations import expire_reservations  # noqa: PLC0415

    return await db.in_write(lambda tx: expire_reservations(tx, now=NOW + timedelta(minutes=minutes)))
