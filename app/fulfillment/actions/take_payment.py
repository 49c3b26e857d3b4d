"""What is due at the hand-over is paid."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.orders.sql import lines_of, lock_order
from app.payments.actions.capture_payment import capture_payment
from app.payments.model import PaymentStatus


async def take_payment(tx: WriteTx, order_id: UUID, quantities: Mapping[int, int], *, now: datetime) -> int | None:
    """Take the price of these units (by line number) of a locked order; minor units of the order's currency.

    None, taking nothing, when the order is paid otherwise.
    """
    order = await lock_order(tx, order_id)
    if order is None or order.payment_status != PaymentStatus.DUE_AT_PICKUP:
        return None
    amount = sum(line.unit_price_minor * quantities.get(line.line_no, 0) for line in await lines_of(tx, [order_id]))
    await capture_payment(tx, order_id, amount_minor=amount, is_last=False, now=now)
    return amount
