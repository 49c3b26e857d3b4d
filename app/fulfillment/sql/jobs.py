"""What the live stream of a partner's jobs reads."""

from typing import Final

from app.kit.statement import Statement
from app.kit.tables import SPAN

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
# Facts behind a place that this snapshot sees, also those that no reader of the feed has come to; rows of many as
# `app.kit.outbox.weight` has them.
FACTS_BEHIND: Final = Statement("""
    SELECT coalesce(sum(CASE WHEN key = '*' THEN 100 ELSE 1 END), 0)::bigint FROM (
        SELECT key FROM outbox WHERE (xid, id) > (CAST(:xid AS bigint), CAST(:id AS bigint))
         ORDER BY xid, id LIMIT CAST(:limit AS int)) AS behind
""")
# A place may be in the middle of a row of many facts.
CHANGED_JOBS: Final = Statement(f"""
    SELECT pickup.id AS pickup_id, pickup.number, pickup.status, pickup.version FROM pickups AS pickup
     WHERE (CAST(:partner_id AS uuid) IS NULL AND NOT pickup.is_sandbox OR pickup.partner_id = :partner_id)
       AND (CAST(:allowed AS int[]) IS NULL OR pickup.location_id = ANY(CAST(:allowed AS int[])))
       AND pickup.id IN (
           SELECT CAST(fact.key AS uuid) FROM outbox AS told
            CROSS JOIN LATERAL (
                  SELECT told.key, told.id WHERE told.key <> '*'
                   UNION ALL
                  SELECT one.key, told.id + one.number - 1
                    FROM jsonb_array_elements_text(told.payload -> 'facts' -> 'pickup_id')
                         WITH ORDINALITY AS one (key, number)
                   WHERE told.key = '*') AS fact
            WHERE told.topic = 'pickup_changed'
              AND (told.xid, told.id) > (CAST(:xid AS bigint), CAST(:id AS bigint) - {SPAN})
              AND (told.xid, fact.id) > (CAST(:xid AS bigint), CAST(:id AS bigint)))
     ORDER BY pickup.id
""")  # noqa: S608  # a number
