"""Statements about fulfillments, their lines and shipments, and about the claims that they stand on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from app.fulfillment.model import ClaimedUnits, FulfillmentState, Share
from app.fulfillment.tables import fulfillment_lines, fulfillments
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.ids import new_id
from app.kit.statement import Statement

_IDS: Final = func.any(bindparam("ids", type_=ARRAY(Uuid)))

# Claims of an order, in units of its lines, with the delivery that each is for. Goods taken away at a till need no
# fulfillment. Units that were lost on their way to a store before the work is planned are planned, too: who follows the
# transfer takes them out.
_CLAIMED_UNITS: Final = Statement("""
    SELECT delivery.id AS delivery_id, delivery.mode, delivery.location_id AS destination_id,
           line.line_no, line.variant_id, claim.location_id, claim.units AS quantity
      FROM claimed_line_units AS claim
      JOIN order_lines AS line ON line.order_id = claim.order_id AND line.line_no = claim.line_no
      JOIN order_deliveries AS delivery ON delivery.id = line.delivery_id
     WHERE claim.order_id = :order_id AND delivery.mode <> 'TAKE_AWAY'
     UNION ALL
    SELECT delivery.id, delivery.mode, delivery.location_id, line.line_no, line.variant_id, delivery.location_id,
           line.quantity - line.fulfilled_quantity - line.canceled_quantity - line.short_quantity - claimed.units
      FROM order_lines AS line JOIN order_deliveries AS delivery ON delivery.id = line.delivery_id
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(hold.quantity), 0)::int AS units FROM holds AS hold
            WHERE hold.owner_id = line.order_id AND hold.line_no = line.line_no AND hold.state = 'A') AS claimed
     WHERE line.order_id = :order_id AND delivery.mode = 'STORE_PICKUP'
       AND line.quantity - line.fulfilled_quantity - line.canceled_quantity - line.short_quantity > claimed.units
       AND EXISTS (
           SELECT FROM transfers AS transfer JOIN transfer_lines AS sent ON sent.transfer_id = transfer.id
            WHERE transfer.order_id = line.order_id AND sent.order_line_no = line.line_no
               AND sent.lost_quantity + sent.damaged_quantity + sent.withdrawn_quantity > 0)
     ORDER BY delivery_id, location_id, line_no
""")
_INSERT: Final = Statement("""
    INSERT INTO fulfillments (id, order_id, delivery_id, kind, location_id, status, created_at)
    SELECT new.id, :order_id, new.delivery_id, new.kind, new.location_id, 'OPEN', :now
      FROM unnest(CAST(:ids AS uuid[]), CAST(:delivery_ids AS uuid[]), CAST(:kinds AS text[]),
                  CAST(:location_ids AS int[])) AS new (id, delivery_id, kind, location_id)
""")
_INSERT_LINES: Final = Statement("""
    INSERT INTO fulfillment_lines (fulfillment_id, line_no, variant_id, quantity)
    SELECT * FROM unnest(CAST(:fulfillment_ids AS uuid[]), CAST(:line_nos AS int[]),
                         CAST(:variant_ids AS bigint[]), CAST(:quantities AS int[]))
""")
_BY_ID: Final = Statement("""
    SELECT fulfillment.*, location.partner_id
      FROM fulfillments AS fulfillment JOIN locations AS location ON location.id = fulfillment.location_id
     WHERE fulfillment.id = :id
""")
_LOCK: Final = Statement(select(fulfillments).where(fulfillments.c.id == bindparam("id", type_=Uuid)).with_for_update())
_OF_ORDER: Final = Statement(
    select(fulfillments).where(fulfillments.c.order_id == bindparam("order_id", type_=Uuid)).order_by(fulfillments.c.id)
)
_OF_DELIVERY: Final = Statement(
    select(fulfillments)
    .where(fulfillments.c.delivery_id == bindparam("delivery_id", type_=Uuid))
    .order_by(fulfillments.c.id)
)
_LINES: Final = Statement(
    select(fulfillment_lines)
    .where(fulfillment_lines.c.fulfillment_id == _IDS)
    .order_by(fulfillment_lines.c.fulfillment_id, fulfillment_lines.c.line_no)
)
_SET_STATE: Final = Statement("""
    UPDATE fulfillments
       SET status = :status, version = version + 1,
           completed_at = CASE WHEN :status = 'COMPLETED' THEN CAST(:now AS timestamptz) ELSE completed_at END
     WHERE id = ANY(CAST(:ids AS uuid[]))
