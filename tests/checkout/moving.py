"""Units of orders are missing where they were to come from."""

from typing import Any
from uuid import UUID

from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.inventory.actions.correct_stock import Correctness
from app.inventory.model.corrections import Correction, PromisePolicy
from app.kit.db import Database
from tests.checkout.builders import Shop
from tests.inventory.builders import corrected, counters


async def lose(db: Database, shop: Shop, where: str = "warehouse", **left: int) -> Correctness:
    """So many units of each variant are left there."""
    rows = [Correction(shop.variants[code], shop.places[where], quantity=units) for code, units in left.items()]
    return await corrected(db, *rows, policy=PromisePolicy.RESOURCE_YOUNGEST, elsewhere=ORDERS_ELSEWHERE)


async def stock(db: Database, shop: Shop, code: str = "A") -> dict[str, tuple[int, int, int]]:
    """(on hand, reserved, allocated) by place."""
    found = await counters(db)
    return {
        name: found[shop.variants[code], place][:3]
        for name, place in shop.places.items()
        if (shop.variants[code], place) in found
    }


async def history(db: Database, order_id: UUID, kind: str) -> list[Any]:
    async with db.read() as tx:
        rows = await tx.connection.fetch(
            "SELECT facts FROM order_history WHERE order_id = $1 AND kind = $2 ORDER BY id", order_id, kind
        )
    return [row["facts"] for row in rows]
