"""Give an endpoint facts once more."""

from app.kit.db import Row, WriteTx
from app.kit.errors import InvalidTransition
from app.kit.outbox import Position, feed_floor, reader_position
from app.notifications.actions.fan_out import READER
from app.notifications.errors import ReplayTooOld
from app.notifications.model import EndpointStatus
from app.notifications.sql import endpoints


async def replay_events(tx: WriteTx, endpoint: Row, *, after: Position) -> None:
    """Let an endpoint (locked) be given all facts after a place in the feed, up to now, also those that it was given.

    `continue_replay` does it, in steps. A replay under way is replaced. Raises ReplayTooOld when facts behind the place
    are not kept any more, InvalidTransition unless the endpoint is ACTIVE; nothing changes then.
    """
    if endpoint.status != EndpointStatus.ACTIVE:
        message = f"The endpoint is {endpoint.status}: make it active first."
        raise InvalidTransition(message, current_status=endpoint.status)
    if after < await feed_floor(tx):
        message = "What lies behind this cursor is not kept any more: ask the API for the present state instead."
        raise ReplayTooOld(message)
    # Facts beyond it are given to the endpoint anyway.
    end = await reader_position(tx, READER)
    await endpoints.set_replay(tx, endpoint.id, after, end)
