"""Put goods into a cart."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.carts import sql
from app.carts.errors import NotSold
from app.carts.model import (
    MAX_QUANTITY,
    WantedLine,
    check_quantities,
    check_row_count,
    invalid_quantity,
    is_plain_text,
)
from app.catalog.sql import sellables, variant_ids_by_sku
from app.kit.db import Row, WriteTx
from app.kit.errors import DomainError, InvalidInput, NotFound, Refusals
from app.kit.ids import new_id


async def add_lines(tx: WriteTx, cart_id: UUID, lines: Sequence[WantedLine], *, now: datetime) -> None:
    """Add units to a cart, at the prices of its channel now. Units of a variant that is in it are added to
    its line.

    lines: 1 to 100 rows of 1 to 9,999 units. Raises NotFound (cart, variant), CartCompleted, CartExpired,
    InvalidInput, InvalidQuantity, CartTooLarge or NotSold; several refusals of rows come together.
    """
    cart = await sql.lock_open_cart(tx, cart_id, now=now)
    check_row_count(len(lines), "lines")
    await put_lines(tx, cart_id, cart.channel_id, lines)
    await sql.save_change(tx, cart_id, now=now)


async def put_lines(tx: WriteTx, cart_id: UUID, channel_id: int, lines: Sequence[WantedLine]) -> None:
    """The part of `add_lines` between the lock and the cart's new version."""
    check_quantities([line.quantity for line in lines], "lines")
    variant_ids = await _variant_ids(tx, lines)
    goods = await sellables(tx, list(dict.fromkeys(variant_ids)), channel_id)
    _check_sold(variant_ids, goods, lines)
    wanted: dict[int, int] = {}
    present = {row.variant_id: row.quantity for row in await sql.lines_of(tx, cart_id)}
    for index, (variant_id, line) in enumerate(zip(variant_ids, lines, strict=True)):
        wanted[variant_id] = wanted.get(variant_id, 0) + line.quantity
        together = present.get(variant_id, 0) + wanted[variant_id]
        if together > MAX_QUANTITY:
            raise invalid_quantity(together, ["input", "lines", str(index), "quantity"])
    await tx.execute(
        sql.PUT_LINES,
        cart_id=cart_id,
        ids=[new_id() for _ in wanted],
        variant_ids=list(wanted),
        quantities=list(wanted.values()),
        prices=[goods[variant_id].price_minor for variant_id in wanted],
    )


async def _variant_ids(tx: WriteTx, lines: Sequence[WantedLine]) -> list[int]:
    """The variant of each row. Raises InvalidInput or NotFound, once for each wrong row."""
    # A text that PostgreSQL cannot even hold is no SKU.
    skus = {line.sku for line in lines if line.sku is not None and is_plain_text(line.sku)}
    by_sku = await variant_ids_by_sku(tx, sorted(skus)) if skus else {}
    refusals: list[DomainError] = []
    found: list[int] = []
    for index, line in enumerate(lines):
        path = ["input", "lines", str(index)]
        variant_id = line.variant_id if line.sku is None else by_sku.get(line.sku)
        if (line.sku is None) == (line.variant_id is None):
            refusals.append(InvalidInput("Name the goods by either sku or variantId.", path=path))
        elif variant_id is None:
            refusals.append(NotFound("There is no such SKU.", path=[*path, "sku"]))
        else:
            found.append(variant_id)
    if refusals:
        raise Refusals(refusals)
    return found


def _check_sold(variant_ids: Sequence[int], goods: dict[int, Row], lines: Sequence[WantedLine]) -> None:
    """Raises NotFound or NotSold, once for each row that cannot be bought in the channel."""
    refusals: list[DomainError] = []
    for index, variant_id in enumerate(variant_ids):
        row = goods.get(variant_id)
        path = ["input", "lines", str(index), "variantId" if lines[index].sku is None else "sku"]
        if row is None:
            refusals.append(NotFound("There is no such variant.", path=path))
        elif not row.is_sold or row.price_minor is None:
            message = f"{row.sku} is not sold in this channel now."
            refusals.append(NotSold(message, path=path, sku=row.sku, variant_id=variant_id))
    if refusals:
        raise Refusals(refusals)
