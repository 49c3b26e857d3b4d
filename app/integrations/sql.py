"""Reads over the slices below, for imports."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ARRAY, Text, bindparam, func, select

from app.kit.db import ReadTx, Row
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


# What is to leave a location for the address of a buyer, and nobody holds back: what its label says.
_TO_LABEL: Final = Statement("""
    SELECT fulfillment.id, fulfillment.number, fulfillment.order_id, delivery.address,
           array_agg(line.names ORDER BY line.line_no) AS goods,
           CASE WHEN bool_or(variant.temperature = 'FROZEN') THEN 'FROZEN'
                WHEN bool_or(variant.temperature = 'CHILLED') THEN 'CHILLED' ELSE 'NORMAL' END AS temperature
      FROM fulfillments AS fulfillment
      JOIN order_deliveries AS delivery ON delivery.id = fulfillment.delivery_id
      JOIN fulfillment_lines AS part ON part.fulfillment_id = fulfillment.id
      JOIN order_lines AS line ON line.order_id = fulfillment.order_id AND line.line_no = part.line_no
      JOIN variants AS variant ON variant.id = part.variant_id
     WHERE fulfillment.location_id = :location_id AND fulfillment.kind = 'SHIP' AND fulfillment.status = 'OPEN'
       AND delivery.mode = 'HOME_DELIVERY' AND delivery.address IS NOT NULL AND fulfillment.number > :after
       AND NOT EXISTS (
           SELECT FROM work_instructions WHERE fulfillment_id = fulfillment.id AND status = 'ON_HOLD')
     GROUP BY fulfillment.id, delivery.id
     ORDER BY fulfillment.number
     LIMIT :limit
""")
_LOCATION: Final = Statement("SELECT * FROM locations WHERE code = :code")
_BY_NUMBER: Final = Statement("""
    SELECT fulfillment.number, fulfillment.id, fulfillment.status, fulfillment.location_id,
           array_agg(package.tracking_number ORDER BY package.number) FILTER (WHERE package.id IS NOT NULL) AS parcels,
           min(package.carrier) AS carrier
      FROM fulfillments AS fulfillment
      LEFT JOIN shipments AS shipment ON shipment.fulfillment_id = fulfillment.id
      LEFT JOIN packages AS package ON package.shipment_id = shipment.id
     WHERE fulfillment.number = ANY(CAST(:numbers AS bigint[]))
     GROUP BY fulfillment.id
""")


async def to_label(tx: ReadTx, location_id: int, *, after: int, limit: int) -> list[Row]:
    """What is to leave a location by parcel, behind a number: id, number, order_id, address, goods, temperature (of the
    coldest of them).
    """
    return await tx.fetch(_TO_LABEL, location_id=location_id, after=after, limit=limit)


async def location_by_code(tx: ReadTx, code: str) -> Row | None:
    """A location, all columns."""
    return await tx.fetchrow(_LOCATION, code=code)


async def fulfillments_by_number(tx: ReadTx, numbers: Sequence[int]) -> dict[int, Row]:
    """Fulfillments by their numbers: id, status; parcels (tracking numbers) and carrier of those that have left."""
    return {row["number"]: row for row in await tx.fetch(_BY_NUMBER, numbers=list(numbers))}
