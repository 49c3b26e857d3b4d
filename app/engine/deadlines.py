"""How long an operation may take: one timer for all of them, not one for each."""

import asyncio
from types import TracebackType
from typing import Final

from graphql import GraphQLError, OperationType

_LOOKS_PER_LIMIT: Final = 4
_LONGEST_WAIT_S: Final = 0.5


class TookTooLong(Exception):
    """An operation was broken off. No TimeoutError, which what an operation needs may raise."""


class Deadlines:
    """Breaks off what takes longer than `limit_s`, at most half a second later. None: nothing."""

    def __init__(self, limit_s: float | None) -> None:
        self.limit_s = limit_s
        self._running: dict[Deadline, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> "Deadline":
        """`with deadlines.start():` raises TookTooLong in time."""
        return Deadline(self)

    def error(self, kind: OperationType) -> GraphQLError:
        """What is said of an operation that was broken off."""
        message = f"The operation took longer than {self.limit_s or 0:g} s and was broken off."
        if kind is OperationType.MUTATION:
            message += " Some or all of it may have been done: send it again with the same idempotency keys only."
        return GraphQLError(message, extensions={"code": "OPERATION_TIMEOUT", "retryable": True})

    def add(self, deadline: "Deadline") -> None:
        """Watch it."""
        loop = asyncio.get_running_loop()
        self._running[deadline] = loop.time() + (self.limit_s or 0.0)
        if self._timer is None or self._loop is not loop:
            self._look_later(loop)

    def remove(self, deadline: "Deadline") -> None:
        """It is over."""
        del self._running[deadline]

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        wait = min((self.limit_s or 0.0) / _LOOKS_PER_LIMIT, _LONGEST_WAIT_S)
        self._loop = loop
        self._timer = loop.call_later(wait, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for deadline, until in self._running.items():
            if until > now:
                break
            deadline.expire()
        self._timer = None
        if self._running:
            self._look_later(loop)


class Deadline:
    """One operation that is watched."""

    __slots__ = ("_deadlines", "_has_expired", "_task")

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self._has_expired = False
        self._task: asyncio.Task[object] | None = None

    def __enter__(self) -> None:
        if self._deadlines.limit_s is not None:
            self._task = asyncio.current_task()
            self._deadlines.add(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is None:
            return
        self._deadlines.remove(self)
        task, self._task = self._task, None
        if self._has_expired and kind is not None and issubclass(kind, asyncio.CancelledError) and not task.uncancel():
            raise TookTooLong from error

    def expire(self) -> None:
        """Break it off, once."""
        if self._task is not None and not self._has_expired:
            self._has_expired = True
            self._task.cancel()
