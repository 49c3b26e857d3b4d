"""Counters against the ledger, the holds and each other: what differs, what was found, and how it is set right."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from app.inventory.model.corrections import Cause
from app.inventory.model.selling import StockKey
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

# One statement, so that all figures of a row are of one moment: a movement commits with its counters and its holds.
_COMPARED: Final = """
    SELECT k.variant_id, k.location_id, coalesce(s.on_hand, 0) AS on_hand, coalesce(s.reserved, 0) AS reserved,
           coalesce(s.allocated, 0) AS allocated, coalesce(s.safety, 0) AS safety, coalesce(s.version, 0) AS version,
           u.damaged, u.quality_control, u.display,
           l.on_hand AS ledger_on_hand, l.reserved AS ledger_reserved, l.allocated AS ledger_allocated,
           l.safety AS ledger_safety, l.entries AS ledger_version, l.damaged AS ledger_damaged,
           l.quality_control AS ledger_quality_control, l.display AS ledger_display,
           h.reserved AS held_reserved, h.allocated AS held_allocated,
           (coalesce(s.on_hand, 0), coalesce(s.reserved, 0), coalesce(s.allocated, 0), coalesce(s.safety, 0),
            coalesce(s.version, 0)) <> (l.on_hand, l.reserved, l.allocated, l.safety, l.entries) AS is_unlike_ledger,
           (coalesce(s.reserved, 0), coalesce(s.allocated, 0)) <> (h.reserved, h.allocated) AS is_unlike_holds,
           (u.damaged, u.quality_control, u.display) <> (l.damaged, l.quality_control, l.display) AS is_unlike_states
      FROM {keys} AS k
      LEFT JOIN stock s ON s.variant_id = k.variant_id AND s.location_id = k.location_id
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(d_on_hand), 0) AS on_hand, coalesce(sum(d_reserved), 0) AS reserved,
                  coalesce(sum(d_allocated), 0) AS allocated, coalesce(sum(d_safety), 0) AS safety,
                  count(*) AS entries,
                  coalesce(sum(d_state) FILTER (WHERE state = 'DAMAGED'), 0) AS damaged,
                  coalesce(sum(d_state) FILTER (WHERE state = 'QUALITY_CONTROL'), 0) AS quality_control,
                  coalesce(sum(d_state) FILTER (WHERE state = 'DISPLAY'), 0) AS display
             FROM ledger WHERE variant_id = k.variant_id AND location_id = k.location_id) l
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(quantity) FILTER (WHERE state = 'R'), 0) AS reserved,
                  coalesce(sum(quantity) FILTER (WHERE state = 'A'), 0) AS allocated
             FROM holds WHERE variant_id = k.variant_id AND location_id = k.location_id) h
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(quantity) FILTER (WHERE state = 'DAMAGED'), 0) AS damaged,
                  coalesce(sum(quantity) FILTER (WHERE state = 'QUALITY_CONTROL'), 0) AS quality_control,
                  coalesce(sum(quantity) FILTER (WHERE state = 'DISPLAY'), 0) AS display
             FROM stock_states WHERE variant_id = k.variant_id AND location_id = k.location_id) u
"""
_DRIFTS: Final = f"""
    SELECT * FROM ({_COMPARED}) c WHERE is_unlike_ledger OR is_unlike_holds OR is_unlike_states
"""  # noqa: S608  # a piece of ours
_GIVEN: Final = """
    (SELECT * FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[])) AS g (variant_id, location_id))
"""
_DRIFTS_OF: Final = Statement(_DRIFTS.format(keys=_GIVEN))
# What was found, and wherever these variants are or were.
_LOOKED_AT: Final = """
    (SELECT variant_id, location_id
       FROM (SELECT variant_id, location_id FROM stock_drifts WHERE CAST(:variant_ids AS bigint[]) IS NULL
              UNION SELECT variant_id, location_id FROM stock WHERE variant_id = ANY(CAST(:variant_ids AS bigint[]))
              UNION SELECT variant_id, location_id FROM ledger WHERE variant_id = ANY(CAST(:variant_ids AS bigint[]))
              UNION SELECT variant_id, location_id FROM holds WHERE variant_id = ANY(CAST(:variant_ids AS bigint[])))
            AS known
      WHERE (variant_id, location_id) > (CAST(:after_variant_id AS bigint), CAST(:after_location_id AS int))
        AND (CAST(:location_ids AS int[]) IS NULL OR location_id = ANY(CAST(:location_ids AS int[]))))
"""
DRIFT_PAGE: Final = Statement(_DRIFTS.format(keys=_LOOKED_AT) + " ORDER BY variant_id, location_id LIMIT :limit")
_FOUND: Final = Statement("SELECT variant_id, location_id FROM stock_drifts ORDER BY 1, 2")
_NOTE: Final = Statement("""
    INSERT INTO stock_drifts (variant_id, location_id, found_at)
    SELECT variant_id, location_id, CAST(:now AS timestamptz)
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[])) AS d (variant_id, location_id)
     ORDER BY 1, 2
    ON CONFLICT DO NOTHING
""")
_FORGET: Final = Statement("""
    DELETE FROM stock_drifts d
     USING unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[])) AS g (variant_id, location_id)
     WHERE d.variant_id = g.variant_id AND d.location_id = g.location_id
""")
_REPAIR: Final = Statement("""
    INSERT INTO stock_repairs (id, variant_id, location_id, reason, note, actor)
    VALUES (:id, :variant_id, :location_id, :reason, :note, :actor)
""")
# So many keys are compared by one statement.
_STEP: Final = 2_000


async def drifts_of(tx: ReadTx, keys: Iterable[StockKey]) -> list[Row]:
    """Those of the keys whose counters differ from the ledger or the holds, with both figures."""
    ordered = sorted(set(keys))
    found: list[Row] = []
    for start in range(0, len(ordered), _STEP):
        found += await tx.fetch(_DRIFTS_OF, **_columns(ordered[start : start + _STEP]))
    return found


async def found_drifts(tx: ReadTx) -> list[StockKey]:
    """What audits have found and not found to be well since."""
    return [(row["variant_id"], row["location_id"]) for row in await tx.fetch(_FOUND)]


async def note_drifts(tx: WriteTx, *, differ: Iterable[StockKey], are_well: Iterable[StockKey], now: datetime) -> None:
    """Keep what an audit has found."""
    await tx.execute(_FORGET, **_columns(sorted(are_well)))
    await tx.execute(_NOTE, **_columns(sorted(differ)), now=now)


async def write_repair(tx: WriteTx, key: StockKey, cause: Cause) -> None:
    """Set the counters of a stock row to the ledger's sums, and the ledger to what is held; locks the row.

    Where more is held than there is, units on hand are added for it.
    """
    await tx.execute(
        _REPAIR,
        id=cause.id,
        variant_id=key[0],
        location_id=key[1],
        reason=cause.reason,
        note=cause.note,
        actor=cause.actor,
    )
    tx.published += 1


def _columns(keys: Sequence[StockKey]) -> dict[str, list[int]]:
    return {
        "variant_ids": [variant_id for variant_id, _ in keys],
        "location_ids": [location_id for _, location_id in keys],
    }
