"""Statements about deliveries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.kit.db import ReadTx, Row, WriteTx
from app.kit.outbox import Position
from app.kit.statement import Statement


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A fact for an endpoint. is_newest: it takes the place of those of its key that nobody has tried to send."""

    endpoint_id: UUID
    position: Position
    type: str
    key: str
    body: str
    occurred_at: datetime
    is_newest: bool = False


_NEW: Final = """
    INSERT INTO webhook_deliveries (endpoint_id, event_id, xid, type, key, body, occurred_at, created_at, next_at)
    SELECT new.endpoint_id, new.event_id, new.xid, new.type, new.key, new.body, new.occurred_at, :now,
           coalesce((SELECT max(before.next_at) FROM webhook_deliveries AS before
                      WHERE before.endpoint_id = new.endpoint_id AND before.key = new.key
                        AND before.status = 'WAITING' AND before.attempts > 0), :now)
      FROM unnest(CAST(:endpoint_ids AS uuid[]), CAST(:event_ids AS bigint[]), CAST(:xids AS bigint[]),
                  CAST(:types AS text[]), CAST(:keys AS text[]), CAST(:bodies AS text[]),
                  CAST(:instants AS timestamptz[]))
           AS new (endpoint_id, event_id, xid, type, key, body, occurred_at)
"""
# Later ones of a key wait as long as one that failed does, so that they are not looked at in vain.
_INSERT: Final = Statement(_NEW + "ON CONFLICT (endpoint_id, event_id) DO NOTHING")
_INSERT_AGAIN: Final = Statement(
    _NEW
    + """ON CONFLICT (endpoint_id, event_id) DO UPDATE
       SET status = 'WAITING', attempts = 0, finished_at = NULL, next_at = excluded.next_at
     WHERE webhook_deliveries.status <> 'WAITING'"""
)
# One that is just being tried is due later: that one stays.
_DROP_OLDER: Final = Statement("""
    DELETE FROM webhook_deliveries AS old
     USING unnest(CAST(:endpoint_ids AS uuid[]), CAST(:keys AS text[])) AS new (endpoint_id, key)
     WHERE old.endpoint_id = new.endpoint_id AND old.key = new.key AND old.status = 'WAITING' AND old.attempts = 0
       AND old.next_at <= :now
""")
# Per endpoint as many as it has room for; of a key only the oldest that waits. `next_at` is when whoever takes them now
# is taken for dead.
_CLAIM: Final = Statement("""
    WITH room AS (
        SELECT endpoint.id, CAST(:at_once AS int) - coalesce(busy.count, 0) AS free
          FROM webhook_endpoints AS endpoint
          LEFT JOIN unnest(CAST(:busy_ids AS uuid[]), CAST(:busy_counts AS int[])) AS busy (id, count)
               ON busy.id = endpoint.id
         WHERE endpoint.status = 'ACTIVE' AND (endpoint.resting_until IS NULL OR endpoint.resting_until <= :now)),
    due AS MATERIALIZED (
        SELECT found.id FROM room CROSS JOIN LATERAL (
            SELECT one.id FROM webhook_deliveries AS one
             WHERE one.endpoint_id = room.id AND one.status = 'WAITING' AND one.next_at <= :now
               AND NOT EXISTS (
                   SELECT FROM webhook_deliveries AS earlier
                    WHERE earlier.endpoint_id = one.endpoint_id AND earlier.key = one.key
                      AND earlier.status = 'WAITING' AND (earlier.xid, earlier.event_id) < (one.xid, one.event_id))
             ORDER BY one.next_at, one.xid, one.event_id
             LIMIT greatest(room.free, 0) FOR UPDATE SKIP LOCKED) AS found),
    taken AS (
        UPDATE webhook_deliveries AS one SET next_at = :until FROM due WHERE one.id = due.id
        RETURNING one.id, one.endpoint_id, one.event_id, one.body, one.attempts)
    SELECT taken.*, endpoint.url,
           (SELECT array_agg(secret.sealed ORDER BY secret.ends_at DESC NULLS FIRST) FROM webhook_secrets AS secret
             WHERE secret.endpoint_id = taken.endpoint_id
               AND (secret.ends_at IS NULL OR secret.ends_at > :now)) AS sealed
      FROM taken JOIN webhook_endpoints AS endpoint ON endpoint.id = taken.endpoint_id
     ORDER BY taken.event_id
""")
_LOCK: Final = Statement("SELECT * FROM webhook_deliveries WHERE id = :id FOR UPDATE")
_RECORD: Final = Statement("""
    UPDATE webhook_deliveries
       SET status = :status, attempts = attempts + 1, next_at = coalesce(CAST(:next_at AS timestamptz), next_at),
           finished_at = CASE WHEN :status = 'WAITING' THEN NULL ELSE CAST(:now AS timestamptz) END,
           log = CASE WHEN jsonb_array_length(log) >= CAST(:kept AS int) THEN log - 0 ELSE log END
                 || jsonb_build_array(CAST(:entry AS jsonb))
     WHERE id = :id
""")
_DELAY_LATER: Final = Statement("""
    UPDATE webhook_deliveries SET next_at = greatest(next_at, CAST(:next_at AS timestamptz))
     WHERE endpoint_id = :endpoint_id AND key = :key AND status = 'WAITING'
""")
_HURRY_LATER: Final = Statement("""
    UPDATE webhook_deliveries SET next_at = :now
     WHERE endpoint_id = :endpoint_id AND key = :key AND status = 'WAITING' AND attempts = 0 AND next_at > :now
""")
_RETRY: Final = Statement("""
    UPDATE webhook_deliveries SET status = 'WAITING', attempts = 0, finished_at = NULL, next_at = :now WHERE id = :id
""")
DELIVERIES_BY_ID: Final = Statement("""
    SELECT delivery.* FROM webhook_deliveries AS delivery
      JOIN webhook_endpoints AS endpoint ON endpoint.id = delivery.endpoint_id
     WHERE delivery.id = ANY(CAST(:ids AS bigint[]))
       AND (CAST(:partner_id AS uuid) IS NULL OR endpoint.partner_id = :partner_id)
""")
DELIVERY_PAGE: Final = Statement("""
    SELECT * FROM webhook_deliveries
     WHERE endpoint_id = :endpoint_id AND (CAST(:before AS bigint) IS NULL OR id < CAST(:before AS bigint))
     ORDER BY id DESC LIMIT CAST(:limit AS int)
""")
DELIVERY_PAGE_OF_STATUS: Final = Statement("""
    SELECT * FROM webhook_deliveries
     WHERE endpoint_id = :endpoint_id AND status = :status
       AND (CAST(:before AS bigint) IS NULL OR id < CAST(:before AS bigint))
     ORDER BY id DESC LIMIT CAST(:limit AS int)
""")
_PRUNE: Final = Statement("""
    DELETE FROM webhook_deliveries WHERE id IN (
        SELECT id FROM webhook_deliveries
         WHERE finished_at < CASE status WHEN 'DEAD' THEN CAST(:dead AS timestamptz) ELSE :delivered END
         ORDER BY finished_at LIMIT CAST(:limit AS int))
""")


