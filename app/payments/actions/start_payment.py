"""A payment begins with its order, in the same transaction; the provider is asked after the commit."""

from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.kit.ids import new_id
from app.payments import sql
from app.payments.errors import PaymentTokenMissing
from app.payments.model import FIRST_STATUSES, PaymentMethod, PaymentStatus, provider_name


async def start_payment(
    tx: WriteTx,
    order_id: UUID,
    *,
    method: str,
    amount_minor: int,
    currency: str,
    token: str | None = None,
    now: datetime,
) -> UUID:
    """Write the payment of an order and return its id, under which the provider will be asked.

    amount_minor: minor units of `currency`, the order's total. A card payment needs the provider's token
    and is PENDING, pay-at-pickup is DUE_AT_PICKUP, another system's payment CAPTURED. Raises
    PaymentTokenMissing.
    """
    kind = PaymentMethod(method)
    if kind is PaymentMethod.CARD and not (token or "").strip():
        message = "A card payment needs the token of the card."
        raise PaymentTokenMissing(message)
    payment_id = new_id()
    await tx.execute(
        sql.INSERT,
        id=payment_id,
        order_id=order_id,
        method=str(kind),
        provider=provider_name(kind),
        status=str(FIRST_STATUSES[kind]),
        amount_minor=amount_minor,
        captured_minor=amount_minor if FIRST_STATUSES[kind] is PaymentStatus.CAPTURED else 0,
        currency=currency,
        token=token if kind is PaymentMethod.CARD else None,
        now=now,
    )
    return payment_id