""")
_INSERT_SHIPMENT: Final = Statement("""
    INSERT INTO shipments (id, fulfillment_id, order_id, shipped_at) VALUES (:id, :fulfillment_id, :order_id, :now)
""")
# Units for a pickup that its order does not claim any more, wherever they were.
_LOST: Final = Statement("""
    SELECT fulfillment.id AS fulfillment_id, fulfillment.delivery_id, line.line_no,
           line.quantity - claimed.units AS lost, claimed.units AS kept
      FROM fulfillments AS fulfillment
      JOIN fulfillment_lines AS line ON line.fulfillment_id = fulfillment.id
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(units), 0)::int AS units FROM claimed_line_units AS claim
            WHERE claim.order_id = fulfillment.order_id AND claim.line_no = line.line_no
              AND (fulfillment.kind = 'PICKUP' OR claim.location_id = fulfillment.location_id)) AS claimed
     WHERE fulfillment.order_id = :order_id AND fulfillment.status = 'OPEN'
     ORDER BY fulfillment.id, line.line_no
""")
# Units of lines that have not left, wait for nothing, and are claimed nowhere.
_UNCLAIMED: Final = Statement("""
    SELECT sold.line_no,
           (sold.quantity - sold.canceled_quantity - sold.short_quantity
            - greatest(sold.fulfilled_quantity, gone.units) - claimed.units - waiting.units)::int AS units
      FROM order_lines AS sold
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(line.quantity), 0) AS units
             FROM fulfillments AS fulfillment JOIN fulfillment_lines AS line ON line.fulfillment_id = fulfillment.id
            WHERE fulfillment.order_id = sold.order_id AND line.line_no = sold.line_no
              AND fulfillment.status IN ('SHIPPED', 'COMPLETED')) AS gone
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(units), 0) AS units FROM claimed_line_units AS claim
            WHERE claim.order_id = sold.order_id AND claim.line_no = sold.line_no) AS claimed
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(quantity), 0) AS units FROM backorders
            WHERE owner_id = sold.order_id AND line_no = sold.line_no) AS waiting
     WHERE sold.order_id = :order_id
""")
_SHRINK: Final = Statement("""
    UPDATE fulfillment_lines AS line SET quantity = kept.quantity
      FROM unnest(CAST(:line_nos AS int[]), CAST(:quantities AS int[])) AS kept (line_no, quantity)
     WHERE line.fulfillment_id = :fulfillment_id AND line.line_no = kept.line_no
""")
_REMOVE: Final = Statement("""
    DELETE FROM fulfillment_lines
     WHERE fulfillment_id = :fulfillment_id AND line_no = ANY(CAST(:line_nos AS int[]))
""")

# With a partner's id: only what goes to that partner's points.
FULFILLMENTS_BY_ORDER: Final = Statement("""
    SELECT fulfillment.* FROM fulfillments AS fulfillment
     WHERE fulfillment.order_id = ANY(CAST(:ids AS uuid[]))
       AND (CAST(:partner_id AS uuid) IS NULL OR EXISTS (
               SELECT FROM pickups AS pickup
                WHERE pickup.delivery_id = fulfillment.delivery_id AND pickup.partner_id = :partner_id))
     ORDER BY fulfillment.id
