"""Somebody does not want to wait any more."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.close_payment import close_payment
from app.inventory.actions.release_holds import release_holds
from app.inventory.model.selling import WAITING
from app.inventory.sql import claims_of
from app.kit.db import WriteTx
from app.kit.errors import InvalidTransition, NotFound
from app.orders.actions.cancel_units import cancel_units
from app.orders.model import OrderStatus
from app.orders.sql import lock_order


async def cancel_backorder(tx: WriteTx, order_id: UUID, line_no: int, *, actor: str, now: datetime) -> None:
    """Take a line that waits for its units out of a placed order; who waits behind it moves up.

    The order is canceled when nothing else is left of it, and completed when all else was handed over; money for the
    line is not taken. Raises NotFound, or InvalidTransition when the order is not placed or the line does not wait
    (any more).
    """
    order = await lock_order(tx, order_id)
    if order is None:
        message = "There is no such order."
        raise NotFound(message)
    waits = any(claim.line_no == line_no and claim.location_id == WAITING for claim in await claims_of(tx, order_id))
    if order["status"] != OrderStatus.PLACED or not waits:
        message = "This line does not wait for units."
        raise InvalidTransition(message, current_status=order["status"])
    released = await release_holds(tx, order_id, actor=actor, line_nos=[line_no])
    units = {line_no: sum(claim.quantity for claim in released)}
    await cancel_units(tx, order_id, units, reason="BACKORDER_CANCELED", actor=actor, now=now)
    await close_payment(tx, order_id, actor=actor, now=now)
