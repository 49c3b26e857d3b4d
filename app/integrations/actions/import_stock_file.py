"""Bring a file of stock quantities in: millions of rows, each for itself, through the ledger."""

import asyncio
import csv
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.integrations.actions.stage_stock_file import content_hash, stage_stock_file
from app.integrations.errors import ImportConflict
from app.integrations.model import StockLayout, StockReport, reason_of
from app.inventory.actions.apply_stock_chunk import Importing, apply_stock_chunk
from app.inventory.sql import import_promises, imports
from app.inventory.sql.imports import Chunk, Staging
from app.kit.db import Database, WriteTx
from app.kit.ids import new_id
from app.kit.roles import STAGING_SCHEMA

CHUNK: Final = 5_000
ACTOR: Final = "import"
_PAGE: Final = 10_000


@dataclass(frozen=True, slots=True)
class StockFile:
    """A file and how it is to be applied. is_absolute: quantities are what is on hand; else what is added or taken.

    releases_promises: rows that leave fewer units than are promised release the youngest promises, which other places
    keep where they can; else such rows are refused.
    """

    path: Path
    name: str
    layout: StockLayout
    is_absolute: bool = True
    is_ndjson: bool = False
    encoding: str | None = None
    releases_promises: bool = False


@dataclass(slots=True)
class _Run:
    importing: Importing
    report: StockReport
    chunks: Iterator[Chunk]
    progress: Callable[[int, int], None]


async def import_stock_file(
    db: Database,
    file: StockFile,
    *,
    now: datetime,
    refused: Path,
    released: Path | None = None,
    again: bool = False,
    is_rehearsal: bool = False,
    jobs: int = 2,
    progress: Callable[[int, int], None] = lambda _done, _rows: None,
) -> StockReport:
    """Apply a file, going on where an earlier run of the same one was broken off.

    A file that was applied to its end is not applied again, unless `again` says so. is_rehearsal: rows are
    judged as of now, and nothing is moved. refused: the file for refused rows, written when there are any; released:
    that for rows which released promises. progress: called with the rows done and their number. Raises UnreadableFile,
    ImportConflict.
    """
    started = time.perf_counter()
    options = (file.is_absolute, sorted(file.layout.columns.items()), file.layout.location, file.is_ndjson)
    source = content_hash(file.path, *options, is_rehearsal)
    async with db.listening_connection() as watch:
        if not await imports.try_lock(watch, source):
            message = f"Another run is importing {file.name} at this moment."
            raise ImportConflict(message)
        async with db.read() as tx:
            known = None if is_rehearsal else await imports.find_import(tx, source)
        if known is not None and known["finished_at"] is not None and not again:
            return await _repeated(db, known["id"], known["row_count"], started)
        is_new = known is None or known["finished_at"] is not None
        import_id = new_id() if is_new or known is None else known["id"]
        report = await _import(db, file, source, import_id, is_new, is_rehearsal, now, jobs, progress)
        report.seconds = time.perf_counter() - started
        if report.refused:
            await write_stock_refusals(db, import_id, refused)
        if report.released and released is not None:
            await write_stock_releases(db, import_id, released)
        if is_rehearsal:
            await db.in_write(lambda tx: imports.forget_import(tx, import_id))
    return report


async def _import(  # noqa: PLR0917  # the second half of one action
    db: Database,
    file: StockFile,
    source: bytes,
    import_id: UUID,
    is_new: bool,  # noqa: FBT001
    is_rehearsal: bool,  # noqa: FBT001
    now: datetime,
    jobs: int,
    progress: Callable[[int, int], None],
) -> StockReport:
    staging = Staging(f"{STAGING_SCHEMA}.stock_import_{source.hex()[:16]}")

    async def stage(tx: WriteTx) -> int:
        if is_new:
            mode = "ABSOLUTE" if file.is_absolute else "DELTA"
            await imports.begin_import(
                tx, id=import_id, source_hash=source, mode=mode, file_name=file.name[:200], actor=ACTOR, created_at=now
            )
        count = await stage_stock_file(
            tx, file.path, staging, file.layout, is_ndjson=file.is_ndjson, encoding=file.encoding
        )
        await imports.set_row_count(tx, import_id, count)
        return count

    report = StockReport()
    async with db.write() as tx:
        report.rows = await stage(tx)
    try:
        elsewhere = ORDERS_ELSEWHERE if file.releases_promises else None
        importing = Importing(import_id, staging, file.is_absolute, ACTOR, now, is_rehearsal, elsewhere)
        await _apply_all(db, importing, report, jobs, progress)
        async with db.write() as tx:
            await _sum_up(tx, import_id, report)
            if not is_rehearsal:
                await imports.finish_import(tx, import_id, now=now)
    finally:
        async with db.write() as tx:
            await tx.execute(staging.drop)
    return report


