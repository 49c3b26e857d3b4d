"""Give facts to endpoints."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.kit.db import Row, WriteTx
from app.kit.outbox import Position, unfold
from app.notifications.model import MAX_BODY_BYTES
from app.notifications.model.catalogue import EventType, body_of, is_wanted, type_of
from app.notifications.sql.deliveries import NewDelivery, insert_deliveries

log = logging.getLogger(__name__)


async def give(
    tx: WriteTx, rows: Sequence[Row], endpoints: Sequence[Row], *, now: datetime, again_after: Position | None = None
) -> int:
    """Write a delivery for each fact (rows of the outbox) and endpoint that wants it; returns how many.

    again_after: of facts behind this place, also where the endpoint was given them before; None: of all, once.
    """
    found: dict[tuple[object, ...], NewDelivery] = {}
    for row in rows:
        for position, key, payload in unfold(row):
            each = type_of(row["topic"], payload)
            wanting = [] if each is None else [one for one in endpoints if is_wanted(each, payload, one)]
            if each is None or not wanting or (again_after is not None and position <= again_after):
                continue
            body = _body(each, payload, row["created_at"])
            if body is None:
                continue
            for endpoint in wanting:
                new = NewDelivery(
                    endpoint.id, position, each.name, f"{row['topic']}:{key}", body, row["created_at"], each.is_newest
                )
                found[endpoint.id, new.key if each.is_newest else position.id] = new
    await insert_deliveries(tx, list(found.values()), now=now, is_replay=again_after is not None)
    return len(found)


def _body(each: EventType, payload: Mapping[str, Any], occurred_at: datetime) -> str | None:
    """What is sent; None, with a word in the log, for a fact that cannot be told: later ones must not wait for it."""
    try:
        body = body_of(each, payload, occurred_at)
    except (LookupError, TypeError, ValueError):
        log.exception("A fact of the type %s cannot be told", each.name)
        return None
    if len(body) > MAX_BODY_BYTES:
        log.error("A fact of the type %s is too long to be told", each.name)
        return None
    return body
