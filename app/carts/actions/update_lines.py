"""Change the quantities of a cart's lines."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from app.carts import sql
from app.carts.actions.keep_reserved import keep_reserved
from app.carts.actions.remove_lines import require_lines
from app.carts.model import check_quantities, check_row_count
from app.catalog.sql import sellables
from app.kit.db import WriteTx
from app.kit.permissions import SHOPPER


async def update_lines(
    tx: WriteTx, cart_id: UUID, quantities: Mapping[UUID, int], *, now: datetime, actor: str = SHOPPER.reference
) -> None:
    """Set the units of lines, 0 to 9,999; 0 removes a line. The lines take the prices of now: the buyer
    has seen them.

    A line whose goods are not sold any more keeps its price, and its problem. Raises NotFound (cart, line),
    CartCompleted, CartExpired, InvalidInput, InvalidQuantity or CartTooLarge.
    """
    cart = await sql.lock_open_cart(tx, cart_id, now=now)
    check_row_count(len(quantities), "lines")
    check_quantities(quantities.values(), "lines", minimum=0)
    lines = require_lines(await sql.lines_of(tx, cart_id), list(quantities), "lines", "lineId")
    kept = [line for line in lines if quantities[line.id]]
    goods = await sellables(tx, [line.variant_id for line in kept], cart.channel_id)
    offers = [goods.get(line.variant_id) for line in kept]
    await tx.execute(
        sql.UPDATE_LINES,
        cart_id=cart_id,
        ids=[line.id for line in kept],
        quantities=[quantities[line.id] for line in kept],
        prices=[None if offer is None or not offer.is_sold else offer.price_minor for offer in offers],
    )
    removed = [line.id for line in lines if not quantities[line.id]]
    if removed:
        await tx.execute(sql.DELETE_LINES, cart_id=cart_id, ids=removed)
    await sql.save_change(tx, cart_id, now=now)
    await keep_reserved(tx, cart, actor=actor, now=now)
