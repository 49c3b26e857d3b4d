"""Put goods into a cart."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.carts import sql
from app.carts.actions.keep_reserved import keep_reserved
from app.carts.model import (
    WantedLine,
    check_quantities,
    check_row_count,
    check_sold,
    skus_of,
    units_by_variant,
    variants_of,
)
from app.catalog.sql import sellables, variant_ids_by_sku
from app.kit.db import WriteTx
from app.kit.ids import new_id
from app.kit.permissions import SHOPPER


async def add_lines(
    tx: WriteTx, cart_id: UUID, lines: Sequence[WantedLine], *, now: datetime, actor: str = SHOPPER.reference
) -> None:
    """Add units to a cart, at the prices of its channel now. Units of a variant that is in it are added to
    its line.

    lines: 1 to 100 rows of 1 to 9,999 units. Raises NotFound (cart, variant), CartCompleted, CartExpired,
    InvalidInput, InvalidQuantity, CartTooLarge or NotSold; several refusals of rows come together. actor: who gives
    reserved units back where nobody needs them any more.
    """
    cart = await sql.lock_open_cart(tx, cart_id, now=now)
    check_row_count(len(lines), "lines")
    check_quantities([line.quantity for line in lines], "lines")
    skus = skus_of(lines)
    variant_ids = variants_of(lines, await variant_ids_by_sku(tx, sorted(skus)) if skus else {})
    goods = await sellables(tx, list(dict.fromkeys(variant_ids)), cart.channel_id)
    check_sold(variant_ids, goods, lines)
    present = {row.variant_id: row.quantity for row in await sql.lines_of(tx, cart_id)}
    wanted = units_by_variant(variant_ids, lines, present)
    await tx.execute(
        sql.PUT_LINES,
        ids=[new_id() for _ in wanted],
        cart_ids=[cart_id for _ in wanted],
        variant_ids=list(wanted),
        quantities=list(wanted.values()),
        prices=[goods[variant_id].price_minor for variant_id in wanted],
        delivery_ids=[None for _ in wanted],
    )
    await sql.save_change(tx, cart_id, now=now)
    await keep_reserved(tx, cart, actor=actor, now=now)
