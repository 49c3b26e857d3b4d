"""The life of holds: each change writes its ledger rows in the same statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.inventory.model import Claim, HoldRequest
from app.inventory.sql.backorders import end_backorders, lock_backorders_of
from app.inventory.sql.claims import claim_of
from app.kit.db import Row, WriteTx
from app.kit.statement import Statement

# The snapshot of this statement is newer than the lock on the stock rows, so that a request that was sent
# twice and waited for its twin sees the twin's holds and adds none.
_HOLD: Final = Statement("""
    WITH claimed AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:requests AS int[]), CAST(:owner_kinds AS text[]), CAST(:owner_ids AS uuid[]),
                             CAST(:expires AS timestamptz[]), CAST(:reasons AS text[]),
                             CAST(:extendables AS timestamptz[]), CAST(:extended AS timestamptz[]),
                             CAST(:actors AS text[]), CAST(:line_nos AS int[]), CAST(:variant_ids AS bigint[]),
                             CAST(:location_ids AS int[]), CAST(:quantities AS int[]))
             AS c (request, owner_kind, owner_id, expires_at, reason, extendable_until, extended_at, actor, line_no,
                   variant_id, location_id, quantity)),
    replayed AS MATERIALIZED (
        SELECT DISTINCT c.request
          FROM claimed c JOIN holds h ON h.owner_id = c.owner_id AND h.line_no = c.line_no),
    fresh AS MATERIALIZED (
        SELECT * FROM claimed c WHERE NOT EXISTS (SELECT 1 FROM replayed r WHERE r.request = c.request)),
    held AS (
        INSERT INTO holds
               (owner_kind, owner_id, line_no, variant_id, location_id, quantity, state, expires_at, reason,
                extendable_until, extended_at)
        SELECT owner_kind, owner_id, line_no, variant_id, location_id, quantity,
               CASE WHEN expires_at IS NULL THEN 'A' ELSE 'R' END, expires_at,
               CASE WHEN expires_at IS NOT NULL THEN reason END,
               CASE WHEN expires_at IS NOT NULL THEN extendable_until END,
               CASE WHEN expires_at IS NOT NULL THEN extended_at END
          FROM fresh ORDER BY owner_id, line_no, variant_id, location_id),
    moved AS (
        INSERT INTO ledger
               (variant_id, location_id, d_reserved, d_allocated, kind, cause_kind, cause_id, actor)
        SELECT variant_id, location_id,
               CASE WHEN expires_at IS NULL THEN 0 ELSE quantity END,
               CASE WHEN expires_at IS NULL THEN quantity ELSE 0 END,
               CASE WHEN expires_at IS NULL THEN 'ALLOCATED' ELSE 'RESERVED' END,
               owner_kind, owner_id, actor
          FROM fresh ORDER BY request, line_no, variant_id, location_id)
    SELECT request FROM replayed
""")

_ALLOCATE: Final = Statement("""
    WITH due AS MATERIALIZED (
        SELECT owner_id, line_no, variant_id, location_id
          FROM holds WHERE owner_id = ANY(CAST(:owner_ids AS uuid[]))
         ORDER BY owner_id, line_no, variant_id, location_id
           FOR UPDATE),
    allocated AS (
        UPDATE holds h
           SET state = 'A', expires_at = NULL, reason = NULL, extendable_until = NULL, extended_at = NULL
          FROM due d
         WHERE (h.owner_id, h.line_no, h.variant_id, h.location_id)
             = (d.owner_id, d.line_no, d.variant_id, d.location_id) AND h.state = 'R'
        RETURNING h.*),
    waiting AS (
        UPDATE backorders SET state = 'A', expires_at = NULL
         WHERE owner_id = ANY(CAST(:owner_ids AS uuid[])) AND state = 'R'),
    moved AS (
        INSERT INTO ledger
               (variant_id, location_id, d_reserved, d_allocated, kind, cause_kind, cause_id, actor)
        SELECT variant_id, location_id, -quantity, quantity, 'RESERVATION_ALLOCATED', owner_kind, owner_id,
               CAST(:actor AS text)
          FROM allocated ORDER BY owner_id, line_no, variant_id, location_id)
    SELECT count(*) FROM allocated
