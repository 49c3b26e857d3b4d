"""Units that are never sold online."""

from uuid import UUID

from app.inventory.model import Movement, MovementKind, check_quantity
from app.inventory.model.selling import NO_SAFETY_OF_ITS_OWN
from app.inventory.sql.feeds import bundles_among
from app.inventory.sql.ledger import post
from app.inventory.sql.stock import lock_stock
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput


async def set_safety_stock(
    tx: WriteTx,
    *,
    variant_id: int,
    location_id: int,
    quantity: int,
    reason: str | None = None,
    cause_kind: str = "STAFF",
    cause_id: UUID,
    actor: str,
) -> None:
    """Keep `quantity` units (0..1,000,000) of the variant at the location off sale. Promises already made
    stay.

    Raises InvalidQuantity, NotFound for unknown variants and for locations that hold no stock, and InvalidInput for
    bundles: what is kept off sale is kept of their components.
    """
    check_quantity(quantity, minimum=0)
    row = await lock_stock(tx, variant_id, location_id)
    if quantity == row["safety"]:
        return
    if quantity and await bundles_among(tx, [variant_id]):
        raise InvalidInput(NO_SAFETY_OF_ITS_OWN, path=["input", "sku"])
    movement = Movement(variant_id, location_id, MovementKind.SAFETY_SET, safety=quantity - row["safety"])
    await post(tx, [movement], cause_kind=cause_kind, cause_id=cause_id, actor=actor, reason=reason)
