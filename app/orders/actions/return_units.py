"""Units that had left for the buyer came back without having reached them."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.kit.errors import InvalidTransition
from app.orders import sql
from app.orders.actions.change_states import StateChange, change_states, require_order
from app.orders.model import FulfillmentStatus, OrderHistoryKind, OrderStatus, fulfillment_status_of, next_order_status


async def return_units(
    tx: WriteTx, order_id: UUID, quantities: Mapping[int, int], *, reason: str, actor: str, now: datetime
) -> OrderStatus:
    """Count units that were counted as fulfilled (by line number, at least one each) as canceled.

    Returns the order's status: RETURNED when it was COMPLETED and nothing is with its buyer any more; otherwise it
    stays. Its payment stays as it is: what was taken is to be paid back. Raises NotFound, InvalidTransition when the
    order is neither placed nor completed, TooManyFulfilled when fewer units had left; then nothing may be kept.
    """
    order = await require_order(tx, order_id)
    if order["status"] not in {OrderStatus.PLACED, OrderStatus.COMPLETED}:
        message = f"Nothing of an order that is {order['status']} can come back."
        raise InvalidTransition(message, current_status=order["status"])
    counted = await sql.return_units(tx, {order_id: quantities})
    goods = fulfillment_status_of(counted[order_id].values())
    is_over = order["status"] == OrderStatus.COMPLETED and goods is not FulfillmentStatus.FULFILLED
    status = next_order_status(order["status"], OrderStatus.RETURNED) if is_over else OrderStatus(order["status"])
    change = StateChange(
        order,
        OrderHistoryKind.UNITS_CANCELED,
        status=status,
        fulfillment_status=goods,
        facts={"reason": reason, "quantities": {str(line): units for line, units in quantities.items()}},
    )
    await change_states(tx, [change], actor=actor, now=now)
    return status
