"""Statements about what carriers tell of parcels."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.fulfillment.model.packages import TrackingKind
from app.fulfillment.model.tracking import TrackingEvent
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement


@dataclass(frozen=True, slots=True)
class NewTracking:
    """An event to be written, about a parcel. reporter and key name it for good; body: a hash of what was sent."""

    reporter: str
    key: str
    subject_id: UUID
    actor: str
    event: TrackingEvent
    body: bytes


# By id, or by the carrier's number; the carrier may be left out.
_FIND: Final = Statement("""
    SELECT asked.place, package.id, shipment.order_id, fulfillment.location_id, carrier.partner_id
      FROM unnest(CAST(:package_ids AS uuid[]), CAST(:carriers AS text[]), CAST(:numbers AS text[]))
           WITH ORDINALITY AS asked (package_id, carrier, number, place)
     CROSS JOIN LATERAL (
           SELECT id, shipment_id, carrier FROM packages WHERE id = asked.package_id
            UNION ALL
           SELECT id, shipment_id, carrier FROM packages
            WHERE tracking_number IN (asked.number, translate(asked.number, ' -', ''))
              AND (asked.carrier IS NULL OR carrier = asked.carrier)) AS package
      JOIN shipments AS shipment ON shipment.id = package.shipment_id
      JOIN fulfillments AS fulfillment ON fulfillment.id = shipment.fulfillment_id
      LEFT JOIN carriers AS carrier ON carrier.code = package.carrier
     ORDER BY asked.place, package.id
""", generic=True)  # fmt: skip
_INSERT: Final = Statement("""
    INSERT INTO tracking_reports
           (reporter, key, package_id, kind, occurred_at, received_at, actor, place_name, note, return_tracking_number,
            body_hash)
    SELECT new.reporter, new.key, new.package_id, new.kind, new.occurred_at, :now, new.actor, new.place_name, new.note,
           new.return_tracking_number, new.body_hash
      FROM unnest(CAST(:reporters AS text[]), CAST(:keys AS text[]), CAST(:package_ids AS uuid[]),
                  CAST(:kinds AS text[]), CAST(:occurred_ats AS timestamptz[]), CAST(:actors AS text[]),
                  CAST(:place_names AS text[]), CAST(:notes AS text[]), CAST(:return_tracking_numbers AS text[]),
                  CAST(:body_hashes AS bytea[]))
           AS new (reporter, key, package_id, kind, occurred_at, actor, place_name, note, return_tracking_number,
                   body_hash)
    ON CONFLICT DO NOTHING
    RETURNING reporter, key
""")
_KNOWN: Final = Statement("""
    SELECT report.reporter, report.key, report.package_id AS subject_id, report.body_hash
      FROM unnest(CAST(:reporters AS text[]), CAST(:keys AS text[])) AS asked (reporter, key)
      JOIN tracking_reports AS report ON report.reporter = asked.reporter AND report.key = asked.key
""", generic=True)  # fmt: skip
_OF_PACKAGES: Final = Statement(
    "SELECT * FROM tracking_reports WHERE package_id = ANY(CAST(:ids AS uuid[]))", generic=True
)
# Pickups at points all of whose parcels were told to be there, and since when. Before the last parcel has left, there
# are more to come.
_ARRIVED: Final = Statement("""
    SELECT pickup.id, max(here.at) AS arrived_at
      FROM pickups AS pickup
      JOIN fulfillments AS fulfillment ON fulfillment.delivery_id = pickup.delivery_id AND fulfillment.kind = 'SHIP'
      JOIN shipments AS shipment ON shipment.fulfillment_id = fulfillment.id
      JOIN packages AS package ON package.shipment_id = shipment.id
     CROSS JOIN LATERAL (
           SELECT min(occurred_at) AS at FROM tracking_reports
            WHERE package_id = package.id AND kind = 'AT_POINT') AS here
     WHERE pickup.delivery_id = ANY(CAST(:delivery_ids AS uuid[]))
       AND pickup.status NOT IN ('REQUESTED', 'PREPARING', 'CANCELED')
     GROUP BY pickup.id
    HAVING count(*) = count(here.at)
     ORDER BY pickup.id
""")

# In the order of `TrackingEvent.place`.
TRACKING_BY_PACKAGE: Final = Statement("""
    SELECT * FROM tracking_reports WHERE package_id = ANY(CAST(:ids AS uuid[]))
     ORDER BY package_id, occurred_at, array_position(CAST(:kinds AS text[]), kind),
              (reporter || ' ' || key) COLLATE "C"
""")


async def find_tracked(tx: ReadTx, asked: Sequence[tuple[UUID | None, str | None, str | None]]) -> dict[int, list[Row]]:
    """The parcels that are meant by (id, carrier, tracking number), by the place in `asked`.

    Rows: id, order_id, location_id; partner_id of the carrier.
    """
    found: dict[int, list[Row]] = {}
    rows = await tx.fetch(
        _FIND,
        package_ids=[one[0] for one in asked],
        carriers=[one[1] for one in asked],
        numbers=[one[2] for one in asked],
    )
    for row in rows:
        found.setdefault(row.place - 1, []).append(row)
    return found


async def insert_tracking(tx: WriteTx, new: Sequence[NewTracking], *, now: datetime) -> set[tuple[str, str]]:
    """Write events; the (reporter, key) of those that were not there."""
    rows = await tx.fetch(
        _INSERT,
        reporters=[one.reporter for one in new],
        keys=[one.key for one in new],
        package_ids=[one.subject_id for one in new],
        kinds=[one.event.kind for one in new],
        occurred_ats=[one.event.occurred_at for one in new],
        actors=[one.actor for one in new],
        place_names=[one.event.place_name for one in new],
        notes=[one.event.note for one in new],
        return_tracking_numbers=[one.event.return_tracking_number for one in new],
        body_hashes=[one.body for one in new],
        now=now,
    )
    return {(row.reporter, row.key) for row in rows}


async def known_tracking(tx: ReadTx, asked: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Row]:
    """Events that are there, by (reporter, key): subject_id, body_hash."""
    rows = await tx.fetch(_KNOWN, reporters=[one[0] for one in asked], keys=[one[1] for one in asked])
    return {(row.reporter, row.key): row for row in rows}


async def tracking_of(tx: ReadTx, package_ids: Collection[UUID]) -> dict[UUID, list[TrackingEvent]]:
    """All that was told of these parcels, in no order."""
    found: dict[UUID, list[TrackingEvent]] = {package_id: [] for package_id in package_ids}
    for row in await tx.fetch(_OF_PACKAGES, ids=list(package_ids)):
        found[row.package_id].append(
            TrackingEvent(
                f"{row.reporter} {row.key}",
                TrackingKind(row.kind),
                row.occurred_at,
                row.place_name,
                row.note,
                row.return_tracking_number,
            )
        )
    return found


async def arrivals_of(tx: ReadTx, delivery_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When the last parcel of deliveries to points was there, by pickup; none for those that are not all there."""
    return {row.id: row.arrived_at for row in await tx.fetch(_ARRIVED, delivery_ids=list(delivery_ids))}