async def insert_deliveries(tx: WriteTx, new: Sequence[NewDelivery], *, now: datetime, is_replay: bool = False) -> None:
    """Write what is to be sent. What an endpoint was given before is left alone, or with is_replay given again."""
    if not new:
        return
    if newest := [one for one in new if one.is_newest]:
        await tx.execute(
            _DROP_OLDER, endpoint_ids=[one.endpoint_id for one in newest], keys=[one.key for one in newest], now=now
        )
    await tx.execute(
        _INSERT_AGAIN if is_replay else _INSERT,
        endpoint_ids=[one.endpoint_id for one in new],
        event_ids=[one.position.id for one in new],
        xids=[one.position.xid for one in new],
        types=[one.type for one in new],
        keys=[one.key for one in new],
        bodies=[one.body for one in new],
        instants=[one.occurred_at for one in new],
        now=now,
    )


async def claim_deliveries(
    tx: WriteTx, *, busy: Mapping[UUID, int], at_once: int, until: datetime, now: datetime
) -> list[Row]:
    """What is to be tried now: id, endpoint_id, event_id, body, attempts, url, sealed (secrets, newest first).

    busy: how many the caller has under way, by endpoint. until: then others may take them.
    """
    return await tx.fetch(
        _CLAIM, busy_ids=list(busy), busy_counts=list(busy.values()), at_once=at_once, until=until, now=now
    )


async def lock_delivery(tx: WriteTx, delivery_id: int) -> Row | None:
    """A delivery, all columns, locked. Lock its endpoint first."""
    return await tx.fetchrow(_LOCK, id=delivery_id)


async def record(
    tx: WriteTx,
    delivery_id: int,
    *,
    status: str,
    next_at: datetime | None,
    entry: Mapping[str, Any],
    kept: int,
    now: datetime,
) -> None:
    """Write what became of an attempt. kept: how many attempts are remembered."""
    await tx.execute(_RECORD, id=delivery_id, status=status, next_at=next_at, entry=dict(entry), kept=kept, now=now)


async def delay_later(tx: WriteTx, endpoint_id: UUID, key: str, next_at: datetime) -> None:
    """Those of a key are not looked at before this instant: the oldest of them is not tried before."""
    await tx.execute(_DELAY_LATER, endpoint_id=endpoint_id, key=key, next_at=next_at)


async def hurry_later(tx: WriteTx, endpoint_id: UUID, key: str, *, now: datetime) -> None:
    """The oldest of a key waits no more: the next one is looked at."""
    await tx.execute(_HURRY_LATER, endpoint_id=endpoint_id, key=key, now=now)


async def retry(tx: WriteTx, delivery_id: int, *, now: datetime) -> None:
    """Try a delivery at once, with all its attempts anew."""
    await tx.execute(_RETRY, id=delivery_id, now=now)


async def prune_deliveries(tx: WriteTx, *, delivered: datetime, dead: datetime, limit: int) -> int:
    """Delete what was delivered, or given up, before these instants; returns how many."""
    return await tx.execute(_PRUNE, delivered=delivered, dead=dead, limit=limit)


async def find_delivery(tx: ReadTx, delivery_id: int) -> Row | None:
    """A delivery, all columns."""
    rows = await tx.fetch(DELIVERIES_BY_ID, ids=[delivery_id], partner_id=None)
    return rows[0] if rows else None
