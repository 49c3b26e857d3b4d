"""Rows of `backorders`: units that were sold before anybody has them. Their trigger counts them in `selling_rules`.

Who changes them locks the owner's holds first, then these rows by entry, then rules, then stock.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from app.inventory.model import Claim, Demand, HoldRequest
from app.inventory.model.selling import WAITING, SellingRule
from app.inventory.sql.availability import FREE
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

_WAIT: Final = Statement("""
    WITH claimed AS (
        SELECT * FROM unnest(CAST(:requests AS int[]), CAST(:owner_kinds AS text[]), CAST(:owner_ids AS uuid[]),
                             CAST(:line_nos AS int[]), CAST(:variant_ids AS bigint[]), CAST(:quantities AS int[]),
                             CAST(:kinds AS text[]), CAST(:expires AS timestamptz[]), CAST(:promised AS date[]),
                             CAST(:candidates AS text[]), CAST(:splits AS bool[])) WITH ORDINALITY
             AS c (request, owner_kind, owner_id, line_no, variant_id, quantity, kind, expires_at, promised_on,
                   candidates, may_split, position))
    INSERT INTO backorders (owner_kind, owner_id, line_no, variant_id, quantity, kind, state, expires_at, promised_on,
                            candidates, may_split)
    SELECT owner_kind, owner_id, line_no, variant_id, quantity, kind,
           CASE WHEN expires_at IS NULL THEN 'A' ELSE 'R' END, expires_at, promised_on, CAST(candidates AS int[]),
           may_split
      FROM claimed ORDER BY position
""")
_OF_OWNER: Final = Statement("""
    SELECT EXISTS (SELECT FROM backorders WHERE owner_id = :owner_id)
""")
_LOCK_OF_OWNER: Final = Statement("""
    SELECT line_no, variant_id, quantity FROM backorders
     WHERE owner_id = :owner_id AND (CAST(:line_nos AS int[]) IS NULL OR line_no = ANY(CAST(:line_nos AS int[])))
     ORDER BY entry_id FOR UPDATE
""")
_LOCK_HOLDS: Final = Statement("""
    SELECT line_no FROM holds
     WHERE owner_id = :owner_id AND (CAST(:line_nos AS int[]) IS NULL OR line_no = ANY(CAST(:line_nos AS int[])))
     ORDER BY line_no, variant_id, location_id FOR UPDATE
""")
_DELETE: Final = Statement("""
    DELETE FROM backorders AS b USING unnest(CAST(:owner_ids AS uuid[]), CAST(:line_nos AS int[])) AS d (owner, line_no)
     WHERE b.owner_id = d.owner AND b.line_no = d.line_no
""")
# Owners with holds are left to those: whoever decides over their first hold decides over them as a whole.
_LOCK_EXPIRED: Final = Statement("""
    SELECT owner_kind, owner_id, line_no FROM backorders AS b
     WHERE state = 'R' AND expires_at <= :now
       AND (CAST(:variant_ids AS bigint[]) IS NULL OR variant_id = ANY(CAST(:variant_ids AS bigint[])))
       AND NOT EXISTS (SELECT FROM holds AS h WHERE h.owner_id = b.owner_id)
     ORDER BY entry_id LIMIT :limit FOR UPDATE SKIP LOCKED
""")
_OF_OWNERS: Final = Statement("""
    SELECT owner_id, line_no FROM backorders
     WHERE owner_id = ANY(CAST(:owner_ids AS uuid[])) AND state = 'R' AND expires_at <= :now
     ORDER BY entry_id FOR UPDATE
""")
_QUEUE: Final = Statement("""
    SELECT owner_id, owner_kind FROM backorders
     WHERE variant_id = :variant_id AND entry_id > :after ORDER BY entry_id LIMIT :limit
""")
_LOCK_QUEUE: Final = Statement("""
    SELECT * FROM backorders WHERE variant_id = :variant_id AND entry_id > :after
     ORDER BY entry_id LIMIT :limit FOR UPDATE
