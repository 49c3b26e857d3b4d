"""A small shop, carts in it, and what is stored of a cart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.carts import sql
from app.carts.actions.create_carts import create_carts
from app.carts.model import AddressDraft, CartDraft, WantedLine
from app.kit.db import Database, WriteTx
from app.kit.errors import answer_of
from app.kit.statement import Statement
from tests.catalog.builders import make_variant
from tests.channels.builders import make_channel
from tests.conftest import NOW
from tests.inventory.builders import put_stock
from tests.locations.builders import make_group, make_location

TOKYO, SHIBUYA, YOKOHAMA, OSAKA = (35.6812, 139.7671), (35.6580, 139.7016), (35.4437, 139.6380), (34.7025, 135.4959)
ADDRESS: Final = AddressDraft(
    name="山田 花子",
    name_kana="ヤマダ ハナコ",
    phone="03-1234-5678",
    postal_code="150-0001",
    prefecture=13,
    city="渋谷区",
    line1="神宮前1-2-3",
)
_CART: Final = Statement("SELECT status, version, updated_at, expires_at FROM carts WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Shop:
    """One warehouse in Osaka, stores in Shibuya and Yokohama, a konbini, a locker and a channel that uses them all."""

    warehouse: int
    shibuya: int
    yokohama: int
    konbini: int
    locker: int
    group: int
    channel: int


async def make_shop(tx: WriteTx, *, code: str = "web", **channel: Any) -> Shop:
    """Places with coordinates and nothing on their shelves; other keywords go to `make_channel`."""
    warehouse = await make_location(tx, code=f"{code}-WH", kind="EC_WAREHOUSE", near=OSAKA, prefecture=27)
    shibuya = await make_location(tx, code=f"{code}-SHIBUYA", near=SHIBUYA)
    yokohama = await make_location(tx, code=f"{code}-YOKOHAMA", near=YOKOHAMA, prefecture=14)
    konbini = await make_location(tx, code=f"{code}-KONBINI", kind="CONVENIENCE_STORE", near=TOKYO)
    locker = await make_location(tx, code=f"{code}-LOCKER", kind="LOCKER_STATION", near=YOKOHAMA)
    group = await make_group(tx, [warehouse, shibuya, yokohama, konbini, locker])
    channel_id = await make_channel(tx, group, code=code, **channel)
    return Shop(warehouse, shibuya, yokohama, konbini, locker, group, channel_id)


async def make_goods(
    tx: WriteTx, shop: Shop, sku: str, *, price: int = 1980, stock: dict[int, int] | None = None, **variant: Any
) -> int:
    """A variant that the shop sells; stock: units by location id."""
    variant_id = await make_variant(tx, sku, price=price, channel_id=shop.channel, **variant)
    for location_id, units in (stock or {}).items():
        await put_stock(tx, variant_id, location_id, units)
    return variant_id


async def make_cart(tx: WriteTx, *lines: tuple[str, int], channel: str = "web", now: datetime = NOW) -> UUID:
    """A cart with lines of (SKU, quantity)."""
    wanted = [WantedLine(quantity, sku) for sku, quantity in lines]
    [cart_id] = await create_carts(tx, [CartDraft(channel, now, wanted)])
    return answer_of(cart_id)


async def line_ids(db: Database, cart_id: UUID) -> dict[str, UUID]:
    """Line ids by SKU, in the order of the lines."""
    async with db.read() as tx:
        return {row.sku: row.id for row in await sql.lines_of(tx, cart_id)}


async def contents(db: Database, cart_id: UUID) -> list[tuple[str, int, int]]:
    """(SKU, quantity, price seen) of each line."""
    async with db.read() as tx:
        return [(row.sku, row.quantity, row.unit_price_minor) for row in await sql.lines_of(tx, cart_id)]


async def deliveries(db: Database, cart_id: UUID) -> list[tuple[str, int | None, list[str]]]:
    """(mode, location id, SKUs) of each delivery; then one with the mode "" for lines without any."""
    async with db.read() as tx:
        rows = await sql.deliveries_of(tx, cart_id)
        lines = await sql.lines_of(tx, cart_id)
    found = [(row.mode, row.location_id, [line.sku for line in lines if line.delivery_id == row.id]) for row in rows]
    rest = [line.sku for line in lines if line.delivery_id is None]
    return [*found, ("", None, rest)] if rest else found


async def stamp(db: Database, cart_id: UUID) -> tuple[str, int, datetime, datetime]:
    """(status, version, updated_at, expires_at)."""
    async with db.read() as tx:
        row = await tx.fetchrow(_CART, id=cart_id)
    assert row is not None
    return row.status, row.version, row.updated_at, row.expires_at


def paths(refusals: Sequence[Any]) -> list[tuple[str, str]]:
    """(code, last parts of the path) of refusals."""
    return [(refusal.code.value, ".".join(refusal.path)) for refusal in refusals]