""")

# Holds that are `due` end, and their units are on sale again.
_END_DUE: Final = """
    gone AS (
        DELETE FROM holds h USING due d
         WHERE (h.owner_id, h.line_no, h.variant_id, h.location_id)
             = (d.owner_id, d.line_no, d.variant_id, d.location_id)
        RETURNING h.*),
    moved AS (
        INSERT INTO ledger
               (variant_id, location_id, d_reserved, d_allocated, kind, cause_kind, cause_id, actor)
        SELECT variant_id, location_id,
               CASE state WHEN 'R' THEN -quantity ELSE 0 END,
               CASE state WHEN 'A' THEN -quantity ELSE 0 END,
               CASE state WHEN 'R' THEN 'RESERVATION_RELEASED' ELSE 'ALLOCATION_RELEASED' END,
               owner_kind, owner_id, CAST(:actor AS text)
          FROM gone ORDER BY owner_id, line_no, variant_id, location_id)"""
_RELEASE: Final = Statement(f"""
    WITH due AS MATERIALIZED (
        SELECT owner_id, line_no, variant_id, location_id
          FROM holds
         WHERE owner_id = :owner_id
           AND (CAST(:line_nos AS int[]) IS NULL OR line_no = ANY(CAST(:line_nos AS int[])))
         ORDER BY line_no, variant_id, location_id
           FOR UPDATE),
    {_END_DUE}
    SELECT line_no, variant_id, location_id, quantity FROM gone ORDER BY line_no, variant_id, location_id
""")  # noqa: S608  # a constant of this module

# Of lines of many owners. What a transfer just moves is looked for again.
_RELEASE_LINES: Final = Statement(f"""
    WITH due AS MATERIALIZED (
        SELECT hold.owner_id, hold.line_no, hold.variant_id, hold.location_id
          FROM holds AS hold
          JOIN unnest(CAST(:owner_ids AS uuid[]), CAST(:line_nos AS int[])) AS ended (owner_id, line_no)
            ON hold.owner_id = ended.owner_id AND hold.line_no = ended.line_no
         ORDER BY hold.owner_id, hold.line_no, hold.variant_id, hold.location_id
           FOR UPDATE OF hold),
    {_END_DUE}
    SELECT owner_id FROM gone
""")  # noqa: S608  # a constant of this module
_ARE_HELD: Final = Statement("""
    SELECT EXISTS (
        SELECT FROM holds AS hold
          JOIN unnest(CAST(:owner_ids AS uuid[]), CAST(:line_nos AS int[])) AS ended (owner_id, line_no)
            ON hold.owner_id = ended.owner_id AND hold.line_no = ended.line_no)
""")
_HELD: Final = Statement("""
    SELECT EXISTS (
        SELECT 1 FROM holds
         WHERE owner_id = :owner_id
           AND (CAST(:line_nos AS int[]) IS NULL OR line_no = ANY(CAST(:line_nos AS int[]))))
""")

# One row per owner, its first one that is due, stands for all of them: whoever locks that one decides over the owner
# as a whole. The limit counts rows that were locked, so that several sweepers share the work.
_IS_FIRST: Final = """
           h.state = 'R' AND h.expires_at <= :now
       AND NOT EXISTS (
               SELECT 1 FROM holds f
                WHERE f.owner_id = h.owner_id AND f.state = 'R' AND f.expires_at <= :now
                  AND (f.line_no, f.variant_id, f.location_id) < (h.line_no, h.variant_id, h.location_id))
"""
_LOCK_EXPIRED_OWNERS: Final = Statement(f"""
    SELECT h.owner_id FROM holds h WHERE {_IS_FIRST}
     ORDER BY h.expires_at
     LIMIT :limit
       FOR UPDATE SKIP LOCKED
""")  # noqa: S608  # a constant of this module
# Few are due at any time, while a product that everybody wants has very many holds: so first what is due.
_LOCK_EXPIRED_OWNERS_OF: Final = Statement(f"""
    WITH due AS MATERIALIZED (
        SELECT owner_id, variant_id FROM holds WHERE state = 'R' AND expires_at <= :now),
    wanted AS MATERIALIZED (
        SELECT DISTINCT owner_id FROM due
         WHERE variant_id = ANY(
               CAST(:variant_ids AS bigint[])
               || ARRAY(SELECT component_variant_id FROM bundle_components
                         WHERE bundle_variant_id = ANY(CAST(:variant_ids AS bigint[])))))
    SELECT h.owner_id FROM wanted w JOIN holds h ON h.owner_id = w.owner_id
     WHERE {_IS_FIRST}
     LIMIT :limit
       FOR UPDATE OF h SKIP LOCKED
