"""What a transport asks of the application that it serves."""

from collections.abc import Hashable, Mapping
from typing import Any, Protocol

from app.engine.engine import Engine


class Unauthenticated(Exception):
    """A caller showed credentials that are none. The message is meant for the caller."""


class Host(Protocol):
    """An application, as HTTP, WebSocket and SSE see it. headers: lower-case names.

    For a WebSocket they are those of the upgrade request with what `connection_init` brought.
    """

    @property
    def engine(self) -> Engine:
        """What runs its operations."""
        ...

    async def identify(self, headers: Mapping[str, str]) -> Any:
        """Who calls, in the application's own terms. Raises Unauthenticated."""
        ...

    def context(self, caller: Any, headers: Mapping[str, str]) -> Any:
        """A fresh context for one operation, or for one batch of events."""
        ...

    def share_key(self, caller: Any, headers: Mapping[str, str]) -> Hashable:
        """Equal for callers who may be given the same bytes of a subscription."""
        ...

    def is_unavailable(self, error: BaseException) -> bool:
        """Whether the error passes by itself, such as a database that is away: 503 over HTTP, 1013 over WebSocket."""
        ...
