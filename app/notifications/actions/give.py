"""Give facts to endpoints."""

from collections.abc import Sequence
from datetime import datetime

from app.kit.db import Row, WriteTx
from app.kit.outbox import Position, unfold
from app.notifications.model import MAX_BODY_BYTES
from app.notifications.model.catalogue import body_of, is_wanted, type_of
from app.notifications.sql.deliveries import NewDelivery, insert_deliveries


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
            body = body_of(each, payload, row["created_at"])
            if len(body) > MAX_BODY_BYTES:
                message = f"An event of the type {each.name} is too long to be sent."
                raise ValueError(message)
            for endpoint in wanting:
                new = NewDelivery(
                    endpoint.id, position, each.name, f"{row['topic']}:{key}", body, row["created_at"], each.is_newest
                )
                found[endpoint.id, new.key if each.is_newest else position.id] = new
    await insert_deliveries(tx, list(found.values()), now=now, is_replay=again_after is not None)
    return len(found)