""")
# Everywhere where one of those who wait might be served.
_SERVABLE: Final = Statement(f"""
    SELECT r.variant_id FROM selling_rules AS r
     WHERE r.waiting > 0
       AND EXISTS (SELECT FROM stock AS s
                    WHERE s.variant_id = r.variant_id AND {FREE} > 0)
     ORDER BY r.variant_id
""")  # noqa: S608  # a piece of ours


async def write_backorders(
    tx: WriteTx,
    granted: Sequence[tuple[int, HoldRequest, Claim]],
    demands: Sequence[Demand],
    rules: dict[int, SellingRule],
) -> None:
    """Let the claims wait, each given with its request and, in the same order, its demand. The rules are locked."""
    await tx.execute(
        _WAIT,
        requests=[number for number, _, _ in granted],
        owner_kinds=[str(request.owner_kind) for _, request, _ in granted],
        owner_ids=[request.owner_id for _, request, _ in granted],
        line_nos=[claim.line_no for _, _, claim in granted],
        variant_ids=[claim.variant_id for _, _, claim in granted],
        quantities=[claim.quantity for _, _, claim in granted],
        kinds=[str(rules[claim.variant_id].policy) for _, _, claim in granted],
        expires=[request.expires_at for _, request, _ in granted],
        promised=[rules[claim.variant_id].promised_on for _, _, claim in granted],
        candidates=["{" + ",".join(map(str, demand.candidates)) + "}" for demand in demands],
        splits=[demand.may_split for demand in demands],
    )


async def delete_backorders(tx: WriteTx, owner_id: UUID, line_nos: Sequence[int] | None) -> list[Claim]:
    """End what an owner waits for (of these lines only, unless None); claims at the place WAITING."""
    if not await tx.fetchval(_OF_OWNER, owner_id=owner_id):
        return []
    await tx.fetch(_LOCK_HOLDS, owner_id=owner_id, line_nos=line_nos)
    rows = await tx.fetch(_LOCK_OF_OWNER, owner_id=owner_id, line_nos=line_nos)
    await end_backorders(tx, [(owner_id, row["line_no"]) for row in rows])
    return [Claim(row["line_no"], row["variant_id"], WAITING, row["quantity"]) for row in rows]


async def end_backorders(tx: WriteTx, lines: Sequence[tuple[UUID, int]]) -> None:
    """Delete locked rows, by owner and line."""
    if lines:
        await tx.execute(
            _DELETE, owner_ids=[owner_id for owner_id, _ in lines], line_nos=[line_no for _, line_no in lines]
        )
        tx.published += 1


async def lock_expired_backorders(
    tx: WriteTx, *, now: datetime, limit: int, variant_ids: Sequence[int] | None = None
) -> list[Row]:
    """Due rows of owners that hold nothing: owner_kind, owner_id, line_no. What others deal with is left to them.
    variant_ids: only rows of these.
    """
    return await tx.fetch(_LOCK_EXPIRED, now=now, limit=limit, variant_ids=variant_ids)


async def lock_backorders_of(tx: WriteTx, owner_ids: Sequence[UUID], *, now: datetime) -> list[Row]:
    """Due rows of these owners, locked: owner_id, line_no."""
    return await tx.fetch(_OF_OWNERS, owner_ids=owner_ids, now=now)


async def owners_waiting(tx: ReadTx, variant_id: int, *, after: int, limit: int) -> list[Row]:
    """owner_id and owner_kind of those who wait for a variant, oldest first, behind an entry."""
    return await tx.fetch(_QUEUE, variant_id=variant_id, after=after, limit=limit)


async def lock_queue(tx: WriteTx, variant_id: int, *, after: int, limit: int) -> list[Row]:
    """Those who wait for a variant, oldest first, locked: all columns."""
    return await tx.fetch(_LOCK_QUEUE, variant_id=variant_id, after=after, limit=limit)


async def servable_variants(tx: ReadTx) -> list[int]:
    """Variants that somebody waits for and that lie somewhere."""
    return [row["variant_id"] for row in await tx.fetch(_SERVABLE)]
