"""What was told behind a place in the feed, for those who come back to it with a cursor."""

from typing import Final

from app.kit.db import ReadTx
from app.kit.outbox import MANY, MANY_WEIGHT, Position
from app.kit.statement import Statement
from app.kit.tables import SPAN

# Also those that no reader of the feed has come to.
_BEHIND: Final = Statement(f"""
    SELECT coalesce(sum(CASE WHEN key = '*' THEN {MANY_WEIGHT} ELSE 1 END), 0)::bigint FROM (
        SELECT key FROM outbox WHERE (xid, id) > (CAST(:xid AS bigint), CAST(:id AS bigint))
         ORDER BY xid, id LIMIT CAST(:limit AS int)) AS behind
""")  # noqa: S608  # a number


def keys_told(topic: str, key: str) -> str:
    """A SELECT of the UUIDs that facts on a topic behind a place (:xid, :id) tell of, as this snapshot sees them.

    key: the name by which the facts of a row of many have it. The place may be in the middle of such a row.
    """
    return f"""
           SELECT CAST(fact.key AS uuid) FROM outbox AS told
            CROSS JOIN LATERAL (
                  SELECT told.key, told.id WHERE told.key <> '{MANY}'
                   UNION ALL
                  SELECT one.key, told.id + one.number - 1
                    FROM jsonb_array_elements_text(told.payload -> 'facts' -> '{key}')
                         WITH ORDINALITY AS one (key, number)
                   WHERE told.key = '{MANY}') AS fact
            WHERE told.topic = '{topic}'
              AND (told.xid, told.id) > (CAST(:xid AS bigint), CAST(:id AS bigint) - {SPAN})
              AND (told.xid, fact.id) > (CAST(:xid AS bigint), CAST(:id AS bigint))"""  # noqa: S608  # constants


async def facts_behind(tx: ReadTx, place: Position, *, limit: int) -> int:
    """The `weight` of the facts behind a place that this snapshot sees, of `limit` rows at most."""
    return await tx.fetchval(_BEHIND, xid=place.xid, id=place.id, limit=limit)
