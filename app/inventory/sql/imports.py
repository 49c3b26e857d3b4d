"""Imports of stock files: their rows are staged in a table of their own, judged and applied in chunks."""

from typing import Any, Final, NamedTuple
from uuid import UUID

from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

LOCK_CLASS: Final = 4_004
_MOST_UNITS: Final = 2_147_483_647

_TRY_LOCK: Final = "SELECT pg_try_advisory_lock($1, hashtext($2))"
_FIND: Final = Statement("""
    SELECT id, row_count, finished_at FROM stock_imports
     WHERE source_hash = :source_hash ORDER BY number DESC LIMIT 1
""")
_BEGIN: Final = Statement("""
    INSERT INTO stock_imports (id, source_hash, mode, file_name, actor, created_at)
    VALUES (:id, :source_hash, :mode, :file_name, :actor, :created_at)
""")
_SET_ROWS: Final = Statement("UPDATE stock_imports SET row_count = :row_count WHERE id = :id")
_FINISH: Final = Statement("UPDATE stock_imports SET finished_at = :now WHERE id = :id")
_FORGET: Final = Statement("""
    WITH chunks AS (DELETE FROM stock_import_chunks WHERE import_id = :id),
         refusals AS (DELETE FROM stock_import_refusals WHERE import_id = :id),
         releases AS (DELETE FROM stock_import_releases WHERE import_id = :id)
    DELETE FROM stock_imports WHERE id = :id
""")
_CLAIM: Final = Statement("""
    INSERT INTO stock_import_chunks (import_id, turn, first_row) VALUES (:import_id, :turn, :first_row)
    ON CONFLICT DO NOTHING
""")
_COUNT: Final = Statement("""
    UPDATE stock_import_chunks SET changed = :changed, unchanged = :unchanged, refused = :refused
     WHERE import_id = :import_id AND turn = :turn AND first_row = :first_row
""")
_TOTALS: Final = Statement("""
    SELECT coalesce(sum(changed), 0) AS changed, coalesce(sum(unchanged), 0) AS unchanged,
           coalesce(sum(refused), 0) AS refused
      FROM stock_import_chunks WHERE import_id = :import_id
""")
_DONE: Final = Statement("""
    SELECT turn, first_row, changed + unchanged + refused AS rows FROM stock_import_chunks WHERE import_id = :import_id
""")
_REFUSALS: Final = Statement("""
    SELECT line_no, code, given, facts FROM stock_import_refusals
     WHERE import_id = :import_id AND line_no > :after ORDER BY line_no LIMIT :limit
""")
# The trigger of the ledger need not make and lock the rows: `rowless` tells of missing ones, the isolation or locks of
# the transaction see to the rest.
_ROWS_ARE_THERE: Final = Statement("SELECT set_config('hikiate.stock_rows_are_there', 'yes', true)")
_ALONE: Final = Statement("SELECT set_config('statement_timeout', '0', true), set_config('work_mem', '128MB', true)")

