"""Streams that the feed of facts keeps up to date."""

from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from app.engine.live import Change, Ended, Heard, Live
from app.kit.clock import utc_now
from app.kit.graphql.context import Context
from app.kit.listener import Fact
from app.kit.outbox import Position


class FeedLive(Live):
    """A stream of rows about which facts of one topic are published. keys: as for `Feed.listen`."""

    def __init__(
        self,
        context: Context,
        share: Hashable,
        *,
        topic: str,
        keys: Iterable[str],
        after: str | None = None,
        max_rate: float | None = None,
    ) -> None:
        super().__init__(
            context, (topic, share), renew=lambda: context.renew(utc_now()), after=after, max_rate=max_rate
        )
        self._topic = topic
        self._keys = frozenset(keys)

    def listen(self, heard: Heard, ended: Ended) -> Callable[[], None]:
        """As the feed reads."""

        def hear(facts: list[Fact], through: Position) -> None:
            self.hear(through)
            if changes := [change for change in map(self.change, facts) if change is not None]:
                heard(changes)

        feed: Any = self.context.feed
        return feed.listen(self._topic, self._keys, hear, lambda: ended(None)).close

    def hear(self, through: Position) -> None:
        """Everything up to this position was heard."""

    @abstractmethod
    def change(self, fact: Fact) -> Change | None:
        """What a fact tells; None: nothing that belongs to the stream."""
