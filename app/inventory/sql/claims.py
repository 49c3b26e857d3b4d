"""Rows of `holds` as claims: read, locked, moved from place to place. The caller writes the ledger's rows."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.inventory.model import Claim
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

# What waits is claimed at the location 0.
_CLAIMS: Final = Statement("""
    SELECT line_no, variant_id, location_id, quantity, state
      FROM holds WHERE owner_id = :owner_id
     UNION ALL
    SELECT line_no, variant_id, 0, quantity, state FROM backorders WHERE owner_id = :owner_id
     ORDER BY line_no, variant_id, location_id
""")

_HELD_LINES: Final = Statement("""
    SELECT owner_id, line_no, variant_id, location_id, quantity
      FROM holds WHERE owner_id = ANY(CAST(:owner_ids AS uuid[]))
     UNION ALL
    SELECT owner_id, line_no, variant_id, 0, quantity
      FROM backorders WHERE owner_id = ANY(CAST(:owner_ids AS uuid[]))
     ORDER BY owner_id, line_no, variant_id, location_id
""")

_LOCK_HELD_LINES: Final = Statement("""
    WITH held AS MATERIALIZED (
        SELECT owner_id, line_no, variant_id, location_id, quantity
          FROM holds WHERE owner_id = ANY(CAST(:owner_ids AS uuid[]))
         ORDER BY owner_id, line_no, variant_id, location_id
           FOR UPDATE),
    waiting AS MATERIALIZED (
        SELECT owner_id, line_no, variant_id, 0 AS location_id, quantity
          FROM backorders WHERE owner_id = ANY(CAST(:owner_ids AS uuid[]))
         ORDER BY owner_id, line_no, variant_id
           FOR UPDATE)
    SELECT * FROM held UNION ALL SELECT * FROM waiting ORDER BY owner_id, line_no, variant_id, location_id
""")

_LOCK_HOLDS: Final = Statement("""
    SELECT line_no, variant_id, location_id, owner_kind, quantity, state
      FROM holds WHERE owner_id = :owner_id AND location_id = ANY(CAST(:location_ids AS int[]))
     ORDER BY line_no, variant_id, location_id
       FOR UPDATE
""")

# A hold that gives away all its units ends; the check on quantities would refuse an update to 0.
_TAKE: Final = Statement("""
    WITH taken AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:line_nos AS int[]), CAST(:variant_ids AS bigint[]),
                             CAST(:location_ids AS int[]), CAST(:quantities AS int[]))
             AS t (line_no, variant_id, location_id, quantity)),
    ended AS (
        DELETE FROM holds h USING taken t
         WHERE (h.owner_id, h.line_no, h.variant_id, h.location_id, h.quantity)
             = (CAST(:owner_id AS uuid), t.line_no, t.variant_id, t.location_id, t.quantity))
    UPDATE holds h SET quantity = h.quantity - t.quantity
      FROM taken t
     WHERE (h.owner_id, h.line_no, h.variant_id, h.location_id)
         = (CAST(:owner_id AS uuid), t.line_no, t.variant_id, t.location_id) AND h.quantity > t.quantity
""")

_GIVE: Final = Statement("""
    INSERT INTO holds (owner_kind, owner_id, line_no, variant_id, location_id, quantity, state)
    SELECT CAST(:owner_kind AS text), CAST(:owner_id AS uuid), line_no, variant_id, location_id, quantity, 'A'
      FROM unnest(CAST(:line_nos AS int[]), CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[]),
                  CAST(:quantities AS int[])) AS g (line_no, variant_id, location_id, quantity)
     ORDER BY line_no, variant_id, location_id
    ON CONFLICT (owner_id, line_no, variant_id, location_id)
    DO UPDATE SET quantity = holds.quantity + excluded.quantity
""")


def claim_of(row: Row) -> Claim:
    """The claim in a row of `holds`."""
    return Claim(row["line_no"], row["variant_id"], row["location_id"], row["quantity"])


async def claims_of(tx: ReadTx, owner_id: UUID) -> list[Claim]:
    """What is held for an owner, reserved or allocated, by line."""
    return [claim_of(row) for row in await tx.fetch(_CLAIMS, owner_id=owner_id)]


async def claims_of_owners(tx: ReadTx, owner_ids: Sequence[UUID]) -> dict[UUID, list[Claim]]:
    """What is held for each of the owners; those without holds are left out."""
    return _by_owner(await tx.fetch(_HELD_LINES, owner_ids=owner_ids))


async def lock_claims_of_owners(tx: WriteTx, owner_ids: Sequence[UUID]) -> dict[UUID, list[Claim]]:
    """The same, locked: nobody releases or moves them before the transaction ends. Stock rows stay free."""
    return _by_owner(await tx.fetch(_LOCK_HELD_LINES, owner_ids=owner_ids))


def _by_owner(rows: Sequence[Row]) -> dict[UUID, list[Claim]]:
    found: dict[UUID, list[Claim]] = {}
    for row in rows:
        found.setdefault(row["owner_id"], []).append(claim_of(row))
    return found


async def lock_holds(tx: WriteTx, owner_id: UUID, location_ids: Sequence[int]) -> list[Row]:
    """The owner's holds at these locations, locked: line_no, variant_id, location_id, owner_kind, quantity,
    state.
    """
    return await tx.fetch(_LOCK_HOLDS, owner_id=owner_id, location_ids=location_ids)


async def take_from_holds(tx: WriteTx, owner_id: UUID, claims: Sequence[Claim]) -> None:
    """Lessen locked holds by these units. The caller writes the movement."""
    if claims:
        await tx.execute(_TAKE, owner_id=owner_id, **_columns(claims))


async def add_to_holds(tx: WriteTx, owner_kind: str, owner_id: UUID, claims: Sequence[Claim]) -> None:
    """Allocate these units to the owner, on top of what is allocated there already. The caller writes the
    movement.
    """
    if claims:
        await tx.execute(_GIVE, owner_kind=owner_kind, owner_id=owner_id, **_columns(claims))


def _columns(claims: Sequence[Claim]) -> dict[str, list[int]]:
    return {
        "line_nos": [claim.line_no for claim in claims],
        "variant_ids": [claim.variant_id for claim in claims],
        "location_ids": [claim.location_id for claim in claims],
        "quantities": [claim.quantity for claim in claims],
    }
