"""Try a delivery at once."""

from datetime import datetime

from app.kit.db import WriteTx
from app.kit.errors import InvalidTransition, NotFound
from app.notifications.model import WebhookDeliveryStatus
from app.notifications.sql import deliveries, endpoints


async def retry_delivery(tx: WriteTx, delivery_id: int, *, now: datetime) -> None:
    """Try a delivery that is dead, or waits, at once, with all its attempts anew. Lock its endpoint first.

    Raises NotFound, or InvalidTransition for one that was received; nothing changes then.
    """
    delivery = await deliveries.lock_delivery(tx, delivery_id)
    if delivery is None:
        message = "There is no such delivery."
        raise NotFound(message)
    if delivery.status == WebhookDeliveryStatus.DELIVERED:
        message = "The delivery was received: `webhookReplay` sends events again."
        raise InvalidTransition(message, current_status=delivery.status)
    await endpoints.end_rest(tx, delivery.endpoint_id)
    await deliveries.retry(tx, delivery_id, now=now)
