"""Let a webhook endpoint be sent an event of the type `webhook.test`."""

from app.kit.db import Row, WriteTx
from app.kit.errors import InvalidTransition
from app.kit.outbox import publish
from app.notifications.events import WebhookTested
from app.notifications.model import WebhookEndpointStatus


async def send_test_event(tx: WriteTx, endpoint: Row) -> None:
    """Tell the fact that is sent to this endpoint (locked) only. Raises InvalidTransition unless it is ACTIVE."""
    if endpoint.status != WebhookEndpointStatus.ACTIVE:
        message = f"The endpoint is {endpoint.status}: make it active first."
        raise InvalidTransition(message, current_status=endpoint.status)
    await publish(tx, WebhookTested(endpoint.id))
