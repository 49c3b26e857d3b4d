"""Units arrive at locations."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from app.inventory.model import Movement, MovementKind, StockLine, check_quantity
from app.inventory.model.states import StockState
from app.inventory.sql.ledger import post
from app.inventory.sql.stock import stocking_locations
from app.kit.db import WriteTx
from app.kit.errors import NotFound


async def receive_stock(
    tx: WriteTx,
    lines: Sequence[StockLine],
    *,
    damaged: Sequence[StockLine] = (),
    kind: Literal["RECEIVED", "RETURNED"] = "RECEIVED",
    cause_kind: str,
    cause_id: UUID,
    actor: str,
    reason: str | None = None,
) -> None:
    """Put units on hand: one ledger row a line, all lines or none. damaged: units that are set aside instead.

    Raises InvalidQuantity for quantities outside of 1..1,000,000, NotFound for unknown variants and for
    locations that hold no stock.
    """
    for line in (*lines, *damaged):
        check_quantity(line.quantity)
    location_ids = {line.location_id for line in (*lines, *damaged)}
    if missing := location_ids - await stocking_locations(tx, location_ids):
        raise NotFound(f"No stock is kept at {len(missing)} of these locations.", path=["input", "locationId"])
    movements = [
        Movement(line.variant_id, line.location_id, MovementKind(kind), on_hand=line.quantity) for line in lines
    ]
    state = StockState.DAMAGED.value
    movements += [
        Movement(line.variant_id, line.location_id, MovementKind(kind), state=state, set_aside=line.quantity)
        for line in damaged
    ]
    await post(tx, movements, cause_kind=cause_kind, cause_id=cause_id, actor=actor, reason=reason)
