"""Reservations of carts for tests."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.carts.actions.reserve_carts import CartHold, reserve_carts
from app.kit.db import Database
from app.kit.errors import answer_of
from app.kit.statement import Statement
from tests.conftest import NOW

_HELD: Final = Statement("""
    SELECT v.sku, h.line_no, h.location_id, h.quantity, h.expires_at, h.extendable_until, h.extended_at
      FROM carts c JOIN holds h ON h.owner_id = c.reservation_id AND h.state = 'R'
      JOIN variants v ON v.id = h.variant_id
     WHERE c.id = :id ORDER BY h.line_no, v.sku, h.location_id
""")


async def reserve(db: Database, *cart_ids: UUID, now: datetime = NOW, **options: Any) -> None:
    """`reserve_carts` in a transaction of its own. Raises the first refusal."""
    asked = [CartHold(cart_id, now, "shopper", **options) for cart_id in cart_ids]
    for answer in await db.in_write(lambda tx: reserve_carts(tx, asked, now=now)):
        answer_of(answer)


async def reserved(db: Database, cart_id: UUID) -> list[tuple[int, str, int, int]]:
    """(line, SKU, location, units) of what is reserved for a cart."""
    async with db.read() as tx:
        return [
            (row["line_no"], row["sku"], row["location_id"], row["quantity"])
            for row in await tx.fetch(_HELD, id=cart_id)
        ]


async def ends(db: Database, cart_id: UUID) -> set[tuple[datetime, datetime, datetime | None]]:
    """(end, latest end, last extension) of what is reserved for a cart."""
    async with db.read() as tx:
        return {
            (row["expires_at"], row["extendable_until"], row["extended_at"])
            for row in await tx.fetch(_HELD, id=cart_id)
        }
