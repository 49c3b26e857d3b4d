"""Heavy work, one after another, with time for everybody else in between."""

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Final

# How many times as long as a turn took nobody begins another one.
REST: Final = 5


class Turns:
    """`async with turns:` waits until the work before has ended and the others have had their time."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._free_at = 0.0
        self._began = 0.0
        self._is_taken = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        try:
            while self._is_taken or self._free_at > self._clock():
                await self._wait()
        except BaseException:
            # Who gives up may be the one that was woken: somebody else has to go on.
            if not self._is_taken:
                self._wake_next()
            raise
        self._is_taken, self._began = True, self._clock()

    async def __aexit__(self, *_: object) -> None:
        self._is_taken = False
        now = self._clock()
        self._free_at = now + REST * (now - self._began)
        self._wake_next()

    async def _wait(self) -> None:
        """Until the work before has ended, or its rest is over."""
        if not self._is_taken:
            await asyncio.sleep(max(self._free_at - self._clock(), 0.0))
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        await place

    def _wake_next(self) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
