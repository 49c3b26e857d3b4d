"""Promises that are broken because their units are not there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from app.inventory.model.corrections import Promise
from app.inventory.model.selling import StockKey
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

# Each promise has at least one unit, so that as many promises as units are short are enough. Some more take the place
# of those that somebody else is dealing with.
_YOUNGEST: Final = """
    SELECT h.*, coalesce(p.each, 0) AS each
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[]), CAST(:units AS int[]))
           AS k (variant_id, location_id, units)
     CROSS JOIN LATERAL (
           SELECT owner_kind, owner_id, line_no, variant_id, location_id, quantity, state, held_at
             FROM holds h
            WHERE h.variant_id = k.variant_id AND h.location_id = k.location_id
            ORDER BY h.state DESC, h.held_at DESC, h.owner_id DESC, h.line_no DESC
            LIMIT k.units + 16 {lock}) h
      LEFT JOIN held_line_parts p
        ON p.owner_id = h.owner_id AND p.line_no = h.line_no AND p.variant_id = h.variant_id
     ORDER BY h.state DESC, h.held_at DESC, h.owner_id DESC, h.line_no DESC, h.variant_id, h.location_id
"""
_READ_YOUNGEST: Final = Statement(_YOUNGEST.format(lock=""))
# Whoever deals with a promise locks it and then its stock row, which is locked already: waiting here would be waiting
# in a circle.
_LOCK_YOUNGEST: Final = Statement(_YOUNGEST.format(lock="FOR UPDATE SKIP LOCKED"))
# What is on its way stays promised.
_LIES: Final = "NOT EXISTS (SELECT FROM locations l WHERE l.id = h.location_id AND l.kind = 'IN_TRANSIT')"
_OF_OWNERS: Final = Statement(f"""
    SELECT h.owner_kind, h.owner_id, h.line_no, h.variant_id, h.location_id, h.quantity, h.state,
           coalesce(p.each, 0) AS each
      FROM holds h
      LEFT JOIN held_line_parts p
        ON p.owner_id = h.owner_id AND p.line_no = h.line_no AND p.variant_id = h.variant_id
     WHERE h.owner_id = ANY(CAST(:owner_ids AS uuid[])) AND {_LIES}
     ORDER BY h.owner_id, h.line_no, h.variant_id, h.location_id
""")  # noqa: S608  # a piece of ours
_LOCK_OF_OWNERS: Final = Statement(f"""
    SELECT owner_id, line_no, variant_id, location_id
      FROM holds h WHERE owner_id = ANY(CAST(:owner_ids AS uuid[])) AND {_LIES}
     ORDER BY owner_id, line_no, variant_id, location_id FOR UPDATE SKIP LOCKED
""")  # noqa: S608  # a piece of ours
_LOCK_TRANSFERS: Final = Statement("""
    SELECT id, from_location_id, to_location_id FROM transfers
     WHERE id = ANY(CAST(:ids AS uuid[])) AND status IN ('READY_TO_SHIP', 'IN_TRANSIT', 'PARTIALLY_RECEIVED')
     ORDER BY id FOR UPDATE SKIP LOCKED
""")
_BREAK: Final = Statement("""
    WITH taken AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:owner_kinds AS text[]), CAST(:owner_ids AS uuid[]), CAST(:line_nos AS int[]),
                             CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[]),
                             CAST(:quantities AS int[]), CAST(:states AS text[]))
             AS t (owner_kind, owner_id, line_no, variant_id, location_id, quantity, state)),
    ended AS (
        DELETE FROM holds h USING taken t
         WHERE (h.owner_id, h.line_no, h.variant_id, h.location_id, h.quantity)
             = (t.owner_id, t.line_no, t.variant_id, t.location_id, t.quantity)),
    lessened AS (
        UPDATE holds h SET quantity = h.quantity - t.quantity
          FROM taken t
         WHERE (h.owner_id, h.line_no, h.variant_id, h.location_id)
             = (t.owner_id, t.line_no, t.variant_id, t.location_id) AND h.quantity > t.quantity)
    INSERT INTO ledger (variant_id, location_id, d_reserved, d_allocated, kind, reason, cause_kind, cause_id, actor)
    SELECT variant_id, location_id,
           CASE state WHEN 'R' THEN -quantity ELSE 0 END, CASE state WHEN 'A' THEN -quantity ELSE 0 END,
           CASE state WHEN 'R' THEN 'RESERVATION_RELEASED' ELSE 'ALLOCATION_RELEASED' END,
           'SHRINKAGE', owner_kind, owner_id, CAST(:actor AS text)
      FROM taken ORDER BY variant_id, location_id
