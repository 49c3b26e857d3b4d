"""The stream behind `orderChanged`."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.engine.live import Beginning, Change, Event
from app.kit.errors import NotFound
from app.kit.graphql.context import Context
from app.kit.graphql.live import FeedLive
from app.kit.listener import Fact
from app.orders.graphql.batches import orders_by_id

_TOPIC = "order"


class OrderLive(FeedLive):
    """One order. Facts tell its version only; the row is read anew for all who listen."""

    def __init__(self, context: Context, order_id: UUID) -> None:
        super().__init__(context, order_id, topic=_TOPIC, keys=[str(order_id)])
        self._id = order_id

    def change(self, fact: Fact) -> Change:
        """A new version."""
        return Change(self._id, fact.payload["version"], fact.position, None)

    async def events(self, context: Context, changes: Sequence[Change], waiting: Any | None) -> list[Event]:
        """The order as it is now, which may be newer than what was heard."""
        del changes, waiting
        order = (await orders_by_id(context, [self._id], None)).get(self._id)
        return [] if order is None else [Event(self._id, order.version, order)]

    async def begin(
        self, context: Context, cursors: Collection[str | None], known: Mapping[Hashable, int] | None
    ) -> Beginning:
        """Raises NotFound for an order that is none, or that the caller may not see."""
        found = await self.events(context, (), None)
        if not found:
            message = "There is no such order."
            raise NotFound(message, path=["id"])
        versions = {event.key: event.version for event in found}
        is_news = known is not None and versions[self._id] > known.get(self._id, 0)
        return Beginning(dict.fromkeys(cursors, found), found if is_news else [], versions)