""")  # noqa: S608  # a constant of this module

_EXPIRE: Final = Statement("""
    WITH due AS MATERIALIZED (
        SELECT owner_id, line_no, variant_id, location_id
          FROM holds
         WHERE owner_id = ANY(CAST(:owner_ids AS uuid[])) AND state = 'R' AND expires_at <= :now
         ORDER BY owner_id, line_no, variant_id, location_id
           FOR UPDATE),
    gone AS (
        DELETE FROM holds h USING due d
         WHERE (h.owner_id, h.line_no, h.variant_id, h.location_id)
             = (d.owner_id, d.line_no, d.variant_id, d.location_id)
        RETURNING h.*),
    moved AS (
        INSERT INTO ledger
               (variant_id, location_id, d_reserved, kind, cause_kind, cause_id, actor)
        SELECT variant_id, location_id, -quantity, 'RESERVATION_EXPIRED', owner_kind, owner_id, 'system'
          FROM gone ORDER BY owner_id, line_no, variant_id, location_id)
    SELECT DISTINCT owner_kind, owner_id FROM gone ORDER BY owner_id
""")


async def write_holds(tx: WriteTx, granted: Sequence[tuple[int, HoldRequest, Claim]], *, actor: str) -> set[int]:
    """Hold the claims, each given with its request and the request's number.

    Returns the numbers of requests that were left alone because some line of theirs is held already.
    """
    rows = await tx.fetch(
        _HOLD,
        requests=[number for number, _, _ in granted],
        owner_kinds=[str(request.owner_kind) for _, request, _ in granted],
        owner_ids=[request.owner_id for _, request, _ in granted],
        expires=[request.expires_at for _, request, _ in granted],
        reasons=[str(request.reason) for _, request, _ in granted],
        extendables=[request.extendable_until for _, request, _ in granted],
        extended=[request.extended_at for _, request, _ in granted],
        actors=[request.actor or actor for _, request, _ in granted],
        line_nos=[claim.line_no for _, _, claim in granted],
        variant_ids=[claim.variant_id for _, _, claim in granted],
        location_ids=[claim.location_id for _, _, claim in granted],
        quantities=[claim.quantity for _, _, claim in granted],
    )
    tx.published += 1
    return {row["request"] for row in rows}


async def allocate_holds(tx: WriteTx, owner_ids: Sequence[UUID], *, actor: str) -> int:
    """Turn the owners' reservations into allocations; returns how many rows were reserved."""
    changed: int = await tx.fetchval(_ALLOCATE, owner_ids=owner_ids, actor=actor)
    tx.published += changed
    return changed


async def delete_holds(tx: WriteTx, owner_id: UUID, line_nos: Sequence[int] | None, *, actor: str) -> list[Claim]:
    """End the owner's holds (of these lines only, unless None) and put the units back on sale.

    A transfer that is just moving the units ends one hold and makes another, which a statement that waited
    for it does not see: so it looks again until nothing is left.
    """
    claims: list[Claim] = []
    while True:
        rows = await tx.fetch(_RELEASE, owner_id=owner_id, line_nos=line_nos, actor=actor)
        tx.published += len(rows)
        claims += [claim_of(row) for row in rows]
        if not await tx.fetchval(_HELD, owner_id=owner_id, line_nos=line_nos):
            return claims


async def delete_holds_of_lines(tx: WriteTx, lines: Sequence[tuple[UUID, int]], *, actor: str) -> int:
    """End the holds of lines of many owners, as `delete_holds` does; returns how many there were."""
    values: dict[str, list[Any]] = {
        "owner_ids": [owner_id for owner_id, _ in lines],
        "line_nos": [line_no for _, line_no in lines],
    }
    ended = 0
    while True:
        rows = await tx.fetch(_RELEASE_LINES, actor=actor, **values)
        tx.published += len(rows)
        ended += len(rows)
        if not await tx.fetchval(_ARE_HELD, **values):
            return ended


async def delete_expired_holds(
    tx: WriteTx, *, now: datetime, limit: int, variant_ids: Sequence[int] | None = None
) -> list[Row]:
    """End reservations whose time is up, of each owner all or none: (owner_kind, owner_id) of those owners.

    Owners that another transaction is just dealing with are left to it. limit: owners. variant_ids: only of owners
    with a due reservation of one of these.
    """
    if variant_ids is None:
        owners = await tx.fetch(_LOCK_EXPIRED_OWNERS, now=now, limit=limit)
    else:
        owners = await tx.fetch(_LOCK_EXPIRED_OWNERS_OF, variant_ids=variant_ids, now=now, limit=limit)
    if not owners:
        return []
    owner_ids = [row["owner_id"] for row in owners]
    waiting = await lock_backorders_of(tx, owner_ids, now=now)
    await end_backorders(tx, [(row["owner_id"], row["line_no"]) for row in waiting])
    expired = await tx.fetch(_EXPIRE, owner_ids=owner_ids, now=now)
    tx.published += len(expired)
    return expired
