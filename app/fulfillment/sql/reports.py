"""Statements about what points report of pickups."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.fulfillment.model.reports import Report, ReportKind
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report to be written, about the pickup subject_id.

    reporter and key name it for good; body: a hash of what was sent.
    """

    reporter: str
    key: str
    subject_id: UUID
    actor: str
    report: Report
    note: str | None
    body: bytes


# By whichever name the reporter knows the pickup.
_FIND: Final = Statement("""
    SELECT asked.place, pickup.id, pickup.order_id, pickup.partner_id, pickup.location_id
      FROM unnest(CAST(:pickup_ids AS uuid[]), CAST(:numbers AS text[]), CAST(:tracking_numbers AS text[]))
           WITH ORDINALITY AS asked (pickup_id, number, tracking_number, place)
     CROSS JOIN LATERAL (
           SELECT * FROM pickups WHERE id = asked.pickup_id
            UNION ALL
           SELECT * FROM pickups WHERE number = asked.number
            UNION ALL
           SELECT found.* FROM shipments AS shipment
             JOIN fulfillments AS fulfillment ON fulfillment.id = shipment.fulfillment_id
             JOIN pickups AS found ON found.delivery_id = fulfillment.delivery_id
             JOIN packages AS package ON package.shipment_id = shipment.id
            WHERE package.tracking_number IN (asked.tracking_number, translate(asked.tracking_number, ' -', ''))
           ) AS pickup
     ORDER BY asked.place, pickup.id
""", generic=True)  # fmt: skip
# A report that is there stays as it is, and is not told among the new ones.
_INSERT: Final = Statement("""
    INSERT INTO pickup_reports
           (reporter, key, pickup_id, kind, occurred_at, received_at, actor, is_collectable, hold_until, reason,
            compartment, return_tracking_number, slip_number, sealed_number, note, body_hash)
    SELECT new.reporter, new.key, new.pickup_id, new.kind, new.occurred_at, :now, new.actor, new.is_collectable,
           new.hold_until, new.reason, new.compartment, new.return_tracking_number, new.slip_number,
           new.sealed_number, new.note, new.body_hash
      FROM unnest(CAST(:reporters AS text[]), CAST(:keys AS text[]), CAST(:pickup_ids AS uuid[]),
                  CAST(:kinds AS text[]), CAST(:occurred_ats AS timestamptz[]), CAST(:actors AS text[]),
                  CAST(:are_collectable AS bool[]), CAST(:hold_untils AS timestamptz[]), CAST(:reasons AS text[]),
                  CAST(:compartments AS text[]), CAST(:return_tracking_numbers AS text[]),
                  CAST(:slip_numbers AS text[]), CAST(:sealed_numbers AS bytea[]), CAST(:notes AS text[]),
                  CAST(:body_hashes AS bytea[]))
           AS new (reporter, key, pickup_id, kind, occurred_at, actor, is_collectable, hold_until, reason,
                   compartment, return_tracking_number, slip_number, sealed_number, note, body_hash)
    ON CONFLICT DO NOTHING
    RETURNING reporter, key
""")
_KNOWN: Final = Statement("""
    SELECT report.reporter, report.key, report.pickup_id AS subject_id, report.body_hash
      FROM unnest(CAST(:reporters AS text[]), CAST(:keys AS text[])) AS asked (reporter, key)
      JOIN pickup_reports AS report ON report.reporter = asked.reporter AND report.key = asked.key
""", generic=True)  # fmt: skip
_OF_PICKUPS: Final = Statement("SELECT * FROM pickup_reports WHERE pickup_id = ANY(CAST(:ids AS uuid[]))", generic=True)

# In the order of `Report.place`.
REPORTS_BY_PICKUP: Final = Statement("""
    SELECT * FROM pickup_reports WHERE pickup_id = ANY(CAST(:ids AS uuid[]))
     ORDER BY pickup_id, occurred_at, array_position(CAST(:kinds AS text[]), kind),
              (reporter || ' ' || key) COLLATE "C"
""")


async def find_reported(
    tx: ReadTx, asked: Sequence[tuple[UUID | None, str | None, str | None]]
) -> dict[int, list[Row]]:
    """The pickups that are meant by (id, number, tracking number of a parcel), by the place in `asked`.

    Rows: id, order_id, partner_id, location_id. A tracking number may be of several carriers.
    """
    found: dict[int, list[Row]] = {}
    rows = await tx.fetch(
        _FIND,
        pickup_ids=[one[0] for one in asked],
        numbers=[one[1] for one in asked],
        tracking_numbers=[one[2] for one in asked],
    )
    for row in rows:
        found.setdefault(row.place - 1, []).append(row)
    return found


async def insert_reports(tx: WriteTx, new: Sequence[NewReport], *, now: datetime) -> set[tuple[str, str]]:
    """Write reports; the (reporter, key) of those that were not there."""
    rows = await tx.fetch(
        _INSERT,
        reporters=[one.reporter for one in new],
        keys=[one.key for one in new],
        pickup_ids=[one.subject_id for one in new],
        kinds=[one.report.kind for one in new],
        occurred_ats=[one.report.occurred_at for one in new],
        actors=[one.actor for one in new],
        are_collectable=[one.report.is_collectable for one in new],
        hold_untils=[one.report.hold_until for one in new],
        reasons=[one.report.reason for one in new],
        compartments=[one.report.compartment for one in new],
        return_tracking_numbers=[one.report.return_tracking_number for one in new],
        slip_numbers=[one.report.slip_number for one in new],
        sealed_numbers=[one.report.sealed_number for one in new],
        notes=[one.note for one in new],
        body_hashes=[one.body for one in new],
        now=now,
    )
    return {(row.reporter, row.key) for row in rows}


async def known_reports(tx: ReadTx, asked: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Row]:
    """Reports that are there, by (reporter, key): subject_id, body_hash."""
    rows = await tx.fetch(_KNOWN, reporters=[one[0] for one in asked], keys=[one[1] for one in asked])
    return {(row.reporter, row.key): row for row in rows}


async def reports_of(tx: ReadTx, pickup_ids: Collection[UUID]) -> dict[UUID, list[Report]]:
    """All reports of these pickups, in no order."""
    found: dict[UUID, list[Report]] = {pickup_id: [] for pickup_id in pickup_ids}
    for row in await tx.fetch(_OF_PICKUPS, ids=list(pickup_ids)):
        found[row.pickup_id].append(
            Report(
                f"{row.reporter} {row.key}",
                ReportKind(row.kind),
                row.occurred_at,
                row.is_collectable,
                row.hold_until,
                row.reason,
                row.compartment,
                row.return_tracking_number,
                row.slip_number,
                row.sealed_number,
            )
        )
    return found