""")
_MOVE: Final = Statement("""
    WITH moved AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:owner_kinds AS text[]), CAST(:owner_ids AS uuid[]), CAST(:line_nos AS int[]),
                             CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[]),
                             CAST(:quantities AS int[]), CAST(:states AS text[]), CAST(:moved_tos AS int[]))
             AS m (owner_kind, owner_id, line_no, variant_id, location_id, quantity, state, moved_to)),
    taken AS MATERIALIZED (
        SELECT owner_id, line_no, variant_id, location_id, sum(quantity)::int AS quantity
          FROM moved GROUP BY owner_id, line_no, variant_id, location_id),
    ended AS (
        DELETE FROM holds h USING taken t
         WHERE (h.owner_id, h.line_no, h.variant_id, h.location_id, h.quantity)
             = (t.owner_id, t.line_no, t.variant_id, t.location_id, t.quantity)),
    lessened AS (
        UPDATE holds h SET quantity = h.quantity - t.quantity
          FROM taken t
         WHERE (h.owner_id, h.line_no, h.variant_id, h.location_id)
             = (t.owner_id, t.line_no, t.variant_id, t.location_id) AND h.quantity > t.quantity),
    arrived AS (
        INSERT INTO holds (owner_kind, owner_id, line_no, variant_id, location_id, quantity, state, expires_at, reason,
                           extendable_until, extended_at, held_at)
        SELECT h.owner_kind, h.owner_id, h.line_no, h.variant_id, m.moved_to, sum(m.quantity)::int, h.state,
               min(h.expires_at), min(h.reason), min(h.extendable_until), min(h.extended_at), min(h.held_at)
          FROM moved m
          JOIN holds h ON (h.owner_id, h.line_no, h.variant_id, h.location_id)
                        = (m.owner_id, m.line_no, m.variant_id, m.location_id)
         GROUP BY h.owner_kind, h.owner_id, h.line_no, h.variant_id, m.moved_to, h.state
         ORDER BY h.owner_id, h.line_no, h.variant_id, m.moved_to
            ON CONFLICT (owner_id, line_no, variant_id, location_id)
            DO UPDATE SET quantity = holds.quantity + EXCLUDED.quantity)
    INSERT INTO ledger (variant_id, location_id, d_reserved, d_allocated, kind, reason, cause_kind, cause_id, actor)
    SELECT m.variant_id, side.location_id,
           CASE m.state WHEN 'R' THEN side.sign * m.quantity ELSE 0 END,
           CASE m.state WHEN 'A' THEN side.sign * m.quantity ELSE 0 END,
           CASE WHEN side.sign < 0 THEN CASE m.state WHEN 'R' THEN 'RESERVATION_RELEASED' ELSE 'ALLOCATION_RELEASED' END
                ELSE CASE m.state WHEN 'R' THEN 'RESERVED' ELSE 'ALLOCATED' END END,
           'SHRINKAGE', m.owner_kind, m.owner_id, CAST(:actor AS text)
      FROM moved m CROSS JOIN LATERAL (VALUES (-1, m.location_id), (1, m.moved_to)) AS side (sign, location_id)
     ORDER BY m.variant_id, side.location_id, m.owner_id, m.line_no
""")
_WAITING_LINES: Final = Statement("""
    SELECT t.id, line.line_no, t.order_id, line.order_line_no, line.variant_id, t.from_location_id,
           line.quantity - line.shipped_quantity - line.withdrawn_quantity AS unsent
      FROM transfers t JOIN transfer_lines line ON line.transfer_id = t.id
     WHERE t.order_id = ANY(CAST(:order_ids AS uuid[]))
       AND t.from_location_id = ANY(CAST(:location_ids AS int[]))
       AND t.status IN ('READY_TO_SHIP', 'IN_TRANSIT', 'PARTIALLY_RECEIVED')
       AND line.quantity > line.shipped_quantity + line.withdrawn_quantity
     ORDER BY t.id DESC, line.line_no
