"""Make a webhook endpoint."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.kit.ids import new_id
from app.notifications.errors import InvalidEndpoint
from app.notifications.model import MAX_ENDPOINTS, check_url
from app.notifications.model.catalogue import check_types
from app.notifications.model.signing import new_secret, seal
from app.notifications.sql import endpoints


async def create_endpoint(
    tx: WriteTx,
    *,
    partner_id: UUID | None,
    url: str,
    description: str,
    event_types: Collection[str],
    installation_key: bytes,
    is_anywhere: bool,
    now: datetime,
) -> tuple[UUID, str]:
    """Make an endpoint and return its id and its secret, which is shown this once and kept sealed.

    partner_id: whose facts it hears; None: the shop's, all. is_anywhere: without TLS, too. It hears facts from about
    now on. Raises InvalidEndpoint; nothing changes then.
    """
    check_url(url, is_anywhere=is_anywhere)
    chosen = check_types(event_types, is_partner=partner_id is not None)
    endpoint_id, secret = new_id(), new_secret()
    is_new = await endpoints.insert_endpoint(
        tx,
        endpoint_id=endpoint_id,
        partner_id=partner_id,
        url=url,
        description=description,
        event_types=chosen,
        most=MAX_ENDPOINTS,
        now=now,
    )
    if not is_new:
        message = f"There are {MAX_ENDPOINTS} endpoints already: delete one first."
        raise InvalidEndpoint(message, argument="url")
    await endpoints.insert_secret(tx, endpoint_id, seal(secret, installation_key), now=now)
    return endpoint_id, secret
