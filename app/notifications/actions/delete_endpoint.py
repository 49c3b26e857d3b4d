"""Delete a webhook endpoint."""

from uuid import UUID

from app.kit.db import WriteTx
from app.kit.errors import NotFound
from app.notifications.sql import endpoints


async def delete_endpoint(tx: WriteTx, endpoint_id: UUID) -> None:
    """Delete an endpoint with its secrets and all its deliveries. Raises NotFound."""
    if not await endpoints.delete_endpoint(tx, endpoint_id):
        message = "There is no such endpoint."
        raise NotFound(message)
