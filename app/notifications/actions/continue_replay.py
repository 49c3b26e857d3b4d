"""One more step of a replay."""

from datetime import datetime
from typing import Final

from app.kit.db import WriteTx
from app.kit.outbox import Position, end_of, read_topics, row_before
from app.kit.tables import SPAN
from app.notifications.actions.give import give
from app.notifications.model.catalogue import topics_of
from app.notifications.sql import endpoints

_FACTS: Final = 500


async def continue_replay(tx: WriteTx, *, now: datetime) -> bool:
    """Give the next facts to one endpoint that is given facts once more; False when there is no such endpoint."""
    endpoint = await endpoints.lock_replaying(tx)
    if endpoint is None:
        return False
    begin = Position(endpoint.replay_xid, endpoint.replay_id)
    end = _whole(Position(endpoint.replay_end_xid, endpoint.replay_end_id))
    # Of a row of many facts some may have been given.
    topics = sorted(topics_of(endpoint.event_types))
    rows, reached, _ = await read_topics(tx, row_before(begin), topics, limit=_FACTS, most=_FACTS)
    reached = _whole(reached)
    await give(tx, [row for row in rows if end_of(row) <= end], [endpoint], now=now, again_after=begin)
    is_over = reached >= end or reached <= begin
    await endpoints.set_replay(tx, endpoint.id, None if is_over else reached, None if is_over else end)
    return True


def _whole(position: Position) -> Position:
    """With all facts of the row there."""
    is_row = position.id % SPAN == 0
    return Position(position.xid, position.id + SPAN - 1) if is_row else position
