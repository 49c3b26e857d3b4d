"""Reads over the slices below, for imports."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ARRAY, Text, bindparam, func, select

from app.kit.db import ReadTx
from app.kit.statement import Statement
from app.locations.tables import location_group_members, locations
from app.orders.tables import orders

_EXISTING: Final = Statement(
    select(orders.c.external_reference)
    .where(orders.c.source_system == bindparam("source"))
    .where(orders.c.external_reference == func.any(bindparam("references", type_=ARRAY(Text))))
)
_STOCK_LOCATIONS: Final = Statement(
    select(locations.c.id)
    .join(location_group_members, location_group_members.c.location_id == locations.c.id)
    .where(location_group_members.c.group_id == bindparam("group_id"))
    .where(locations.c.holds_stock, locations.c.is_active)
    .order_by(locations.c.id)
)
_OVERSOLD: Final = Statement("SELECT count(*) FROM stock WHERE reserved + allocated > on_hand OR on_hand < 0")


async def existing_orders(tx: ReadTx, source: str, references: Sequence[str]) -> set[str]:
    """Those of `references` that are orders already."""
    rows = await tx.fetch(_EXISTING, source=source, references=list(references))
    return {row["external_reference"] for row in rows}


async def stock_locations(tx: ReadTx, group_id: int) -> list[int]:
    """Ids of the active locations of a group that hold stock, in id order."""
    return [row["id"] for row in await tx.fetch(_STOCK_LOCATIONS, group_id=group_id)]


async def oversold_keys(tx: ReadTx) -> int:
    """How many (variant, location) promise more than there is: 0, always."""
    return await tx.fetchval(_OVERSOLD)
