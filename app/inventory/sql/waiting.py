"""The lines that wait for units, as staff sees them."""

from collections.abc import Collection
from typing import Final

from app.inventory.sql.availability import FREE
from app.inventory.sql.incoming import INCOMING
from app.kit.db import ReadTx
from app.kit.statement import Statement

# location_ids: only lines that one of these may serve.
_MATCHES: Final = """
      FROM backorders AS b
     WHERE (CAST(:variant_ids AS bigint[]) IS NULL OR b.variant_id = ANY(CAST(:variant_ids AS bigint[])))
       AND (CAST(:location_ids AS int[]) IS NULL OR b.candidates && CAST(:location_ids AS int[]))
       AND (CAST(:since AS timestamptz) IS NULL OR b.created_at >= CAST(:since AS timestamptz))
       AND (CAST(:until AS timestamptz) IS NULL OR b.created_at <= CAST(:until AS timestamptz))
       AND (CAST(:channel_id AS int) IS NULL OR EXISTS (
            SELECT FROM orders AS o WHERE o.id = b.owner_id AND o.channel_id = CAST(:channel_id AS int)))
"""
_UNITS_AT: Final = Statement("""
    SELECT b.variant_id, CAST(sum(b.quantity) AS int) AS units FROM backorders AS b
     WHERE b.variant_id = ANY(CAST(:variant_ids AS bigint[])) AND b.candidates @> ARRAY[CAST(:location_id AS int)]
     GROUP BY b.variant_id
""")
# In the order in which they are served.
WAITING_PAGE: Final = Statement(f"""
    SELECT b.entry_id, b.owner_kind, b.owner_id, b.line_no, b.variant_id, b.quantity, b.kind, b.expires_at,
           b.promised_on, b.candidates, b.created_at
    {_MATCHES} AND b.entry_id > :after
     ORDER BY b.entry_id LIMIT :limit
""")  # a piece of ours
WAITING_COUNT: Final = Statement(f"SELECT count(*) AS total FROM (SELECT 1 {_MATCHES} LIMIT 10000) AS counted")  # noqa: S608

# The queues of variants up to an entry each, with their rules.
QUEUES: Final = Statement("""
    SELECT q.*, r.policy, r.limit_units, r.waiting, r.promised_on
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:entry_ids AS bigint[])) AS w (variant_id, last_id)
      JOIN selling_rules AS r ON r.variant_id = w.variant_id
     CROSS JOIN LATERAL (
           SELECT b.variant_id, b.entry_id, b.quantity, b.candidates, b.may_split FROM backorders AS b
            WHERE b.variant_id = w.variant_id AND b.entry_id <= w.last_id
            ORDER BY b.entry_id LIMIT CAST(:most AS int)) AS q
     ORDER BY q.variant_id, q.entry_id
""")
FREE_UNITS: Final = Statement(f"""
    SELECT s.variant_id, s.location_id, {FREE} AS free FROM stock AS s
     WHERE s.variant_id = ANY(CAST(:variant_ids AS bigint[]))
""")  # noqa: S608  # a piece of ours
# What is late comes nobody knows when.
EXPECTED: Final = Statement(f"""
    SELECT i.* FROM ({INCOMING}) AS i WHERE i.expected_on >= CAST(:today AS date)
     ORDER BY i.variant_id, i.expected_on, i.cause_kind, i.cause_id, i.line_no
""")  # noqa: S608  # a piece of ours


async def units_waiting_at(tx: ReadTx, location_id: int, variant_ids: Collection[int]) -> dict[int, int]:
    """Units by variant that those wait for whom the location may serve; without variants that nobody waits for."""
    rows = await tx.fetch(_UNITS_AT, variant_ids=sorted(variant_ids), location_id=location_id)
    return {row["variant_id"]: row["units"] for row in rows}
