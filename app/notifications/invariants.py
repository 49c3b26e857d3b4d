"""What must always hold of webhooks: queries that return a row for every contradiction."""

from typing import Final

INVARIANTS: Final = {
    "every endpoint has one secret without an end": """
        SELECT endpoint.id FROM webhook_endpoints AS endpoint
         WHERE 1 <> (SELECT count(*) FROM webhook_secrets WHERE endpoint_id = endpoint.id AND ends_at IS NULL)
    """,
    "a delivery that was received was sent": """
        SELECT id FROM webhook_deliveries WHERE status = 'DELIVERED' AND (attempts < 1 OR jsonb_array_length(log) < 1)
    """,
}
