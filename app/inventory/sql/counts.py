"""Count sessions, their lines, and what was counted."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select

from app.inventory.model.counts import COUNT_SESSION, CountLine, CountStatus, Found
from app.inventory.tables import count_sessions
from app.inventory.tables.counts import count_numbers
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.errors import NotFound, VersionConflict
from app.kit.statement import Statement

_CREATE: Final = Statement(
    insert(count_sessions).values(
        id=bindparam("id"),
        number=func.concat("CT-", count_numbers.next_value()),
        location_id=bindparam("location_id"),
        status=COUNT_SESSION.begins[0].value,
        has_all_lines=bindparam("has_all_lines"),
        needs_four_eyes=bindparam("needs_four_eyes"),
        note=bindparam("note"),
        opened_by=bindparam("opened_by"),
        created_at=bindparam("created_at"),
    )
)
_LOCK: Final = Statement(select(count_sessions).where(count_sessions.c.id == bindparam("id")).with_for_update())
# In key order, so that two sessions that want the same variants do not wait for each other in a circle.
_ADD_LINES: Final = Statement("""
    INSERT INTO count_lines (count_id, variant_id, location_id)
    SELECT CAST(:id AS uuid), v.variant_id, CAST(:location_id AS int)
      FROM unnest(CAST(:variant_ids AS bigint[])) AS v (variant_id) ORDER BY v.variant_id
    ON CONFLICT DO NOTHING
""")
_LINES_OF: Final = Statement("""
    SELECT variant_id, pass_no FROM count_lines
     WHERE count_id = :id AND variant_id = ANY(CAST(:variant_ids AS bigint[])) ORDER BY variant_id
""")
_COUNTED_ELSEWHERE: Final = Statement("""
    SELECT v.sku, s.number
      FROM count_lines l JOIN count_sessions s ON s.id = l.count_id JOIN variants v ON v.id = l.variant_id
     WHERE l.is_open AND l.location_id = :location_id AND l.variant_id = ANY(CAST(:variant_ids AS bigint[]))
     ORDER BY l.variant_id
     LIMIT 1
""")
# The ledger's figure and the record are of one statement, so of one moment.
_RECORD: Final = Statement("""
    INSERT INTO count_records (count_id, variant_id, record_no, pass_no, counted_quantity, ledger_quantity, counted_by,
                               counted_at)
    SELECT l.count_id, l.variant_id,
           1 + coalesce((SELECT max(r.record_no) FROM count_records r
                          WHERE r.count_id = l.count_id AND r.variant_id = l.variant_id), 0),
           l.pass_no, f.quantity, coalesce(s.on_hand, 0), :counted_by, :now
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:quantities AS int[])) AS f (variant_id, quantity)
      JOIN count_lines l ON l.count_id = :id AND l.variant_id = f.variant_id
      LEFT JOIN stock s ON s.variant_id = l.variant_id AND s.location_id = l.location_id
""")
# The last word of each counter in the line's present pass.
_STATE: Final = """
    LEFT JOIN LATERAL (
         SELECT min(w.difference) AS least, max(w.difference) AS most, count(*) AS counters
           FROM (SELECT DISTINCT ON (r.counted_by) r.counted_quantity - r.ledger_quantity AS difference
                   FROM count_records r
                  WHERE r.count_id = l.count_id AND r.variant_id = l.variant_id AND r.pass_no = l.pass_no
                  ORDER BY r.counted_by, r.record_no DESC) w) c ON true
"""
_LINES: Final = Statement(f"""
    SELECT l.variant_id, v.sku, c.least, c.most
      FROM count_lines l JOIN variants v ON v.id = l.variant_id {_STATE}
     WHERE l.count_id = :id ORDER BY l.variant_id
""")  # noqa: S608  # a piece of ours
_COUNTERS: Final = Statement("SELECT DISTINCT counted_by FROM count_records WHERE count_id = :id ORDER BY counted_by")
_RECOUNT: Final = Statement("""
    UPDATE count_lines SET pass_no = pass_no + 1, recount_note = CAST(:note AS text)
     WHERE count_id = :id AND variant_id = ANY(CAST(:variant_ids AS bigint[]))
""")
_TOUCH: Final = Statement("UPDATE count_sessions SET version = version + 1 WHERE id = :id")
_CLOSE: Final = Statement("""
    UPDATE count_sessions
       SET status = CAST(:status AS text), closed_by = :closed_by, closed_at = :now, version = version + 1
     WHERE id = :id
""")
_CLOSE_LINES: Final = Statement("""
    UPDATE count_lines l SET is_open = false, difference = d.difference
      FROM count_lines k
      LEFT JOIN unnest(CAST(:variant_ids AS bigint[]), CAST(:differences AS int[])) AS d (variant_id, difference)
             USING (variant_id)
     WHERE k.count_id = :id AND l.count_id = k.count_id AND l.variant_id = k.variant_id
""")

COUNT_SESSIONS_BY_ID: Final = Statement("""
    SELECT * FROM count_sessions
     WHERE id = ANY(CAST(:ids AS uuid[]))
       AND (CAST(:location_ids AS int[]) IS NULL OR location_id = ANY(CAST(:location_ids AS int[])))
