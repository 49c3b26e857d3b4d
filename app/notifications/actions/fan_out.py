"""Give the next facts to all endpoints that want them."""

from datetime import datetime
from typing import Final

from app.kit.db import WriteTx
from app.kit.outbox import advance_reader, read_topics, reader_position
from app.notifications.actions.give import give
from app.notifications.model.catalogue import topics_of
from app.notifications.sql.endpoints import active_endpoints

READER: Final = "webhooks"
_FACTS: Final = 500


async def fan_out(tx: WriteTx, *, now: datetime) -> int:
    """Write a delivery for each of the next facts and each endpoint that wants it; returns how many facts were looked
    at: 0 when none is left for now.

    The cursor moves in the same transaction: no fact is left out, none is given twice, whoever dies when.
    """
    position = await reader_position(tx, READER)
    endpoints = await active_endpoints(tx)
    topics = sorted(topics_of(name for endpoint in endpoints for name in endpoint.event_types)) if endpoints else []
    rows, reached, count = await read_topics(tx, position, topics, limit=_FACTS, most=_FACTS)
    if count:
        await give(tx, rows, endpoints, now=now)
        await advance_reader(tx, READER, reached)
    return count