""")
FULFILLMENTS_BY_DELIVERY: Final = Statement("""
    SELECT fulfillment.* FROM fulfillments AS fulfillment
     WHERE fulfillment.delivery_id = ANY(CAST(:ids AS uuid[]))
       AND (CAST(:partner_id AS uuid) IS NULL OR EXISTS (
               SELECT FROM pickups AS pickup
                WHERE pickup.delivery_id = fulfillment.delivery_id AND pickup.partner_id = :partner_id))
     ORDER BY fulfillment.id
""")
FULFILLMENTS_BY_ID: Final = Statement(select(fulfillments).where(fulfillments.c.id == _IDS))
SHIPMENTS_BY_ORDER: Final = Statement("""
    SELECT shipment.*, package.carrier, package.tracking_number FROM shipments AS shipment
      JOIN packages AS package ON package.shipment_id = shipment.id AND package.number = 1
      JOIN fulfillments AS fulfillment ON fulfillment.id = shipment.fulfillment_id
     WHERE shipment.order_id = ANY(CAST(:ids AS uuid[]))
       AND (CAST(:partner_id AS uuid) IS NULL OR EXISTS (
               SELECT FROM pickups AS pickup
                WHERE pickup.delivery_id = fulfillment.delivery_id AND pickup.partner_id = :partner_id))
     ORDER BY shipment.id
""")
SHIPMENTS_BY_DELIVERY: Final = Statement("""
    SELECT shipment.*, fulfillment.delivery_id, package.carrier, package.tracking_number
      FROM shipments AS shipment
      JOIN packages AS package ON package.shipment_id = shipment.id AND package.number = 1
      JOIN fulfillments AS fulfillment ON fulfillment.id = shipment.fulfillment_id
     WHERE fulfillment.delivery_id = ANY(CAST(:ids AS uuid[]))
       AND (CAST(:partner_id AS uuid) IS NULL OR EXISTS (
               SELECT FROM pickups AS pickup
                WHERE pickup.delivery_id = fulfillment.delivery_id AND pickup.partner_id = :partner_id))
     ORDER BY shipment.id
""")
SHIPMENTS_BY_FULFILLMENT: Final = Statement("""
    SELECT shipment.*, package.carrier, package.tracking_number FROM shipments AS shipment
      JOIN packages AS package ON package.shipment_id = shipment.id AND package.number = 1
     WHERE shipment.fulfillment_id = ANY(CAST(:ids AS uuid[]))
""")
SHIPMENTS_BY_ID: Final = Statement("""
    SELECT shipment.*, package.carrier, package.tracking_number FROM shipments AS shipment
      JOIN packages AS package ON package.shipment_id = shipment.id AND package.number = 1
      JOIN fulfillments AS fulfillment ON fulfillment.id = shipment.fulfillment_id
     WHERE shipment.id = ANY(CAST(:ids AS uuid[]))
       AND (CAST(:allowed AS int[]) IS NULL OR fulfillment.location_id = ANY(CAST(:allowed AS int[])))
""")
LINES_BY_FULFILLMENT: Final = Statement("""
    SELECT line.fulfillment_id, line.line_no, line.variant_id, line.quantity, sold.sku, sold.names
      FROM fulfillment_lines AS line
      JOIN fulfillments AS fulfillment ON fulfillment.id = line.fulfillment_id
      JOIN order_lines AS sold ON sold.order_id = fulfillment.order_id AND sold.line_no = line.line_no
     WHERE line.fulfillment_id = ANY(CAST(:ids AS uuid[]))
     ORDER BY line.fulfillment_id, line.line_no
