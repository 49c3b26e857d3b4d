"""Statements about what goes into lockers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from app.capacity.model.claims import CompartmentWish
from app.capacity.model.parcels import parcel_of
from app.engine.relations import groups_by
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement
from app.locations.model import LocationKind

# What was ordered, whoever sends it.
_GOODS: Final = Statement("""
    SELECT line.delivery_id, line.quantity, variant.length_mm, variant.width_mm, variant.height_mm,
           variant.temperature
      FROM order_lines AS line JOIN variants AS variant ON variant.id = line.variant_id
     WHERE line.delivery_id = ANY(CAST(:delivery_ids AS uuid[])) ORDER BY line.delivery_id, line.line_no
""")
# A station that hands over for the channel that sold the order.
_TARGET: Final = Statement("""
    SELECT place.id, place.code, place.partner_id
      FROM orders AS sold
      JOIN channels AS channel ON channel.id = sold.channel_id
      JOIN location_group_members AS member ON member.group_id = channel.location_group_id
      JOIN locations AS place ON place.id = member.location_id
     WHERE sold.id = :order_id AND place.id = :location_id AND place.kind = :kind
       AND place.is_active AND place.hands_over
""")
_MOVE: Final = Statement("""
    UPDATE pickups AS pickup
       SET location_id = :location_id, partner_id = :partner_id, version = pickup.version + 1
     WHERE pickup.id = :id
    RETURNING pickup.id, pickup.order_id, pickup.number, pickup.partner_id, pickup.location_id, pickup.is_sandbox,
              pickup.status, pickup.version
""")


async def wishes_of(
    tx: ReadTx, order_id: UUID, places: Mapping[UUID, int], placed_at: datetime
) -> list[CompartmentWish]:
    """What deliveries of an order need of lockers. places: location id by delivery id."""
    goods = groups_by(await tx.fetch(_GOODS, delivery_ids=list(places)), "delivery_id")
    return [
        CompartmentWish(
            delivery_id,
            order_id,
            location_id,
            parcel_of((row, row.quantity) for row in goods.get(delivery_id, ())),
            placed_at,
        )
        for delivery_id, location_id in places.items()
    ]


async def find_target(tx: ReadTx, order_id: UUID, location_id: int) -> Row | None:
    """A locker station (id, code, partner_id) that the order may go to; None when it is none."""
    return await tx.fetchrow(_TARGET, order_id=order_id, location_id=location_id, kind=LocationKind.LOCKER_STATION)


async def place_pickup(tx: WriteTx, pickup_id: UUID, *, location_id: int, partner_id: UUID | None) -> list[Row]:
    """Write where a locked pickup takes place; returns what `move_pickup.tell_of_pickups` takes."""
    return await tx.fetch(_MOVE, id=pickup_id, location_id=location_id, partner_id=partner_id)
