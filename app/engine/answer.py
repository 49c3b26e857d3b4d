"""What subscriptions answer, and who takes it."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol

from graphql import GraphQLError


@dataclass(slots=True, eq=False)
class Answer:
    """One encoded result, shared by all who are given it.

    payload: the result as JSON. key: what it is about; a newer answer of the same subscription with an equal key makes
    this one superfluous. Whoever drops it for that reason puts the newer one at the end of what waits, never in its
    place: cursors in answers tell that everything before them was given. None: nothing replaces it.
    frames: forms in which transports send it; most answers that wait have none.
    """

    payload: bytes
    key: Hashable | None = None
    frames: dict[Hashable, Any] | None = None

    def framed(self, form: Hashable, make: Callable[[bytes], Any]) -> Any:
        """The payload as a transport sends it, made once for all who get it in this form."""
        if self.frames is None:
            self.frames = {}
        frame = self.frames.get(form)
        if frame is None:
            frame = self.frames[form] = make(self.payload)
        return frame


class Subscriber(Protocol):
    """A transport's end of one subscription. Nothing but `room` blocks or raises; `close` ends all calls."""

    def next(self, answer: Answer) -> None:
        """Send an answer."""
        ...

    def complete(self) -> None:
        """The source has ended. The last call."""
        ...

    def error(self, errors: list[GraphQLError]) -> None:
        """The source failed; errors as the caller may see them, never empty. The last call."""
        ...

    async def room(self) -> None:
        """Wait until nothing waits to be sent, or until there is nobody to send to."""
        ...


class Subscribed(Protocol):
    """An open subscription."""

    def close(self) -> None:
        """Leave: the subscriber is not called again. Closing twice does nothing."""
        ...

    async def begun(self) -> None:
        """Wait until nothing of what it began with waits to be handed over, or until it is left."""
        ...