""")


async def claimed_units(tx: ReadTx, order_id: UUID) -> list[ClaimedUnits]:
    """The allocated claims of an order, each with the delivery that it is for, and what was lost on its way."""
    rows = await tx.fetch(_CLAIMED_UNITS, order_id=order_id)
    return [ClaimedUnits(**dict(row)) for row in rows]


async def insert_fulfillments(tx: WriteTx, order_id: UUID, shares: Sequence[Share], *, now: datetime) -> list[UUID]:
    """One open fulfillment with its lines per share; the ids in the order of `shares`."""
    ids = [new_id() for _ in shares]
    await tx.execute(
        _INSERT,
        order_id=order_id,
        ids=ids,
        delivery_ids=[share.delivery_id for share in shares],
        kinds=[share.kind for share in shares],
        location_ids=[share.location_id for share in shares],
        now=now,
    )
    lines = [
        (fulfillment_id, line_no, variant_id, quantity)
        for fulfillment_id, share in zip(ids, shares, strict=True)
        for (line_no, variant_id), quantity in sorted(share.quantities.items())
    ]
    await tx.execute(
        _INSERT_LINES,
        fulfillment_ids=[line[0] for line in lines],
        line_nos=[line[1] for line in lines],
        variant_ids=[line[2] for line in lines],
        quantities=[line[3] for line in lines],
    )
    return ids


async def find_fulfillment(tx: ReadTx, fulfillment_id: UUID) -> Row | None:
    """A fulfillment, all columns, and the partner that runs its location."""
    return await tx.fetchrow(_BY_ID, id=fulfillment_id)


async def lock_fulfillment(tx: WriteTx, fulfillment_id: UUID) -> Row | None:
    """A fulfillment, all columns, locked until the transaction ends. Lock its order first."""
    return await tx.fetchrow(_LOCK, id=fulfillment_id)


async def fulfillments_of_order(tx: ReadTx, order_id: UUID) -> list[Row]:
    """All fulfillments of an order."""
    return await tx.fetch(_OF_ORDER, order_id=order_id)


async def fulfillments_of_delivery(tx: ReadTx, delivery_id: UUID) -> list[Row]:
    """All fulfillments of one delivery of an order."""
    return await tx.fetch(_OF_DELIVERY, delivery_id=delivery_id)


async def quantities_of(tx: ReadTx, fulfillment_ids: Sequence[UUID]) -> dict[int, int]:
    """Units per order line over these fulfillments of one order."""
    quantities: dict[int, int] = {}
    for row in await tx.fetch(_LINES, ids=list(fulfillment_ids)):
        quantities[row.line_no] = quantities.get(row.line_no, 0) + row.quantity
    return quantities


async def set_states(tx: WriteTx, fulfillment_ids: Sequence[UUID], state: FulfillmentState, *, now: datetime) -> None:
    """Set the status of fulfillments, and the time of completion when that is what it is."""
    await tx.execute(_SET_STATE, ids=list(fulfillment_ids), status=state, now=now)


async def unclaimed_units(tx: ReadTx, order_id: UUID) -> dict[int, int]:
    """Units of the order's lines that are still to reach the buyer, and that nothing is held for, by line number."""
    rows = await tx.fetch(_UNCLAIMED, order_id=order_id)
    return {row["line_no"]: row["units"] for row in rows if row["units"] > 0}


async def open_units(tx: ReadTx, order_id: UUID) -> list[Row]:
    """Lines of the order's open fulfillments: fulfillment_id, delivery_id, line_no, lost, kept (units)."""
    return await tx.fetch(_LOST, order_id=order_id)


async def shrink_lines(tx: WriteTx, fulfillment_id: UUID, kept: Mapping[int, int]) -> None:
    """Set the units of lines to what is left of them; a line of which nothing is left is removed."""
    left = {line_no: units for line_no, units in kept.items() if units}
    await tx.execute(_SHRINK, fulfillment_id=fulfillment_id, line_nos=list(left), quantities=list(left.values()))
    await tx.execute(_REMOVE, fulfillment_id=fulfillment_id, line_nos=sorted(kept.keys() - left.keys()))


async def insert_shipment(tx: WriteTx, fulfillment: Row | Mapping[str, UUID], *, now: datetime) -> UUID:
    """Record that something left; its parcels are yet to be written."""
    shipment_id = new_id()
    await tx.execute(
        _INSERT_SHIPMENT,
        id=shipment_id,
        fulfillment_id=fulfillment["id"],
        order_id=fulfillment["order_id"],
        now=now,
    )
    return shipment_id