""")


async def read_youngest_promises(tx: ReadTx, short: Mapping[StockKey, int]) -> list[Promise]:
    """Promises on these stock rows, enough for as many units: reservations first, the youngest of each kind first."""
    return _promises(await tx.fetch(_READ_YOUNGEST, **_short(short)))


async def read_keys_of_youngest(tx: ReadTx, short: Mapping[StockKey, int]) -> set[StockKey]:
    """Stock rows of all promises that may end where these units are short: a first look, for locking in order."""
    youngest = [promise for promise in await read_youngest_promises(tx, short) if promise.is_whole or promise.each]
    if not youngest:
        return set()
    owners = {promise.owner_id for promise in youngest if promise.is_whole}
    lines = {promise.line for promise in youngest}
    promises = await read_promises_to(tx, {promise.owner_id for promise in youngest})
    return {promise.key for promise in promises if promise.owner_id in owners or promise.line in lines}


async def lock_youngest_promises(tx: WriteTx, short: Mapping[StockKey, int]) -> list[Promise]:
    """The same, locked, without those that somebody else is dealing with. The stock rows are locked already."""
    return _promises(await tx.fetch(_LOCK_YOUNGEST, **_short(short)))


async def read_promises_to(tx: ReadTx, owner_ids: Iterable[UUID]) -> list[Promise]:
    """All promises to these owners, without those on units under way."""
    return _promises(await tx.fetch(_OF_OWNERS, owner_ids=sorted(owner_ids)))


async def lock_promises_to(tx: WriteTx, owner_ids: Iterable[UUID]) -> dict[UUID, list[Promise]]:
    """All promises to those of the owners whom nobody else is dealing with, locked."""
    wanted = sorted(owner_ids)
    locked: dict[UUID, set[tuple[int, int, int]]] = {}
    for row in await tx.fetch(_LOCK_OF_OWNERS, owner_ids=wanted):
        locked.setdefault(row["owner_id"], set()).add((row["line_no"], row["variant_id"], row["location_id"]))
    promises: dict[UUID, list[Promise]] = {}
    for promise in await read_promises_to(tx, locked):
        promises.setdefault(promise.owner_id, []).append(promise)
    return {
        owner_id: found
        for owner_id, found in promises.items()
        if {(one.line_no, one.variant_id, one.location_id) for one in found} == locked[owner_id]
    }


async def lock_waiting_transfers(tx: WriteTx, transfer_ids: Iterable[UUID]) -> dict[UUID, Row]:
    """Those of the transfers that have not ended and that nobody else is dealing with, locked."""
    return {row["id"]: row for row in await tx.fetch(_LOCK_TRANSFERS, ids=sorted(transfer_ids))}


async def take_promises(tx: WriteTx, broken: Sequence[Promise], *, actor: str) -> None:
    """End or lessen locked promises, and say so in the ledger: their owners are the cause, shrinkage the reason."""
    if not broken:
        return
    columns: dict[str, list[Any]] = {
        f"{name}s": [getattr(promise, name) for promise in broken]
        for name in ("owner_kind", "owner_id", "line_no", "variant_id", "location_id", "state")
    }
    await tx.execute(_BREAK, quantities=[promise.quantity for promise in broken], actor=actor, **columns)
    tx.published += 1


async def move_holds(tx: WriteTx, moved: Sequence[Promise], *, actor: str) -> None:
    """Promise locked units elsewhere, and say so in the ledger: their owners are the cause, shrinkage the reason.

    They stay as old as they were. The stock rows of both places are locked, and whatever the owners hold.
    """
    if not moved:
        return
    columns: dict[str, list[Any]] = {
        f"{name}s": [getattr(promise, name) for promise in moved]
        for name in ("owner_kind", "owner_id", "line_no", "variant_id", "location_id", "state", "moved_to")
    }
    await tx.execute(_MOVE, quantities=[promise.quantity for promise in moved], actor=actor, **columns)
    tx.published += 1


async def lines_waiting_to_be_sent(tx: ReadTx, order_ids: Iterable[UUID], location_ids: Iterable[int]) -> list[Row]:
    """What orders' transfers have still to send from these places, the youngest transfers first: id, line_no, order_id,
    order_line_no, variant_id, from_location_id, unsent.
    """
    return await tx.fetch(_WAITING_LINES, order_ids=sorted(set(order_ids)), location_ids=sorted(set(location_ids)))


def _short(short: Mapping[StockKey, int]) -> dict[str, list[int]]:
    keys = sorted(short)
    return {
        "variant_ids": [variant_id for variant_id, _ in keys],
        "location_ids": [location_id for _, location_id in keys],
        "units": [short[key] for key in keys],
    }


def _promises(rows: Sequence[Row]) -> list[Promise]:
    return [
        Promise(
            row["owner_kind"],
            row["owner_id"],
            row["line_no"],
            row["variant_id"],
            row["location_id"],
            row["quantity"],
            row["state"],
            row["each"],
        )
        for row in rows
    ]
