"""What must always hold of keys: queries that return a row for every contradiction."""

from typing import Final

INVARIANTS: Final = {
    "every key has one secret without an end": """
        SELECT key.id FROM api_keys AS key
         WHERE 1 <> (SELECT count(*) FROM api_key_secrets WHERE key_id = key.id AND ends_at IS NULL)
    """,
}
