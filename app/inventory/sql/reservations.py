"""Reservations as wholes: locked, given back, passed on, moved, extended, and shown."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from app.inventory.model import MovementKind
from app.inventory.model.selling import StockKey
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

_READ: Final = """
    SELECT owner_id, owner_kind, line_no, variant_id, location_id, quantity, expires_at, reason, extendable_until,
           extended_at
      FROM holds WHERE owner_id = ANY(CAST(:owner_ids AS uuid[])) AND state = 'R'
     ORDER BY owner_id, line_no, variant_id, location_id
"""
RESERVED: Final = Statement(_READ)
_LOCK: Final = Statement(f"{_READ} FOR UPDATE")

# In key order; sold-out rows are left out as everywhere, except where the caller has units itself.
_LOCK_STOCK: Final = Statement("""
    SELECT s.variant_id, s.location_id, s.on_hand - s.reserved - s.allocated - s.safety AS available
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[]), CAST(:owned AS bool[]))
        AS k (variant_id, location_id, is_owned)
      JOIN stock s ON s.variant_id = k.variant_id AND s.location_id = k.location_id
     WHERE k.is_owned OR s.on_hand - s.reserved - s.allocated - s.safety > 0
     ORDER BY s.variant_id, s.location_id
       FOR NO KEY UPDATE OF s
""")

_GIVE_BACK: Final = Statement("""
    WITH gone AS (
        DELETE FROM holds WHERE owner_id = ANY(CAST(:owner_ids AS uuid[])) AND state = 'R' RETURNING *)
    INSERT INTO ledger (variant_id, location_id, d_reserved, kind, cause_kind, cause_id, actor)
    SELECT g.variant_id, g.location_id, -g.quantity, CAST(:kind AS text), g.owner_kind, g.owner_id, o.actor
      FROM gone g
      JOIN unnest(CAST(:owner_ids AS uuid[]), CAST(:actors AS text[])) AS o (owner_id, actor) USING (owner_id)
     ORDER BY g.owner_id, g.line_no, g.variant_id, g.location_id
""")

# One insert into the ledger, so that the counters of both ends move together and in key order.
_MOVE: Final = Statement("""
    WITH gone AS (
        DELETE FROM holds
         WHERE owner_id = CAST(:owner_id AS uuid) AND state = 'R'
           AND location_id = ANY(CAST(:from_ids AS int[])) AND location_id <> CAST(:to_id AS int)
        RETURNING *),
    held AS (
        INSERT INTO holds AS h (owner_kind, owner_id, line_no, variant_id, location_id, quantity, state, expires_at,
                                reason, extendable_until, extended_at)
        SELECT owner_kind, owner_id, line_no, variant_id, CAST(:to_id AS int), sum(quantity), state, max(expires_at),
               reason, max(extendable_until), max(extended_at)
          FROM gone GROUP BY owner_kind, owner_id, line_no, variant_id, state, reason
         ORDER BY line_no, variant_id
        ON CONFLICT (owner_id, line_no, variant_id, location_id)
        DO UPDATE SET quantity = h.quantity + excluded.quantity)
    INSERT INTO ledger (variant_id, location_id, d_reserved, kind, cause_kind, cause_id, actor)
    SELECT variant_id, location_id, quantity, 'RESERVATION_MOVED', owner_kind, owner_id, CAST(:actor AS text)
      FROM (SELECT owner_kind, owner_id, line_no, variant_id, location_id, -quantity AS quantity FROM gone
             UNION ALL
            SELECT owner_kind, owner_id, line_no, variant_id, CAST(:to_id AS int), quantity FROM gone) AS m
     ORDER BY line_no, variant_id, location_id
""")

_EXTEND: Final = Statement("""
    UPDATE holds SET expires_at = :expires_at, extended_at = :now
     WHERE owner_id = CAST(:owner_id AS uuid) AND state = 'R'
""")


async def lock_reserved(tx: WriteTx, owner_ids: Iterable[UUID]) -> dict[UUID, list[Row]]:
    """The reservations of these owners, locked, by owner; owners without any are left out.

    A transfer that was waited for has ended rows and made others, which one look does not find: so it looks again
    until it sees nothing new.
    """
    wanted = sorted(owner_ids)
    before, rows = None, await tx.fetch(_LOCK, owner_ids=wanted)
    while rows != before:
        before, rows = rows, await tx.fetch(_LOCK, owner_ids=wanted)
    found: dict[UUID, list[Row]] = {}
    for row in rows:
        found.setdefault(row["owner_id"], []).append(row)
    return found


async def read_reserved(tx: ReadTx, owner_ids: Iterable[UUID]) -> dict[UUID, list[Row]]:
    """The reservations of these owners as they are at this moment, by owner; owners without any are left out."""
    found: dict[UUID, list[Row]] = {}
    for row in await tx.fetch(RESERVED, owner_ids=list(owner_ids)):
        found.setdefault(row["owner_id"], []).append(row)
    return found


async def lock_free(tx: WriteTx, keys: Iterable[StockKey], owned: Iterable[StockKey]) -> dict[StockKey, int]:
    """Lock stock rows, all those of `owned` and those of `keys` with available units, and tell how many are free: below
    0 where safety stock exceeds them.
    """
    own = set(owned)
    ordered = sorted(own.union(keys))
    rows = await tx.fetch(
        _LOCK_STOCK,
        variant_ids=[variant_id for variant_id, _ in ordered],
        location_ids=[location_id for _, location_id in ordered],
        owned=[key in own for key in ordered],
    )
    return {(row["variant_id"], row["location_id"]): row["available"] for row in rows}


async def give_back(tx: WriteTx, actors: Mapping[UUID, str], kind: MovementKind) -> None:
    """End the locked reservations of these owners, each with who did it."""
    if actors:
        await tx.execute(_GIVE_BACK, owner_ids=list(actors), actors=list(actors.values()), kind=kind.value)
        tx.published += 1


async def move_reserved(tx: WriteTx, owner_id: UUID, from_ids: Iterable[int], to_id: int, *, actor: str) -> None:
    """Move an owner's locked reservations to another location, whose stock rows are locked and have the units."""
    await tx.execute(_MOVE, owner_id=owner_id, from_ids=list(from_ids), to_id=to_id, actor=actor)
    tx.published += 1


async def extend_reserved(tx: WriteTx, owner_id: UUID, *, expires_at: datetime, now: datetime) -> None:
    """Set a new end for all locked reservations of an owner."""
    await tx.execute(_EXTEND, owner_id=owner_id, expires_at=expires_at, now=now)