# Rows of a chunk with what they would do. A row that names the key of an earlier one has a turn above 1. OFFSET 0: each
# step is computed once for a row, and not again wherever it is used; and a row's stock is looked up by its whole key.
_JUDGED: Final = """
    judged AS MATERIALIZED (
        SELECT *, CASE WHEN CAST(:is_absolute AS bool) THEN units - coalesce(on_hand, 0) ELSE units END AS change,
               CASE WHEN problem IS NOT NULL THEN 'INVALID_INPUT'
                    WHEN units IS NULL OR abs(units) > CAST(:most AS int)
                         OR (CAST(:is_absolute AS bool) AND units < 0) THEN 'INVALID_QUANTITY'
                    WHEN variant_id IS NULL OR location_id IS NULL THEN 'NOT_FOUND'
                    WHEN is_bundle THEN 'INVALID_INPUT'
                    WHEN CAST(:is_absolute AS bool) AND turn > 1 THEN 'DUPLICATE'
                    WHEN CASE WHEN CAST(:is_absolute AS bool) THEN units ELSE coalesce(on_hand, 0) + units END
                         < CASE WHEN CAST(:releases AS bool) THEN 0 ELSE coalesce(promised, 0) END
                    THEN 'INSUFFICIENT_STOCK'
                    WHEN NOT CAST(:is_absolute AS bool) AND CAST(coalesce(on_hand, 0) AS bigint) + units
                         > CAST(:most_on_hand AS bigint) THEN 'INVALID_QUANTITY' END AS code
          FROM (
            SELECT g.*, v.id AS variant_id, l.id AS location_id, s.on_hand, s.promised,
                   CASE WHEN g.quantity ~ '^[+-]?[0-9]{{1,7}}$' THEN CAST(g.quantity AS int) END AS units,
                   v.id IN (SELECT bundle_variant_id FROM bundle_components) AS is_bundle
              FROM (
                SELECT coalesce(line_no, no + 1) AS line_no, turn, problem, btrim(coalesce(sku, '')) AS sku,
                       btrim(coalesce(location, '')) AS location, btrim(coalesce(quantity, '')) AS quantity
                  FROM {table} WHERE no BETWEEN :first_row AND :last_row AND turn = :turn OFFSET 0) AS g
              LEFT JOIN variants v ON v.sku = g.sku
              LEFT JOIN locations l ON l.code = g.location AND l.holds_stock AND l.kind <> 'IN_TRANSIT'
              LEFT JOIN LATERAL (
                SELECT on_hand, reserved + allocated AS promised FROM stock
                 WHERE variant_id = v.id AND location_id = l.id OFFSET 0) AS s ON true
            OFFSET 0) AS joined)
"""
_APPLY: Final = """
    WITH {judged},
    {moved}
    refused AS (
        INSERT INTO stock_import_refusals (import_id, line_no, code, given, facts)
        SELECT CAST(:import_id AS uuid), line_no, code,
               jsonb_build_object('sku', left(sku, 200), 'location', left(location, 200),
                                  'quantity', left(quantity, 200)),
               CASE code WHEN 'INVALID_INPUT' THEN jsonb_build_object('problem', coalesce(problem,
                              'A bundle has no stock of its own: give that of its components.'))
                         WHEN 'NOT_FOUND' THEN jsonb_build_object('is_variant', variant_id IS NOT NULL)
                         WHEN 'INSUFFICIENT_STOCK' THEN jsonb_strip_nulls(jsonb_build_object(
                              'on_hand', coalesce(on_hand, 0), 'promised',
                              CASE WHEN NOT CAST(:releases AS bool) THEN coalesce(promised, 0) END)) ELSE '{{}}' END
          FROM judged WHERE code IS NOT NULL)
    SELECT count(*) FILTER (WHERE code IS NULL AND change <> 0) AS changed,
           count(*) FILTER (WHERE code IS NULL AND change = 0) AS unchanged,
           count(*) FILTER (WHERE code IS NOT NULL) AS refused,
           count(*) FILTER (WHERE code IS NULL AND change <> 0 AND on_hand IS NULL) AS rowless,
           count(*) FILTER (WHERE code IS NULL AND on_hand + change < promised) AS short
      FROM judged
"""
_MOVED: Final = """
    moved AS (
        INSERT INTO ledger (variant_id, location_id, d_on_hand, kind, cause_kind, cause_id, actor)
        SELECT variant_id, location_id, change, 'ADJUSTED', 'STOCK_IMPORT', CAST(:import_id AS uuid),
               CAST(:actor AS text)
          FROM judged WHERE code IS NULL AND change <> 0 AND coalesce(on_hand + change >= promised, true)
         ORDER BY variant_id, location_id),
"""
_MAKE_ROWS: Final = """
    WITH {judged},
    made AS (
        INSERT INTO stock (variant_id, location_id)
        SELECT variant_id, location_id FROM judged WHERE on_hand IS NULL AND code IS NULL
         ORDER BY variant_id, location_id
        ON CONFLICT DO NOTHING RETURNING location_id)
    SELECT count(*) AS rows FROM made
"""
_LOCK_ROWS: Final = """
    WITH {judged}
    SELECT count(*) FROM (
        SELECT FROM judged j JOIN stock s ON s.variant_id = j.variant_id AND s.location_id = j.location_id
         ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s) locked
"""
# With other rows of stock, all in one order.
_LOCK_ROWS_WITH: Final = """
    WITH {judged},
    wanted AS (
        SELECT variant_id, location_id FROM judged WHERE variant_id IS NOT NULL AND location_id IS NOT NULL
         UNION
        SELECT * FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[])))
    SELECT s.variant_id, s.location_id
      FROM wanted w JOIN stock s ON s.variant_id = w.variant_id AND s.location_id = w.location_id
     ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s
"""
_LOSING: Final = """
    WITH {judged}
    SELECT line_no, variant_id, location_id, -change AS fewer, greatest(promised - on_hand - change, 0) AS short,
           jsonb_build_object('sku', left(sku, 200), 'location', left(location, 200), 'quantity', left(quantity, 200))
           AS given
      FROM judged WHERE code IS NULL AND change < 0 ORDER BY line_no
"""
_CREATE: Final = """
    CREATE UNLOGGED TABLE {table} (no bigint GENERATED ALWAYS AS IDENTITY, line_no bigint, problem text, sku text,
                                   location text, quantity text, turn int NOT NULL DEFAULT 1)
"""
# Rows that name the key of an earlier one.
_TURNS: Final = """
    UPDATE {table} r SET turn = n.turn
      FROM (SELECT no, row_number() OVER (PARTITION BY d.sku, d.location ORDER BY no) AS turn
              FROM (SELECT btrim(sku) AS sku, btrim(location) AS location FROM {table}
                     GROUP BY 1, 2 HAVING count(*) > 1) d
              JOIN {table} o ON btrim(o.sku) = d.sku AND btrim(o.location) = d.location) n
     WHERE n.no = r.no AND n.turn > 1
"""


