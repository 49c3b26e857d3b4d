"""Allocated units leave the house."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from app.inventory.errors import InsufficientStock
from app.inventory.model import Claim, HoldState, Movement, MovementKind
from app.inventory.sql.claims import lock_holds, take_from_holds
from app.inventory.sql.ledger import post
from app.kit.db import Row, WriteTx


async def ship_claims(
    tx: WriteTx,
    owner_id: UUID,
    claims: Sequence[Claim],
    *,
    kind: Literal["SHIPPED", "HANDED_OVER"] = "SHIPPED",
    actor: str,
) -> None:
    """Take these units out of the owner's allocations and off the shelves; a part of an allocation is fine.

    Raises InsufficientStock when fewer units are allocated to a line at a location; reserved ones do not
    count.
    """
    if not claims:
        return
    rows = await lock_holds(tx, owner_id, sorted({claim.location_id for claim in claims}))
    _check(claims, rows)
    await take_from_holds(tx, owner_id, claims)
    movements = [
        Movement(
            claim.variant_id,
            claim.location_id,
            MovementKind(kind),
            on_hand=-claim.quantity,
            allocated=-claim.quantity,
        )
        for claim in claims
    ]
    await post(tx, movements, cause_kind=rows[0]["owner_kind"], cause_id=owner_id, actor=actor)


def _check(claims: Sequence[Claim], rows: Sequence[Row]) -> None:
    held = {
        (row["line_no"], row["variant_id"], row["location_id"]): row["quantity"]
        for row in rows
        if row["state"] == HoldState.ALLOCATED
    }
    for claim in claims:
        allocated = held.get((claim.line_no, claim.variant_id, claim.location_id), 0)
        if not 1 <= claim.quantity <= allocated:
            raise InsufficientStock(
                f"{allocated} of {claim.quantity} units are allocated to line {claim.line_no} there.",
                requested=claim.quantity,
                available=allocated,
                variant_id=claim.variant_id,
                line_no=claim.line_no,
            )
