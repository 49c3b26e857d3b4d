"""Read a carrier's file with numbers, or with what became of parcels."""

import csv
import time
from collections.abc import Generator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from app.fulfillment.actions.keep_reports import Kept
from app.fulfillment.actions.report_tracking import TrackingRequest, report_tracking
from app.fulfillment.model.tracking import TrackingEvent
from app.integrations.actions.import_orders import Progress
from app.integrations.actions.import_tracking import TrackingOutcome, import_tracking
from app.integrations.actions.read_table import encoding_of, open_text
from app.integrations.errors import RowRefused, UnreadableFile
from app.integrations.model import ImportReport, Refusal
from app.integrations.model.carrier_files import CarrierLayout
from app.integrations.model.tracking_rows import NumberRow, StatusRow, is_of_statuses, parse_number, parse_status
from app.kit.db import Database
from app.kit.errors import DomainError
from app.kit.permissions import SYSTEM

BATCH: Final = 500
Numbered = tuple[int, list[str]]


async def import_tracking_file(
    db: Database,
    path: Path,
    *,
    layout: CarrierLayout,
    now: datetime,
    timezone: str = "Asia/Tokyo",
    encoding: str | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Bring a file in; a second run changes nothing and counts its rows as of an earlier one.

    With the columns of STATUS_COLUMNS its rows are what became of parcels of the layout's carrier; otherwise they are
    the carrier's layout with the numbers of its labels filled in. Raises UnreadableFile.
    """
    started = time.perf_counter()
    report = ImportReport()
    rows = list(_rows(path, encoding))
    titles = rows[0][1] if rows else []
    if is_of_statuses(titles):
        await _statuses(db, rows, layout.carrier, timezone, report, now=now, progress=progress)
    else:
        await _numbers(db, path, rows, layout, report, now=now)
    if progress is not None:
        progress(report.rows_read)
    report.seconds = time.perf_counter() - started
    return report


def _rows(path: Path, encoding: str | None) -> Generator[Numbered, None, None]:
    """(line number, cells) of each row that is not empty."""
    try:
        with open_text(path, encoding or encoding_of(path)) as file:
            reader = csv.reader(file, strict=True)
            for cells in reader:
                if any(cells):
                    yield reader.line_num, cells
    except (OSError, EOFError, csv.Error, LookupError, UnicodeError) as error:
        message = f"{path.name} cannot be read: {error}."
        raise UnreadableFile(message) from error


async def _numbers(
    db: Database, path: Path, rows: Sequence[Numbered], layout: CarrierLayout, report: ImportReport, *, now: datetime
) -> None:
    titles = rows[0][1] if rows else []
    named = [title for title in (layout.reference, layout.number) if isinstance(title, str)]
    if missing := [title for title in named if title not in titles]:
        message = f"{path.name} has no column {', '.join(missing)}. Its columns: {', '.join(titles)[:200]}."
        raise UnreadableFile(message)
    given: list[tuple[Numbered, NumberRow]] = []
    for row in rows[1:] if named or layout.has_titles else rows:
        report.rows_read += 1
        cells = {**dict(enumerate(row[1])), **dict(zip(titles, row[1], strict=False))}
        try:
            given.append((row, parse_number(cells, layout)))
        except RowRefused as refusal:
            _refuse(report, row, refusal)
    results = await import_tracking(db, layout.carrier, [one for _, one in given], actor=SYSTEM, now=now)
    for (row, _), result in zip(given, results, strict=True):
        if result.refusal is not None:
            _refuse(report, row, result.refusal)
        else:
            report.rows_imported += 1
            report.rows_already += result.outcome is TrackingOutcome.ALREADY


async def _statuses(
    db: Database,
    rows: Sequence[Numbered],
    carrier: str,
    timezone: str,
    report: ImportReport,
    *,
    now: datetime,
    progress: Progress | None,
) -> None:
    titles = rows[0][1]
    given: list[tuple[Numbered, StatusRow]] = []
    for row in rows[1:]:
        report.rows_read += 1
        try:
            if len(row[1]) != len(titles):
                raise RowRefused("The row has fewer or more columns than the header.")
            given.append((row, parse_status(dict(zip(titles, row[1], strict=True)), carrier, timezone)))
        except RowRefused as refusal:
            _refuse(report, row, refusal)
    for start in range(0, len(given), BATCH):
        batch = given[start : start + BATCH]
        requests = [_request(one, carrier) for _, one in batch]
        answers = await db.in_write(lambda tx, requests=requests: report_tracking(tx, requests, now=now))
        for (row, _), answer in zip(batch, answers, strict=True):
            if isinstance(answer, Kept):
                report.rows_imported += 1
                report.rows_already += answer.is_repeated
            else:
                _refuse(report, row, answer)
        if progress is not None:
            progress(start + len(batch))


def _request(row: StatusRow, carrier: str) -> TrackingRequest:
    event = TrackingEvent("", row.kind, row.occurred_at, note=row.note)
    return TrackingRequest(event, SYSTEM, carrier=carrier, tracking_number=row.tracking_number, key=row.key)


def _refuse(report: ImportReport, row: Numbered, refusal: DomainError) -> None:
    report.refusals.append(Refusal(row[0], refusal.message, ",".join(row[1])[:500]))
