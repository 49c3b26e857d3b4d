"""Take lines out of a cart."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from app.carts import sql
from app.carts.actions.keep_reserved import keep_reserved
from app.carts.model import check_row_count
from app.kit.db import Row, WriteTx
from app.kit.errors import DomainError, NotFound, Refusals
from app.kit.permissions import SHOPPER


async def remove_lines(
    tx: WriteTx, cart_id: UUID, line_ids: Sequence[UUID], *, now: datetime, actor: str = SHOPPER.reference
) -> None:
    """Remove lines, 1 to 100 at once, and the deliveries that have none left.

    Raises NotFound (cart, line), CartCompleted, CartExpired, InvalidInput or CartTooLarge.
    """
    cart = await sql.lock_open_cart(tx, cart_id, now=now)
    check_row_count(len(line_ids), "lineIds")
    require_lines(await sql.lines_of(tx, cart_id), line_ids, "lineIds")
    await tx.execute(sql.DELETE_LINES, cart_id=cart_id, ids=list(line_ids))
    await sql.save_change(tx, cart_id, now=now)
    await keep_reserved(tx, cart, actor=actor, now=now)


def require_lines(lines: Iterable[Row], wanted: Sequence[UUID], *path: str) -> list[Row]:
    """The rows of the wanted lines, in that order.

    path: the name of the list in the input and of the id in its rows. Raises NotFound, once for each
    unknown id.
    """
    by_id = {line.id: line for line in lines}
    name, *field = path
    refusals: list[DomainError] = [
        NotFound("The cart has no such line.", path=["input", name, str(index), *field])
        for index, line_id in enumerate(wanted)
        if line_id not in by_id
    ]
    if refusals:
        raise Refusals(refusals)
    return [by_id[line_id] for line_id in wanted]