""")
COUNT_SESSION_PAGE: Final = Statement("""
    SELECT s.*, CAST(s.id AS text) AS cursor
      FROM count_sessions s
     WHERE (CAST(:location_ids AS int[]) IS NULL OR s.location_id = ANY(CAST(:location_ids AS int[])))
       AND (CAST(:status AS text) IS NULL OR s.status = :status)
       AND (CAST(:after AS uuid) IS NULL OR s.id < :after)
     ORDER BY s.id DESC
     LIMIT :limit
""")
COUNT_LINE_PAGE: Final = Statement(f"""
    SELECT l.count_id, l.variant_id, l.pass_no, l.recount_note, c.least, c.most
      FROM count_lines l {_STATE}
     WHERE l.count_id = :id AND l.variant_id > :after
       AND (NOT CAST(:only_differences AS boolean) OR c.least <> 0 OR c.most <> 0)
       AND (CAST(:state AS text) IS NULL OR CAST(:state AS text) =
            CASE WHEN c.counters = 0 THEN 'UNCOUNTED' WHEN c.least = c.most THEN 'COUNTED' ELSE 'DISPUTED' END)
     ORDER BY l.variant_id
     LIMIT :limit
""")  # noqa: S608  # a piece of ours
RECORDS_BY_LINE: Final = Statement("""
    SELECT r.*, r.counted_quantity - r.ledger_quantity AS difference
      FROM unnest(CAST(:ids AS uuid[]), CAST(:variant_ids AS bigint[])) AS k (count_id, variant_id)
      JOIN count_records r ON r.count_id = k.count_id AND r.variant_id = k.variant_id
     ORDER BY r.count_id, r.variant_id, r.record_no
""")


async def insert_count_session(tx: WriteTx, count_id: UUID, **columns: object) -> None:
    """Write an OPEN session without lines.

    columns: location_id, has_all_lines, needs_four_eyes, note, opened_by, created_at.
    """
    await tx.execute(_CREATE, id=count_id, **columns)


async def add_count_lines(tx: WriteTx, count_id: UUID, location_id: int, variant_ids: Iterable[int]) -> None:
    """Lines for variants that have none yet; those that another open session has are left out."""
    await tx.execute(_ADD_LINES, id=count_id, location_id=location_id, variant_ids=sorted(set(variant_ids)))


async def passes_of(tx: ReadTx, count_id: UUID, variant_ids: Iterable[int]) -> dict[int, int]:
    """The present pass of each of these variants that is a line of the session."""
    rows = await tx.fetch(_LINES_OF, id=count_id, variant_ids=sorted(set(variant_ids)))
    return {row["variant_id"]: row["pass_no"] for row in rows}


async def counted_elsewhere(tx: ReadTx, location_id: int, variant_ids: Iterable[int]) -> tuple[str, str] | None:
    """(SKU, number of the open session that has it) of the first of these variants that one has."""
    row = await tx.fetchrow(_COUNTED_ELSEWHERE, location_id=location_id, variant_ids=sorted(variant_ids))
    return None if row is None else (row["sku"], row["number"])


async def lock_count_session(tx: WriteTx, count_id: UUID, *, expected_version: int | None = None) -> Row:
    """The session, locked. Raises NotFound, and VersionConflict when it is not in the expected version."""
    row = await tx.fetchrow(_LOCK, id=count_id)
    if row is None:
        raise NotFound("There is no such count session.", path=["input", "countSessionId"])
    version: int = row["version"]
    if expected_version is not None and expected_version != version:
        raise VersionConflict(
            f"The count session is in version {version}, not {expected_version}.",
            path=["input", "expectedVersion"],
            current_version=version,
        )
    return row


async def record_counts(tx: WriteTx, count_id: UUID, found: Sequence[Found], *, counted_by: str, now: datetime) -> None:
    """Note what was counted, each beside the units on hand now; each variant once."""
    await tx.execute(
        _RECORD,
        id=count_id,
        variant_ids=[one.variant_id for one in found],
        quantities=[one.quantity for one in found],
        counted_by=counted_by,
        now=now,
    )
    await tx.execute(_TOUCH, id=count_id)


async def begin_recount(tx: WriteTx, count_id: UUID, variant_ids: Iterable[int], note: str | None) -> None:
    """The next pass of these lines."""
    await tx.execute(_RECOUNT, id=count_id, variant_ids=sorted(variant_ids), note=note)
    await tx.execute(_TOUCH, id=count_id)


async def count_lines_of(tx: ReadTx, count_id: UUID) -> list[CountLine]:
    """All lines by variant."""
    rows = await tx.fetch(_LINES, id=count_id)
    return [CountLine(row["variant_id"], row["sku"], row["least"], row["most"]) for row in rows]


async def counters_of(tx: ReadTx, count_id: UUID) -> list[str]:
    """All who have counted in the session, in whatever pass."""
    return [row["counted_by"] for row in await tx.fetch(_COUNTERS, id=count_id)]


async def close_count_session(
    tx: WriteTx, count_id: UUID, status: CountStatus, lines: Sequence[CountLine] = (), *, closed_by: str, now: datetime
) -> None:
    """It ends, and its variants are free for another one. lines: those whose difference was corrected."""
    await tx.execute(_CLOSE, id=count_id, status=status.value, closed_by=closed_by, now=now)
    await tx.execute(
        _CLOSE_LINES,
        id=count_id,
        variant_ids=[line.variant_id for line in lines],
        differences=[line.least for line in lines],
    )
