"""Rows of the ledger. A trigger on its inserts moves the counters of `stock` and publishes the new levels."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

import asyncpg

from app.inventory.errors import InvalidQuantity
from app.inventory.model import Movement
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.errors import NotFound
from app.kit.statement import Statement

# The largest entry_id there can be: a page that starts "before" it starts at the newest row.
NEWEST: Final = 2**63 - 1

_POST: Final = Statement("""
    INSERT INTO ledger (variant_id, location_id, d_on_hand, d_reserved, d_allocated, d_safety, kind, reason,
                        cause_kind, cause_id, actor)
    SELECT variant_id, location_id, on_hand, reserved, allocated, safety, kind, CAST(:reason AS text),
           CAST(:cause_kind AS text), CAST(:cause_id AS uuid), CAST(:actor AS text)
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[]), CAST(:on_hands AS int[]),
                  CAST(:reserveds AS int[]), CAST(:allocateds AS int[]), CAST(:safeties AS int[]),
                  CAST(:kinds AS text[]))
           AS m (variant_id, location_id, on_hand, reserved, allocated, safety, kind)
     ORDER BY variant_id, location_id
""")

# Per location the newest rows before the cursor, then the newest of all of them. Balances are counted
# backwards from the counters of `stock`: what a row left behind is what there is now less all that came
# later.
_HISTORY: Final = Statement("""
    SELECT m.entry_id, m.at, s.variant_id, s.location_id,
           m.d_on_hand AS on_hand_change, m.d_reserved AS reserved_change,
           m.d_allocated AS allocated_change, m.d_safety AS safety_change,
           m.kind, m.reason, m.cause_kind, m.cause_id, m.actor,
           CAST(s.on_hand - later.on_hand - m.later_on_hand AS int) AS on_hand,
           CAST(s.reserved - later.reserved - m.later_reserved AS int) AS reserved,
           CAST(s.allocated - later.allocated - m.later_allocated AS int) AS allocated,
           CAST(s.safety - later.safety - m.later_safety AS int) AS safety
      FROM stock s
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(d_on_hand), 0) AS on_hand, coalesce(sum(d_reserved), 0) AS reserved,
                  coalesce(sum(d_allocated), 0) AS allocated, coalesce(sum(d_safety), 0) AS safety
             FROM ledger l
            WHERE l.variant_id = s.variant_id AND l.location_id = s.location_id
              AND l.entry_id >= :before) later
     CROSS JOIN LATERAL (
           SELECT l.*,
                  coalesce(sum(d_on_hand) OVER newer, 0) AS later_on_hand,
                  coalesce(sum(d_reserved) OVER newer, 0) AS later_reserved,
                  coalesce(sum(d_allocated) OVER newer, 0) AS later_allocated,
                  coalesce(sum(d_safety) OVER newer, 0) AS later_safety
             FROM (SELECT * FROM ledger l
                    WHERE l.variant_id = s.variant_id AND l.location_id = s.location_id
                      AND l.entry_id < :before
                    ORDER BY l.entry_id DESC LIMIT :limit) l
           WINDOW newer AS (ORDER BY l.entry_id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) m
     WHERE s.variant_id = :variant_id
       AND (CAST(:location_ids AS int[]) IS NULL OR s.location_id = ANY(CAST(:location_ids AS int[])))
     ORDER BY m.entry_id DESC
     LIMIT :limit
""")

_ENSURE_PARTITIONS: Final = Statement("SELECT ensure_ledger_partitions(CAST(:first_day AS date))")


async def post(
    tx: WriteTx,
    movements: Sequence[Movement],
    *,
    cause_kind: str,
    cause_id: UUID,
    actor: str,
    reason: str | None = None,
) -> None:
    """Write the movements. Raises NotFound for unknown variants and locations, InvalidQuantity past
    2,147,483,647 units.
    """
    if not movements:
        return
    try:
        await tx.execute(
            _POST,
            variant_ids=[movement.variant_id for movement in movements],
            location_ids=[movement.location_id for movement in movements],
            on_hands=[movement.on_hand for movement in movements],
            reserveds=[movement.reserved for movement in movements],
            allocateds=[movement.allocated for movement in movements],
            safeties=[movement.safety for movement in movements],
            kinds=[movement.kind.value for movement in movements],
            reason=reason,
            cause_kind=cause_kind,
            cause_id=cause_id,
            actor=actor,
        )
    except asyncpg.ForeignKeyViolationError:
        raise NotFound("There is no such variant or location.") from None
    except asyncpg.NumericValueOutOfRangeError:
        raise InvalidQuantity("A location holds at most 2,147,483,647 units of a variant.") from None
    tx.published += 1


async def movements_of(
    tx: ReadTx, variant_id: int, location_ids: Sequence[int] | None, *, before: int, limit: int
) -> list[Row]:
    """The ledger of a variant, newest first, with the counters that each row left behind at its location.

    location_ids None: everywhere. before: only rows with a smaller entry_id (`NEWEST` for the first page).
    """
    return await tx.fetch(_HISTORY, variant_id=variant_id, location_ids=location_ids, before=before, limit=limit)


async def ensure_partitions(tx: WriteTx, first_day: date) -> None:
    """Make the partitions of this day's month and of the following ones, as far as they are missing."""
    await tx.execute(_ENSURE_PARTITIONS, first_day=first_day)
