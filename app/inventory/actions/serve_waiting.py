"""Units have come: those who wait for them get them, oldest first."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final
from uuid import UUID

from app.inventory.model import Claim, HoldRequest, HoldState
from app.inventory.model.selling import StockKey, serve
from app.inventory.sql.backorders import end_backorders, lock_queue
from app.inventory.sql.holds import write_holds
from app.inventory.sql.selling import lock_rules
from app.inventory.sql.stock import lock_available
from app.kit.db import Row, WriteTx

MOST: Final = 2_000
"""Lines looked at in one transaction."""


async def serve_waiting(
    tx: WriteTx, variant_id: int, owners: Collection[UUID], *, today: date, actor: str
) -> dict[UUID, list[Claim]]:
    """Allocate what lies there to lines that wait, each whole; returns the claims by owner.

    owners: those that the caller has locked, so that nobody cancels them meanwhile; others are not served now, and
    neither are lines whose payment is not settled, but both keep the units that they could use: nobody overtakes.
    Before the release of a preorder nothing is allocated.
    """
    rows = await lock_queue(tx, variant_id, after=0, limit=MOST)
    if not rows:
        return {}
    rule = (await lock_rules(tx, [variant_id]))[variant_id]
    if not rule.sells_on_hand(today):
        return {}
    keys: set[StockKey] = {(variant_id, place) for row in rows for place in row["candidates"]}
    levels = await lock_available(tx, keys)
    at = {place: units for (_, place), units in levels.items()}
    granted: list[tuple[int, HoldRequest, Claim]] = []
    for number, row in enumerate(rows):
        may_have = row["owner_id"] in owners and row["state"] == HoldState.ALLOCATED
        taken = serve(at, row["quantity"], row["candidates"], may_split=row["may_split"], may_have=may_have)
        granted += _claims(number, row, taken)
    if not granted:
        return {}
    await end_backorders(tx, list({(request.owner_id, claim.line_no): None for _, request, claim in granted}))
    await write_holds(tx, granted, actor=actor)
    served: dict[UUID, list[Claim]] = {}
    for _, request, claim in granted:
        served.setdefault(request.owner_id, []).append(claim)
    return served


def _claims(number: int, row: Row, taken: Mapping[int, int]) -> list[tuple[int, HoldRequest, Claim]]:
    request = HoldRequest(row["owner_kind"], row["owner_id"], ())
    return [(number, request, Claim(row["line_no"], row["variant_id"], place, units)) for place, units in taken.items()]
