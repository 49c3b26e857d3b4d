"""Change a webhook endpoint, or whether it is sent anything."""

from collections.abc import Collection
from datetime import datetime

from app.kit.db import Row, WriteTx
from app.kit.errors import VersionConflict
from app.kit.outbox import Position
from app.notifications.actions.replay_events import replay_events
from app.notifications.actions.stop_endpoint import stop_endpoint
from app.notifications.model import ENDPOINTS, EndpointStep, WebhookEndpointStatus, check_url
from app.notifications.model.catalogue import check_types
from app.notifications.sql import endpoints


async def update_endpoint(
    tx: WriteTx,
    endpoint: Row,
    *,
    url: str | None = None,
    description: str | None = None,
    event_types: Collection[str] | None = None,
    is_active: bool | None = None,
    is_to_catch_up: bool = False,
    expected_version: int | None = None,
    is_anywhere: bool,
    now: datetime,
) -> None:
    """Change what is given, None: leave it. endpoint: locked, all columns.

    is_active False: facts are not given to it any more, and what waits stays. True: what waits is sent again, and with
    is_to_catch_up what has happened meanwhile. Raises InvalidEndpoint, VersionConflict, ReplayTooOld; nothing changes
    then.
    """
    if expected_version is not None and expected_version != endpoint.version:
        message = "The endpoint was changed since it was read."
        raise VersionConflict(message, current_version=endpoint.version)
    if url is not None:
        check_url(url, is_anywhere=is_anywhere)
    chosen = endpoint.event_types
    if event_types is not None:
        chosen = check_types(event_types, is_partner=endpoint.partner_id is not None)
    if not url is description is event_types is None:
        await endpoints.edit_endpoint(
            tx,
            endpoint.id,
            url=endpoint.url if url is None else url,
            description=endpoint.description if description is None else description,
            event_types=chosen,
        )
    is_now = endpoint.status == WebhookEndpointStatus.ACTIVE
    if is_active is False and is_now:
        await stop_endpoint(tx, endpoint, EndpointStep.PAUSE)
    elif is_active and not is_now:
        ENDPOINTS.take(EndpointStep.RESUME, endpoint.status)
        await endpoints.resume_endpoint(tx, endpoint.id, now=now)
        if is_to_catch_up:
            await replay_events(tx, endpoint.id, after=Position(endpoint.left_xid, endpoint.left_id))
