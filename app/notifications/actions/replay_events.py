"""Give an endpoint facts once more."""

from uuid import UUID

from app.kit.db import WriteTx
from app.kit.outbox import Position, feed_floor, reader_position
from app.notifications.actions.fan_out import READER
from app.notifications.errors import ReplayTooOld
from app.notifications.sql import endpoints


async def replay_events(tx: WriteTx, endpoint_id: UUID, *, after: Position) -> None:
    """Let an endpoint (locked) be given all facts after a place in the feed, up to now, also those that it was given.

    `continue_replay` does it, in steps; what it gives to a stopped endpoint waits. A replay under way is replaced.
    Raises ReplayTooOld when facts behind the place are not kept any more; nothing changes then.
    """
    if after < await feed_floor(tx):
        message = "What lies behind this cursor is not kept any more: ask the API for the present state instead."
        raise ReplayTooOld(message)
    # Facts beyond it are given to the endpoint anyway.
    end = await reader_position(tx, READER)
    await endpoints.set_replay(tx, endpoint_id, after, end)
