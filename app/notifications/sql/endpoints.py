"""Statements about endpoints and their secrets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.kit.db import ReadTx, Row, WriteTx
from app.kit.ids import new_id
from app.kit.outbox import Position
from app.kit.statement import Statement

# Null filters filter nothing.
ENDPOINTS_BY_ID: Final = Statement("""
    SELECT * FROM webhook_endpoints
     WHERE id = ANY(CAST(:ids AS uuid[])) AND (CAST(:partner_id AS uuid) IS NULL OR partner_id = :partner_id)
""")
ENDPOINT_PAGE: Final = Statement("""
    SELECT *, id::text AS cursor FROM webhook_endpoints
     WHERE (CAST(:partner_id AS uuid) IS NULL OR partner_id = :partner_id)
       AND (CAST(:status AS text) IS NULL OR status = :status)
       AND (CAST(:after AS uuid) IS NULL OR id > CAST(:after AS uuid))
     ORDER BY id LIMIT CAST(:limit AS int)
""")
SECRETS_BY_ENDPOINT: Final = Statement("""
    SELECT endpoint_id, created_at, ends_at FROM webhook_secrets
     WHERE endpoint_id = ANY(CAST(:ids AS uuid[])) AND (ends_at IS NULL OR ends_at > :now)
     ORDER BY endpoint_id, ends_at DESC NULLS FIRST
""")
QUEUES_BY_ENDPOINT: Final = Statement("""
    SELECT wanted.id AS endpoint_id,
           (SELECT count(*)::int FROM webhook_deliveries
             WHERE endpoint_id = wanted.id AND status = 'WAITING') AS waiting,
           (SELECT count(*)::int FROM webhook_deliveries WHERE endpoint_id = wanted.id AND status = 'DEAD') AS dead,
           (SELECT min(created_at) FROM webhook_deliveries
             WHERE endpoint_id = wanted.id AND status = 'WAITING') AS oldest_at
      FROM unnest(CAST(:ids AS uuid[])) AS wanted (id)
""")
_INSERT: Final = Statement("""
    INSERT INTO webhook_endpoints (id, partner_id, url, description, event_types, created_at)
    SELECT CAST(:id AS uuid), CAST(:partner_id AS uuid), :url, :description, CAST(:event_types AS text[]), :now
     WHERE (SELECT count(*) FROM webhook_endpoints WHERE partner_id IS NOT DISTINCT FROM CAST(:partner_id AS uuid))
           < CAST(:most AS int)
""")
_LOCK: Final = Statement("SELECT * FROM webhook_endpoints WHERE id = :id FOR NO KEY UPDATE")
_EDIT: Final = Statement("""
    UPDATE webhook_endpoints
       SET url = :url, description = :description, event_types = :event_types, version = version + 1
     WHERE id = :id
""")
_STOP: Final = Statement("""
    UPDATE webhook_endpoints
       SET status = :status, left_xid = :xid, left_id = :left_id, resting_until = NULL, version = version + 1
     WHERE id = :id
""")
# What failed before is forgotten, and what waits is tried at once.
_RESUME: Final = Statement("""
    WITH due AS (
        UPDATE webhook_deliveries SET next_at = :now WHERE endpoint_id = :id AND status = 'WAITING')
    UPDATE webhook_endpoints
       SET status = 'ACTIVE', left_xid = NULL, left_id = NULL, failures = 0, failing_since = NULL,
           resting_until = NULL, version = version + 1
     WHERE id = :id
""")
_DELETE: Final = Statement("DELETE FROM webhook_endpoints WHERE id = :id")
_FAILED: Final = Statement("""
    UPDATE webhook_endpoints
       SET failures = failures + 1, failing_since = coalesce(failing_since, :now), resting_until = :resting_until
     WHERE id = :id
""")
_SUCCEEDED: Final = Statement("""
    UPDATE webhook_endpoints SET failures = 0, failing_since = NULL, resting_until = NULL
     WHERE id = :id AND failures > 0
""")
_END_REST: Final = Statement("""
    UPDATE webhook_endpoints SET resting_until = NULL WHERE id = :id AND resting_until IS NOT NULL
""")
_INSERT_SECRET: Final = Statement("""
    INSERT INTO webhook_secrets (id, endpoint_id, sealed, created_at) VALUES (:id, :endpoint_id, :sealed, :now)
""")
_END_SECRETS: Final = Statement("""
    UPDATE webhook_secrets SET ends_at = :ends_at
     WHERE endpoint_id = :endpoint_id AND (ends_at IS NULL OR ends_at > :ends_at)
""")
_LIVE_SECRETS: Final = Statement("""
    SELECT count(*) FROM webhook_secrets WHERE endpoint_id = :endpoint_id AND (ends_at IS NULL OR ends_at > :now)
