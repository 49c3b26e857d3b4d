"""Who hears the feed, and of which keys."""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from app.kit.outbox import Position

KEY_SEPARATOR: Final = ":"


class Fact(NamedTuple):
    """A fact of the feed. The payload is shared and must not be changed."""

    position: Position
    key: str
    payload: dict[str, Any]


Hear = Callable[[list[Fact], Position], None]
"""Called with all facts that were read together, in the feed's order, and the position up to which all was read.

Of two facts about one key the later one is the newer one.
"""


class Listener:
    """Who hears facts of one topic about some keys. `close()` to hear no more."""

    __slots__ = ("_remove", "ended", "heard", "keys", "topic")

    def __init__(
        self,
        topic: str,
        keys: frozenset[str] | None,
        heard: Hear,
        ended: Callable[[], None],
        remove: "Callable[[Listener], None]",
    ) -> None:
        self.topic = topic
        self.keys = keys
        self.heard = heard
        self.ended = ended
        self._remove = remove

    def close(self) -> None:
        """Hear no more. Closing twice does no harm."""
        self._remove(self)

    def places(self) -> Iterator[tuple[str, str | None]]:
        """Where the feed looks for it."""
        if self.keys is None:
            return iter([(self.topic, None)])
        return ((self.topic, key) for key in self.keys)


def names_of(key: str) -> Iterator[str | None]:
    """The names under which a subscriber may have asked for `key`: all keys, each of its prefixes, itself."""
    yield None
    for index, character in enumerate(key):
        if character == KEY_SEPARATOR and index < len(key) - 1:
            yield key[: index + 1]
    yield key
