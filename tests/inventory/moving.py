"""Where else the lines of owners may come from, in tests that know no orders."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from app.inventory.actions.move_promises import Elsewhere
from app.inventory.model import Demand
from app.inventory.model.corrections import OwnerLine, Promise, PromisePolicy
from app.kit.db import ReadTx, WriteTx
from app.kit.statement import Statement

_PLAIN: Final = Statement("""
    SELECT owner_id, line_no, min(variant_id) AS variant_id FROM holds
     WHERE owner_id = ANY(CAST(:owner_ids AS uuid[]))
     GROUP BY owner_id, line_no HAVING count(DISTINCT variant_id) = 1
""")


def any_of(places: Sequence[int]) -> Elsewhere:
    """Every one of these places may serve every line of one variant."""

    async def demands(tx: ReadTx, lines: Collection[OwnerLine], *, now: datetime) -> Mapping[OwnerLine, Demand]:
        del now
        rows = await tx.fetch(_PLAIN, owner_ids=sorted({owner_id for owner_id, _ in lines}))
        return {
            (row.owner_id, row.line_no): Demand(row.line_no, row.variant_id, 1, tuple(places), may_split=True)
            for row in rows
            if (row.owner_id, row.line_no) in lines
        }

    async def lock(tx: WriteTx, owner_ids: Collection[UUID]) -> Collection[UUID]:
        del tx
        return owner_ids

    async def follow(tx: WriteTx, moved: Sequence[Promise], *, actor: str, now: datetime) -> None:
        """Nobody is to be told."""

    return Elsewhere(demands, lock, follow)


def elsewhere(policy: PromisePolicy, places: Sequence[int]) -> Elsewhere | None:
    """For actions that take a policy."""
    return any_of(places) if policy is PromisePolicy.RESOURCE_YOUNGEST else None