class Chunk(NamedTuple):
    """Rows of a staged file with one turn."""

    turn: int
    first_row: int
    last_row: int


class Staging:
    """The table of one file's rows, and the statements on it. name: an identifier of our own making.

    losing: rows that take units off, with those that are promised and will be missing. Those that make rows of stock or
    read them are planned anew for each chunk: a plan made for a table that was empty would be kept while it grows.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        judged = _JUDGED.format(table=name)
        self.drop: Final = Statement(f"DROP TABLE IF EXISTS {name}")
        self.create: Final = Statement(_CREATE.format(table=name))
        self.empty: Final = Statement(f"TRUNCATE {name} RESTART IDENTITY")
        self.place: Final = Statement(f"UPDATE {name} SET location = :location")  # noqa: S608  # our own name
        self.index: Final = Statement(f"CREATE INDEX ON {name} (no)")
        self.analyze: Final = Statement(f"ANALYZE {name}")
        self.turns: Final = Statement(_TURNS.format(table=name))
        self.later: Final = Statement(f"SELECT no, turn FROM {name} WHERE turn > 1 ORDER BY turn, no")  # noqa: S608
        self.apply: Final = Statement(_APPLY.format(judged=judged, moved=_MOVED))
        self.rehearse: Final = Statement(_APPLY.format(judged=judged, moved=""))
        self.make_rows: Final = Statement(_MAKE_ROWS.format(judged=judged))
        self.lock_rows: Final = Statement(_LOCK_ROWS.format(judged=judged))
        self.lock_rows_with: Final = Statement(_LOCK_ROWS_WITH.format(judged=judged))
        self.losing: Final = Statement(_LOSING.format(judged=judged))


async def try_lock(connection: Any, source_hash: bytes) -> bool:
    """Whether nobody else imports this source; kept until the connection ends."""
    return await connection.fetchval(_TRY_LOCK, LOCK_CLASS, source_hash.hex())


async def find_import(tx: ReadTx, source_hash: bytes) -> Row | None:
    """The newest import of this source: id, row_count, finished_at."""
    return await tx.fetchrow(_FIND, source_hash=source_hash)


async def begin_import(tx: WriteTx, **values: Any) -> None:
    """A new one: id, source_hash, mode, file_name, actor, created_at."""
    await tx.execute(_BEGIN, **values)


async def set_row_count(tx: WriteTx, import_id: UUID, row_count: int) -> None:
    """How many rows its file has."""
    await tx.execute(_SET_ROWS, id=import_id, row_count=row_count)


async def finish_import(tx: WriteTx, import_id: UUID, *, now: Any) -> None:
    """All chunks are applied."""
    await tx.execute(_FINISH, id=import_id, now=now)


async def forget_import(tx: WriteTx, import_id: UUID) -> None:
    """One that was but a rehearsal."""
    await tx.execute(_FORGET, id=import_id)


async def claim_chunk(tx: WriteTx, import_id: UUID, chunk: Chunk) -> bool:
    """Whether nobody has applied it; then it is ours to apply in this transaction."""
    return bool(await tx.execute(_CLAIM, import_id=import_id, turn=chunk.turn, first_row=chunk.first_row))


async def apply_rows(
    tx: WriteTx, staging: Staging, chunk: Chunk, judge: dict[str, Any], *, import_id: UUID, actor: str
) -> Row:
    """Write ledger and refusals of a chunk: how many rows changed, unchanged, refused.

    rowless: those of the changed ones that have no row of stock yet. short: those that leave fewer units than are
    promised. The transaction must not be kept where there are any.
    """
    await tx.fetch(_ROWS_ARE_THERE)
    [row] = await tx.fetch_planned(staging.apply, **chunk._asdict(), **judge, import_id=import_id, actor=actor)
    tx.published += row["changed"]
    return row


async def rehearse_rows(tx: WriteTx, staging: Staging, chunk: Chunk, judge: dict[str, Any], *, import_id: UUID) -> Row:
    """The same without the ledger."""
    [row] = await tx.fetch(staging.rehearse, **chunk._asdict(), **judge, import_id=import_id)
    return row


async def count_chunk(tx: WriteTx, import_id: UUID, chunk: Chunk, row: Row) -> None:
    """Keep what became of its rows."""
    counts = {name: row[name] for name in ("changed", "unchanged", "refused")}
    await tx.execute(_COUNT, import_id=import_id, turn=chunk.turn, first_row=chunk.first_row, **counts)


async def make_and_lock_rows(tx: WriteTx, staging: Staging, chunk: Chunk, judge: dict[str, Any]) -> int:
    """The rows of stock that a chunk moves are there and ours, in the order of their keys; how many were made."""
    made = await make_rows(tx, staging, chunk, judge)
    await tx.fetch_planned(staging.lock_rows, **chunk._asdict(), **judge)
    return made


async def make_rows(tx: WriteTx, staging: Staging, chunk: Chunk, judge: dict[str, Any]) -> int:
    """The rows of stock that a chunk moves are there; how many were made."""
    [made] = await tx.fetch_planned(staging.make_rows, **chunk._asdict(), **judge)
    return made["rows"]


def judging(*, is_absolute: bool, releases: bool, most: int) -> dict[str, Any]:
    """The parameters by which rows are judged. releases: promised units may be taken off."""
    return {"is_absolute": is_absolute, "releases": releases, "most": most, "most_on_hand": _MOST_UNITS}


async def take_time(tx: WriteTx) -> None:
    """For a transaction that reads a whole file: no time limit, and room for sorting."""
    await tx.fetch(_ALONE)


async def totals(tx: ReadTx, import_id: UUID) -> Row:
    """Rows changed, unchanged and refused by all runs."""
    [row] = await tx.fetch(_TOTALS, import_id=import_id)
    return row


async def chunks_done(tx: ReadTx, import_id: UUID) -> dict[tuple[int, int], int]:
    """(turn, first row) of the chunks that are applied, with their numbers of rows."""
    return {(row["turn"], row["first_row"]): row["rows"] for row in await tx.fetch(_DONE, import_id=import_id)}


async def refusals(tx: ReadTx, import_id: UUID, *, after: int, limit: int) -> list[Row]:
    """Refused rows behind a line, in the order of the lines: line_no, code, given, facts."""
    return await tx.fetch(_REFUSALS, import_id=import_id, after=after, limit=limit)