async def _apply_all(
    db: Database, importing: Importing, report: StockReport, jobs: int, progress: Callable[[int, int], None]
) -> None:
    """The first rows of all keys by several connections; rows that name a key again after these, one after another."""
    async with db.read() as tx:
        done = await imports.chunks_done(tx, importing.id)
        later = [(row["turn"], row["no"]) for row in await tx.fetch(importing.staging.later)]
    report.earlier = sum(done.values())
    first = [Chunk(1, row, row + CHUNK - 1) for row in range(1, report.rows + 1, CHUNK)]
    run = _Run(importing, report, iter([chunk for chunk in first if chunk[:2] not in done]), progress)
    async with asyncio.TaskGroup() as group:
        for _ in range(jobs):
            group.create_task(_work(db, run))
    run.chunks = iter([chunk for chunk in _later_chunks(later) if chunk[:2] not in done])
    await _work(db, run)


async def _work(db: Database, run: _Run) -> None:
    report = run.report
    for chunk in run.chunks:
        applied = await apply_stock_chunk(db, run.importing, chunk)
        if applied is not None:
            report.changed += applied.changed
            report.unchanged += applied.unchanged
            report.refused += applied.refused
        run.progress(report.earlier + report.changed + report.unchanged + report.refused, report.rows)


def _later_chunks(later: list[tuple[int, int]]) -> Iterator[Chunk]:
    """Of (turn, row number) in order."""
    turns: dict[int, list[int]] = {}
    for turn, number in later:
        turns.setdefault(turn, []).append(number)
    for turn, numbers in sorted(turns.items()):
        for start in range(0, len(numbers), CHUNK):
            part = numbers[start : start + CHUNK]
            yield Chunk(turn, part[0], part[-1])


async def _sum_up(tx: WriteTx, import_id: UUID, report: StockReport) -> None:
    """With what earlier runs did."""
    row = await imports.totals(tx, import_id)
    report.changed, report.unchanged, report.refused = row["changed"], row["unchanged"], row["refused"]
    row = await import_promises.release_totals(tx, import_id)
    report.released, report.moved, report.ended = row["rows"], row["moved"], row["ended"]


async def _repeated(db: Database, import_id: UUID, rows: int, started: float) -> StockReport:
    report = StockReport(rows=rows, earlier=rows, is_repeated=True)
    async with db.write() as tx:
        await _sum_up(tx, import_id, report)
    report.seconds = time.perf_counter() - started
    return report


async def write_stock_refusals(db: Database, import_id: UUID, path: Path) -> int:
    """A CSV file with line, code, reason and content of each refused row of an import; returns how many."""
    count, after = 0, -1
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "code", "message", "sku", "location", "quantity"])
        while True:
            async with db.read() as tx:
                rows = await imports.refusals(tx, import_id, after=after, limit=_PAGE)
            for row in rows:
                given = row["given"]
                code, message = reason_of(row["code"], given, row["facts"])
                writer.writerow([row["line_no"], code, message, given["sku"], given["location"], given["quantity"]])
            count += len(rows)
            if len(rows) < _PAGE:
                return count
            after = rows[-1]["line_no"]


async def write_stock_releases(db: Database, import_id: UUID, path: Path) -> int:
    """A CSV file with the rows of an import that took promised units off; returns how many.

    missing: units that were promised; moved, ended: those that other places serve now, and that nobody does, empty
    where it was but a rehearsal.
    """
    count, after = 0, -1
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "sku", "location", "quantity", "missing", "moved", "ended"])
        while True:
            async with db.read() as tx:
                rows = await import_promises.releases(tx, import_id, after=after, limit=_PAGE)
            for row in rows:
                given = row["given"]
                texts = (given["sku"], given["location"], given["quantity"])
                writer.writerow([row["line_no"], *texts, row["missing"], row["moved"], row["ended"]])
            count += len(rows)
            if len(rows) < _PAGE:
                return count
            after = rows[-1]["line_no"]
