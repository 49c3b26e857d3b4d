"""Rows of stock files that take promised units off, and what was released for each."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from app.inventory.model.selling import StockKey
from app.inventory.sql.imports import Chunk, Staging
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

_KEEP: Final = Statement("""
    INSERT INTO stock_import_releases (import_id, line_no, given, missing, moved, ended)
    SELECT CAST(:import_id AS uuid), r.*
      FROM unnest(CAST(:line_nos AS bigint[]), CAST(:givens AS jsonb[]), CAST(:shorts AS int[]),
                  CAST(:moveds AS int[]), CAST(:endeds AS int[])) AS r
""")
_TOTALS: Final = Statement("""
    SELECT count(*) AS rows, coalesce(sum(moved), 0) AS moved, coalesce(sum(ended), 0) AS ended
      FROM stock_import_releases WHERE import_id = :import_id
""")
_RELEASES: Final = Statement("""
    SELECT line_no, given, missing, moved, ended FROM stock_import_releases
     WHERE import_id = :import_id AND line_no > :after ORDER BY line_no LIMIT :limit
""")


async def losing_rows(tx: ReadTx, staging: Staging, chunk: Chunk, judge: Mapping[str, Any]) -> list[Row]:
    """Rows of a chunk that take units off: line_no, variant_id, location_id, fewer, given, and short, the promised
    units that will be missing.
    """
    return await tx.fetch(staging.losing, **chunk._asdict(), **judge)


async def lock_rows_with(
    tx: WriteTx, staging: Staging, chunk: Chunk, judge: Mapping[str, Any], more: Collection[StockKey]
) -> set[StockKey]:
    """The rows of stock of a chunk, and of `more`, that there are, locked in the order of their keys: their keys."""
    keys = sorted(more)
    rows = await tx.fetch_planned(
        staging.lock_rows_with,
        **chunk._asdict(),
        **judge,
        variant_ids=[variant_id for variant_id, _ in keys],
        location_ids=[location_id for _, location_id in keys],
    )
    return {(row["variant_id"], row["location_id"]) for row in rows}


async def keep_releases(
    tx: WriteTx, import_id: UUID, short: Sequence[Row], released: Mapping[StockKey, tuple[int, int]] | None
) -> None:
    """Keep what was released for rows, by stock row: units that other places serve, and that nobody does. None: it was
    but a rehearsal.
    """
    units = [None if released is None else released[row["variant_id"], row["location_id"]] for row in short]
    await tx.execute(
        _KEEP,
        import_id=import_id,
        line_nos=[row["line_no"] for row in short],
        givens=[row["given"] for row in short],
        shorts=[row["short"] for row in short],
        moveds=[one and one[0] for one in units],
        endeds=[one and one[1] for one in units],
    )


async def release_totals(tx: ReadTx, import_id: UUID) -> Row:
    """rows, moved, ended of an import."""
    [row] = await tx.fetch(_TOTALS, import_id=import_id)
    return row


async def releases(tx: ReadTx, import_id: UUID, *, after: int, limit: int) -> list[Row]:
    """Rows behind a line that released promises, in the order of the lines: line_no, given, missing, moved, ended."""
    return await tx.fetch(_RELEASES, import_id=import_id, after=after, limit=limit)
