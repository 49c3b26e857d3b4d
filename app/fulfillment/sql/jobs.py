"""What the live stream of a partner's jobs reads."""

from typing import Final

from app.kit.statement import Statement
from app.kit.told import keys_told

# Null filters filter nothing. A partner sees only its own, and nobody else its tests; a key limited to
# locations only those.
OPEN_JOBS: Final = Statement("""
    SELECT pickup.id AS pickup_id, pickup.number, pickup.status, pickup.version FROM pickups AS pickup
     WHERE (CAST(:partner_id AS uuid) IS NULL AND NOT pickup.is_sandbox OR pickup.partner_id = :partner_id)
       AND (CAST(:allowed AS int[]) IS NULL OR pickup.location_id = ANY(CAST(:allowed AS int[])))
       AND pickup.status IN ('REQUESTED', 'PREPARING', 'IN_TRANSIT_TO_POINT', 'ARRIVED', 'READY', 'EXPIRING', 'EXPIRED',
                             'RETURNING')
     ORDER BY pickup.id LIMIT CAST(:limit AS int)
""")
JOBS_BY_ID: Final = Statement("""
    SELECT pickup.id AS pickup_id, pickup.number, pickup.status, pickup.version FROM pickups AS pickup
     WHERE (CAST(:partner_id AS uuid) IS NULL AND NOT pickup.is_sandbox OR pickup.partner_id = :partner_id)
       AND (CAST(:allowed AS int[]) IS NULL OR pickup.location_id = ANY(CAST(:allowed AS int[])))
       AND pickup.id = ANY(CAST(:ids AS uuid[]))
""")
CHANGED_JOBS: Final = Statement(f"""
    SELECT pickup.id AS pickup_id, pickup.number, pickup.status, pickup.version FROM pickups AS pickup
     WHERE (CAST(:partner_id AS uuid) IS NULL AND NOT pickup.is_sandbox OR pickup.partner_id = :partner_id)
       AND (CAST(:allowed AS int[]) IS NULL OR pickup.location_id = ANY(CAST(:allowed AS int[])))
       AND pickup.id IN ({keys_told("pickup_changed", "pickup_id")})
     ORDER BY pickup.id
""")  # noqa: S608  # a constant