""")
# Deliveries are written for them: none is deleted meanwhile.
_ACTIVE: Final = Statement("""
    SELECT id, partner_id, event_types FROM webhook_endpoints WHERE status = 'ACTIVE' ORDER BY id FOR KEY SHARE
""")
_REPLAYING: Final = Statement("""
    SELECT id, partner_id, event_types, replay_xid, replay_id, replay_end_xid, replay_end_id FROM webhook_endpoints
     WHERE replay_id IS NOT NULL ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
""")
_SET_REPLAY: Final = Statement("""
    UPDATE webhook_endpoints
       SET replay_xid = :xid, replay_id = :replay_id, replay_end_xid = :end_xid, replay_end_id = :end_id
     WHERE id = :id
""")


async def insert_endpoint(
    tx: WriteTx,
    *,
    endpoint_id: UUID,
    partner_id: UUID | None,
    url: str,
    description: str,
    event_types: Sequence[str],
    most: int,
    now: datetime,
) -> bool:
    """Write an endpoint; False, writing nothing, when its owner has `most` of them."""
    return bool(
        await tx.execute(
            _INSERT,
            id=endpoint_id,
            partner_id=partner_id,
            url=url,
            description=description,
            event_types=list(event_types),
            most=most,
            now=now,
        )
    )


async def lock_endpoint(tx: WriteTx, endpoint_id: UUID) -> Row | None:
    """An endpoint, all columns, locked until the transaction ends."""
    return await tx.fetchrow(_LOCK, id=endpoint_id)


async def edit_endpoint(
    tx: WriteTx, endpoint_id: UUID, *, url: str, description: str, event_types: Sequence[str]
) -> None:
    """Write what people say of an endpoint."""
    await tx.execute(_EDIT, id=endpoint_id, url=url, description=description, event_types=list(event_types))


async def stop_endpoint(tx: WriteTx, endpoint_id: UUID, status: str, left: Position) -> None:
    """It is sent nothing any more; facts up to `left` were given to it."""
    await tx.execute(_STOP, id=endpoint_id, status=status, xid=left.xid, left_id=left.id)


async def resume_endpoint(tx: WriteTx, endpoint_id: UUID, *, now: datetime) -> None:
    """It is sent facts again, and all that waits for it."""
    await tx.execute(_RESUME, id=endpoint_id, now=now)


async def delete_endpoint(tx: WriteTx, endpoint_id: UUID) -> bool:
    """Delete an endpoint with its secrets and deliveries; False when there is none."""
    return bool(await tx.execute(_DELETE, id=endpoint_id))


async def note_failure(tx: WriteTx, endpoint_id: UUID, *, now: datetime, resting_until: datetime | None) -> None:
    """One more attempt failed. resting_until: until when nothing is sent."""
    await tx.execute(_FAILED, id=endpoint_id, now=now, resting_until=resting_until)


async def note_success(tx: WriteTx, endpoint_id: UUID) -> None:
    """An attempt was answered well: failures count from nothing again."""
    await tx.execute(_SUCCEEDED, id=endpoint_id)


async def end_rest(tx: WriteTx, endpoint_id: UUID) -> None:
    """Whatever failed before, it may be sent something now."""
    await tx.execute(_END_REST, id=endpoint_id)


async def insert_secret(tx: WriteTx, endpoint_id: UUID, sealed: bytes, *, now: datetime) -> None:
    """Write the newest secret of an endpoint, whose others have an end."""
    await tx.execute(_INSERT_SECRET, id=new_id(), endpoint_id=endpoint_id, sealed=sealed, now=now)


async def end_secrets(tx: WriteTx, endpoint_id: UUID, *, ends_at: datetime) -> None:
    """All secrets of an endpoint end then, unless they do before."""
    await tx.execute(_END_SECRETS, endpoint_id=endpoint_id, ends_at=ends_at)


async def live_secrets(tx: ReadTx, endpoint_id: UUID, *, now: datetime) -> int:
    """How many secrets of an endpoint sign."""
    return await tx.fetchval(_LIVE_SECRETS, endpoint_id=endpoint_id, now=now)


async def active_endpoints(tx: WriteTx) -> list[Row]:
    """Whom facts are given to (id, partner_id, event_types); none is deleted until the transaction ends."""
    return await tx.fetch(_ACTIVE)


async def lock_replaying(tx: WriteTx) -> Row | None:
    """An endpoint that is given facts once more, locked; None when there is none, or others are at it."""
    return await tx.fetchrow(_REPLAYING)


async def set_replay(tx: WriteTx, endpoint_id: UUID, begin: Position | None, end: Position | None) -> None:
    """From where to where an endpoint is given facts once more; None: it is not."""
    found: dict[str, Any] = {"xid": None, "replay_id": None, "end_xid": None, "end_id": None}
    if begin is not None and end is not None:
        found = {"xid": begin.xid, "replay_id": begin.id, "end_xid": end.xid, "end_id": end.id}
    await tx.execute(_SET_REPLAY, id=endpoint_id, **found)
