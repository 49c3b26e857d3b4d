"""What the ledger tells: how each figure came about, what it was at an instant, and what it is made of now.

Everything is counted backwards from the counters of `stock`, which are its sums: so it costs what has happened since,
not what has ever happened, and stays right when old months of the ledger are retired.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from app.inventory.sql.availability import AVAILABLE
from app.kit.db import ReadTx, Row
from app.kit.statement import Statement

# The largest entry_id there can be: a page that starts "before" it starts at the newest row.
NEWEST: Final = 2**63 - 1

# Per location the newest rows of the wanted time before the cursor, then the newest of all of them. What a row left
# behind is what there is now less all that came later; so the rows of a page follow one another without a gap.
_HISTORY: Final = Statement("""
    SELECT m.entry_id, m.at, s.variant_id, s.location_id,
           m.d_on_hand AS on_hand_change, m.d_reserved AS reserved_change,
           m.d_allocated AS allocated_change, m.d_safety AS safety_change,
           m.state, m.d_state AS state_change, m.kind, m.reason, m.note, m.cause_kind, m.cause_id, m.actor,
           CAST(s.on_hand - later.on_hand - m.later_on_hand AS int) AS on_hand,
           CAST(s.reserved - later.reserved - m.later_reserved AS int) AS reserved,
           CAST(s.allocated - later.allocated - m.later_allocated AS int) AS allocated,
           CAST(s.safety - later.safety - m.later_safety AS int) AS safety
      FROM stock s
     CROSS JOIN LATERAL (
           SELECT least(CAST(:before AS bigint) - 1,
                        CASE WHEN CAST(:until AS timestamptz) IS NULL THEN :before - 1 ELSE coalesce((
                             SELECT l.entry_id FROM ledger l
                              WHERE l.variant_id = s.variant_id AND l.location_id = s.location_id
                                AND l.at <= CAST(:until AS timestamptz)
                              ORDER BY l.entry_id DESC LIMIT 1), 0) END) AS newest,
                  CASE WHEN CAST(:since AS timestamptz) IS NULL THEN 0 ELSE (
                       SELECT l.entry_id FROM ledger l
                        WHERE l.variant_id = s.variant_id AND l.location_id = s.location_id
                          AND l.at >= CAST(:since AS timestamptz)
                        ORDER BY l.entry_id LIMIT 1) END AS oldest) span
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(d_on_hand), 0) AS on_hand, coalesce(sum(d_reserved), 0) AS reserved,
                  coalesce(sum(d_allocated), 0) AS allocated, coalesce(sum(d_safety), 0) AS safety
             FROM ledger l
            WHERE l.variant_id = s.variant_id AND l.location_id = s.location_id
              AND l.entry_id > span.newest) later
     CROSS JOIN LATERAL (
           SELECT l.*,
                  coalesce(sum(d_on_hand) OVER newer, 0) AS later_on_hand,
                  coalesce(sum(d_reserved) OVER newer, 0) AS later_reserved,
                  coalesce(sum(d_allocated) OVER newer, 0) AS later_allocated,
                  coalesce(sum(d_safety) OVER newer, 0) AS later_safety
             FROM (SELECT * FROM ledger l
                    WHERE l.variant_id = s.variant_id AND l.location_id = s.location_id
                      AND l.entry_id BETWEEN span.oldest AND span.newest
                    ORDER BY l.entry_id DESC LIMIT :limit) l
           WINDOW newer AS (ORDER BY l.entry_id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) m
     WHERE s.variant_id = :variant_id
       AND (CAST(:location_ids AS int[]) IS NULL OR s.location_id = ANY(CAST(:location_ids AS int[])))
     ORDER BY m.entry_id DESC
     LIMIT :limit
""")

# Rows that were not there yet have no movement by then.
STOCK_AS_OF_PAGE: Final = Statement(f"""
    SELECT s.*, {AVAILABLE} AS available
      FROM (SELECT n.variant_id, n.location_id,
                   CAST(n.on_hand - later.on_hand AS int) AS on_hand,
                   CAST(n.reserved - later.reserved AS int) AS reserved,
                   CAST(n.allocated - later.allocated AS int) AS allocated,
                   CAST(n.safety - later.safety AS int) AS safety,
                   n.version - later.entries AS version
              FROM stock n
             CROSS JOIN LATERAL (
                   SELECT coalesce(sum(d_on_hand), 0) AS on_hand, coalesce(sum(d_reserved), 0) AS reserved,
                          coalesce(sum(d_allocated), 0) AS allocated, coalesce(sum(d_safety), 0) AS safety,
                          count(*) AS entries
                     FROM ledger l
                    WHERE l.variant_id = n.variant_id AND l.location_id = n.location_id
                      AND l.at > CAST(:as_of AS timestamptz)) later
             WHERE (n.variant_id, n.location_id) > (CAST(:after_variant_id AS bigint), CAST(:after_location_id AS int))
               AND (CAST(:variant_ids AS bigint[]) IS NULL OR n.variant_id = ANY(CAST(:variant_ids AS bigint[])))
               AND (CAST(:location_ids AS int[]) IS NULL OR n.location_id = ANY(CAST(:location_ids AS int[])))) s
     WHERE s.version > 0
     ORDER BY s.variant_id, s.location_id
     LIMIT :limit
""")  # noqa: S608  # a piece of ours

# One statement, so that the parts add up to the counters whatever is sold meanwhile.
_EXPLANATION: Final = Statement(f"""
    SELECT s.variant_id, s.location_id, s.on_hand, s.reserved, s.allocated, s.safety, {AVAILABLE} AS available,
           m.kinds, m.units, m.entries, h.states, h.owner_kinds, h.held, h.owners, coalesce(r.waiting, 0) AS waiting,
           CASE WHEN r.waiting > 0 THEN (
                SELECT coalesce(sum(b.quantity), 0) FROM backorders b
                 WHERE b.variant_id = s.variant_id AND b.candidates @> ARRAY[s.location_id]) ELSE 0 END AS waiting_here
      FROM (SELECT * FROM stock
             WHERE variant_id = :variant_id AND location_id > :after
               AND (CAST(:location_ids AS int[]) IS NULL OR location_id = ANY(CAST(:location_ids AS int[])))
             ORDER BY location_id LIMIT :limit) s
      LEFT JOIN selling_rules r USING (variant_id)
     CROSS JOIN LATERAL (
           SELECT array_agg(kind ORDER BY kind) AS kinds, array_agg(units ORDER BY kind) AS units,
                  array_agg(entries ORDER BY kind) AS entries
             FROM (SELECT kind, sum(d_on_hand) AS units, count(*) AS entries
                     FROM ledger l
                    WHERE l.variant_id = s.variant_id AND l.location_id = s.location_id AND l.d_on_hand <> 0
                      AND (CAST(:since AS timestamptz) IS NULL OR l.at >= CAST(:since AS timestamptz))
                    GROUP BY kind) k) m
     CROSS JOIN LATERAL (
           SELECT array_agg(state ORDER BY state, owner_kind) AS states,
                  array_agg(owner_kind ORDER BY state, owner_kind) AS owner_kinds,
                  array_agg(units ORDER BY state, owner_kind) AS held,
                  array_agg(owners ORDER BY state, owner_kind) AS owners
             FROM (SELECT state, owner_kind, sum(quantity) AS units, count(DISTINCT owner_id) AS owners
                     FROM holds h
                    WHERE h.variant_id = s.variant_id AND h.location_id = s.location_id
                    GROUP BY state, owner_kind) k) h
     ORDER BY s.location_id
""")  # noqa: S608  # a piece of ours


async def movements_of(
    tx: ReadTx,
    variant_id: int,
    location_ids: Sequence[int] | None,
    *,
    before: int,
    limit: int,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Row]:
    """The ledger of a variant, newest first, with the counters that each row left behind at its location.

    location_ids None: everywhere. before: only rows with a smaller entry_id (`NEWEST` for the first page). since,
    until: only rows of this time, both ends included.
    """
    return await tx.fetch(
        _HISTORY,
        variant_id=variant_id,
        location_ids=location_ids,
        before=before,
        limit=limit,
        since=since,
        until=until,
    )


async def explained_levels(
    tx: ReadTx,
    variant_id: int,
    location_ids: Sequence[int] | None,
    *,
    after: int,
    limit: int,
    since: datetime | None = None,
) -> list[Row]:
    """The levels of a variant by location, each with what it is made of.

    kinds, units, entries: of the movements of on_hand since then (None: ever), by kind. states, owner_kinds, held,
    owners: of what is held now, by state and owner. waiting: units of the variant that are waited for, at whichever
    location; waiting_here: those of them that the location may serve. after: only locations with a larger id.
    """
    return await tx.fetch(
        _EXPLANATION, variant_id=variant_id, location_ids=location_ids, after=after, limit=limit, since=since
    )
