"""A canceled order makes room for another try of what it came from."""

from uuid import UUID

from app.kit.db import WriteTx
from app.kit.errors import InvalidTransition
from app.orders import sql
from app.orders.actions.change_states import require_order
from app.orders.model import OrderStatus


async def release_source(tx: WriteTx, order_id: UUID) -> None:
    """Put the order's number behind its external reference: `<reference>/<number>`. Nothing happens twice.

    So its source may become another order, and still at most one that is not canceled. No state changes, so
    nobody is told. Raises NotFound, or InvalidTransition when the order is not canceled.
    """
    order = await require_order(tx, order_id)
    if order["status"] != OrderStatus.CANCELED:
        message = f"An order that is {order['status']} keeps its source."
        raise InvalidTransition(message, current_status=order["status"])
    await tx.execute(sql.RELEASE_SOURCE, order_id=order_id)
