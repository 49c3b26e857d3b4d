"""Send an endpoint nothing any more."""

from app.kit.db import Row, WriteTx
from app.kit.outbox import publish, reader_position
from app.notifications.actions.fan_out import READER
from app.notifications.events import WebhookStopped
from app.notifications.model import ENDPOINTS, EndpointStep
from app.notifications.sql import endpoints


async def stop_endpoint(tx: WriteTx, endpoint: Row, step: EndpointStep) -> None:
    """Stop giving facts to an endpoint (locked), and remember the last one that it was given.

    Raises InvalidTransition where it is stopped already. A stop that nobody asked for is told as a fact.
    """
    status = ENDPOINTS.take(step, endpoint.status)
    # Nobody gives out facts meanwhile: those up to here were given to it, later ones will not be.
    await endpoints.stop_endpoint(tx, endpoint.id, status, await reader_position(tx, READER))
    if step is not EndpointStep.PAUSE:
        await publish(tx, WebhookStopped(endpoint.id, endpoint.partner_id, status))
