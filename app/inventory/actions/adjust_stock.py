"""A count or a damage corrects what is on hand."""

from uuid import UUID

from app.inventory.errors import InsufficientStock, QuantityConflict
from app.inventory.model import Movement, MovementKind, check_quantity
from app.inventory.sql.ledger import post
from app.inventory.sql.stock import lock_stock
from app.kit.db import WriteTx


async def adjust_stock(
    tx: WriteTx,
    *,
    variant_id: int,
    location_id: int,
    delta: int,
    reason: str,
    expected_quantity: int | None = None,
    cause_kind: str = "STAFF",
    cause_id: UUID,
    actor: str,
) -> int:
    """Change the units on hand by `delta` and return how many there are now.

    expected_quantity: units on hand that the caller believes in. Raises QuantityConflict when there is
    another number, InsufficientStock when promised units would be missing (re-source or release them first),
    InvalidQuantity for a delta of 0 or of more than a million units, NotFound for unknown variants and for
    locations that hold no stock.
    """
    check_quantity(abs(delta))
    row = await lock_stock(tx, variant_id, location_id)
    on_hand: int = row["on_hand"]
    if expected_quantity is not None and expected_quantity != on_hand:
        raise QuantityConflict(f"There are {on_hand} units on hand, not {expected_quantity}.", current_quantity=on_hand)
    free: int = on_hand - row["reserved"] - row["allocated"]
    if -delta > free:
        raise InsufficientStock(
            f"{free} of {-delta} units can be taken off; {on_hand - free} of {on_hand} are promised.",
            requested=-delta,
            available=free,
            variant_id=variant_id,
        )
    movement = Movement(variant_id, location_id, MovementKind.ADJUSTED, on_hand=delta)
    await post(tx, [movement], cause_kind=cause_kind, cause_id=cause_id, actor=actor, reason=reason)
    return on_hand + delta
