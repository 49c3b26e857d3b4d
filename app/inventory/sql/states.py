"""Units that are there but not sold. Nothing here writes them: the ledger's trigger does."""

from collections.abc import Sequence
from typing import Final

from app.inventory.model.selling import StockKey
from app.kit.db import ReadTx
from app.kit.statement import Statement

STATES_BY_KEY: Final = Statement("""
    SELECT k.variant_id, k.location_id,
           coalesce(sum(s.quantity) FILTER (WHERE s.state = 'DAMAGED'), 0)::int AS damaged,
           coalesce(sum(s.quantity) FILTER (WHERE s.state = 'QUALITY_CONTROL'), 0)::int AS quality_control,
           coalesce(sum(s.quantity) FILTER (WHERE s.state = 'DISPLAY'), 0)::int AS display
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[])) AS k (variant_id, location_id)
      LEFT JOIN stock_states s ON s.variant_id = k.variant_id AND s.location_id = k.location_id
     GROUP BY k.variant_id, k.location_id
""")
_STATES: Final = Statement("""
    SELECT s.variant_id, s.location_id, s.state, s.quantity
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[])) AS k (variant_id, location_id)
      JOIN stock_states s ON s.variant_id = k.variant_id AND s.location_id = k.location_id
""")


async def states_of(tx: ReadTx, keys: Sequence[StockKey]) -> dict[tuple[int, int, str], int]:
    """Units by (variant, location, state), where there have been any."""
    rows = await tx.fetch(
        _STATES,
        variant_ids=[variant_id for variant_id, _ in keys],
        location_ids=[location_id for _, location_id in keys],
    )
    return {(row["variant_id"], row["location_id"], row["state"]): row["quantity"] for row in rows}
