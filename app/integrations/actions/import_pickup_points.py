"""Bring pickup points in from a file of stations or stores with coordinates."""

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from app.integrations.actions.import_orders import Progress
from app.integrations.actions.read_table import read_table
from app.integrations.errors import RowRefused
from app.integrations.model import ImportReport, PointLayout, PointRow, Refusal, parse_point
from app.kit.db import Database, WriteTx
from app.kit.statement import Statement
from app.locations.actions.learn_postal_areas import learn_postal_areas
from app.locations.actions.save_location_group import save_location_group
from app.locations.actions.save_locations import save_locations
from app.locations.model import LocationDraft, LocationKind, Point
from app.partners.actions.create_partner import create_partner
from app.partners.model import PartnerKind

BATCH: Final = 1_000
_PARTNER: Final = Statement("SELECT id FROM partners WHERE code = :code")
_GROUP: Final = Statement("""
    SELECT g.code, g.names FROM channels c JOIN location_groups g ON g.id = c.location_group_id WHERE c.code = :channel
""")


async def import_pickup_points(  # options of a command, all by keyword
    db: Database,
    path: Path,
    *,
    layout: PointLayout,
    kind: LocationKind,
    partner: str,
    channel: str | None,
    now: datetime,
    encoding: str | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Save a location for each row and learn where postal codes lie.

    partner: code of the company whose points these are; made when it is not known yet. channel: the channel that
    offers them from now on; None leaves all channels as they are. A point is known by its code, so that a second run
    changes what has changed and doubles nothing. Raises UnreadableFile.
    """
    started = time.perf_counter()
    report, points = _read(path, layout, encoding)
    partner_id = await db.in_write(lambda tx: _partner(tx, partner, kind, now))
    ids: list[int] = []
    for start in range(0, len(points), BATCH):
        batch = points[start : start + BATCH]
        drafts = [_draft(point, kind, partner_id) for point in batch]
        saved = await db.in_write(lambda tx, drafts=drafts: save_locations(tx, drafts))
        ids += saved.values()
        report.rows_imported += len(batch)
        if progress is not None:
            progress(report.rows_imported + report.rows_refused)
    await db.in_write(lambda tx: _finish(tx, points, ids, channel))
    report.seconds = time.perf_counter() - started
    return report


def _read(path: Path, layout: PointLayout, encoding: str | None) -> tuple[ImportReport, list[PointRow]]:
    report = ImportReport()
    points: dict[str, PointRow] = {}
    for row_no, row in read_table(path, layout.columns(), encoding=encoding):
        report.rows_read += 1
        try:
            point = parse_point(row, layout)
            if point.code in points:
                message = f"The code {point.code} occurs twice."
                raise RowRefused(message)
        except RowRefused as error:
            content = ",".join(value or "" for value in row.values())
            report.refusals.append(Refusal(row_no, error.message, content[:500]))
            continue
        points[point.code] = point
    return report, list(points.values())


# Who runs points of a kind.
_COMPANIES: Final = {
    LocationKind.CONVENIENCE_STORE: PartnerKind.CONVENIENCE_STORE_CHAIN,
    LocationKind.LOCKER_STATION: PartnerKind.LOCKER_OPERATOR,
    LocationKind.CARRIER_OFFICE: PartnerKind.CARRIER,
}


async def _partner(tx: WriteTx, code: str, kind: LocationKind, now: datetime) -> UUID:
    known = await tx.fetchval(_PARTNER, code=code)
    if known is not None:
        return known
    return await create_partner(tx, code=code, name=code, kind=_COMPANIES[kind], now=now)


def _draft(point: PointRow, kind: LocationKind, partner_id: UUID) -> LocationDraft:
    return LocationDraft(
        code=point.code,
        kind=kind,
        names={"ja": point.name},
        point=Point.read(point.latitude, point.longitude),
        prefecture=point.prefecture,
        postal_code=point.postal_code,
        address=point.address,
        partner_id=partner_id,
    )


async def _finish(tx: WriteTx, points: Sequence[PointRow], ids: Sequence[int], channel: str | None) -> None:
    await learn_postal_areas(
        tx,
        [
            (point.postal_code, Point.read(point.latitude, point.longitude), point.prefecture)
            for point in points
            if point.postal_code is not None
        ],
    )
    group = await tx.fetchrow(_GROUP, channel=channel) if channel else None
    if group is not None:
        await save_location_group(tx, code=group["code"], names=group["names"], location_ids=ids, keep_others=True)
