"""Coroutines that are begun by hand: most of those that may wait need not, and then cost neither a task nor a timer."""

from collections.abc import Coroutine, Generator
from typing import Any


class Rest:
    """A coroutine that was begun by hand, to be awaited to its end."""

    __slots__ = ("_steps", "_waited_for")

    def __init__(self, steps: Coroutine[Any, Any, Any], waited_for: Any) -> None:
        self._steps = steps
        self._waited_for = waited_for

    def __await__(self) -> Generator[Any, Any, Any]:
        while True:
            try:
                answer = yield self._waited_for
            except GeneratorExit:
                self._steps.close()
                raise
            except BaseException as error:  # cancellation too belongs to who waits
                go_on, value = self._steps.throw, error
            else:
                go_on, value = self._steps.send, answer
            try:
                self._waited_for = go_on(value)
            except StopIteration as end:
                return end.value
