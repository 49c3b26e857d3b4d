"""Whoever listens for long is asked again, from time to time, who that is: keys are revoked, expire and change."""

import asyncio
import logging
from typing import Final, Protocol

log = logging.getLogger(__name__)

# Others have their turn after so many; a known key is looked at in some tens of microseconds.
_IN_ONE_PIECE: Final = 100
# So many failures in a row are not about the keys: the rest is asked in the next round.
_FAILURES: Final = 10


class Listener(Protocol):
    """A connection that may be open for long."""

    async def recheck(self) -> None:
        """End what runs when its caller may no longer have it. Raises what kept it from finding out."""
        ...


class Rechecks:
    """Those who listen, and the rounds in which they are asked: one task, and none while nobody listens.

    every_s: the pause between two rounds.
    """

    def __init__(self, *, every_s: float = 30.0) -> None:
        self.every_s = every_s
        self.listeners: set[Listener] = set()
        self._rounds: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether no round will come."""
        return self._rounds is None

    def add(self, listener: Listener) -> None:
        """Ask it from now on."""
        self.listeners.add(listener)
        if self._rounds is None:
            self._rounds = asyncio.get_running_loop().create_task(self._run())

    def remove(self, listener: Listener) -> None:
        """Ask it no more. Nothing happens when it is not known."""
        self.listeners.discard(listener)
        if self._rounds is not None and not self.listeners:
            self._rounds.cancel()
            self._rounds = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self.every_s)
            await self._ask_all()

    async def _ask_all(self) -> None:
        failures = 0
        for count, listener in enumerate(list(self.listeners), 1):
            if count % _IN_ONE_PIECE == 0:
                await asyncio.sleep(0)
            if listener not in self.listeners:
                continue
            try:
                await listener.recheck()
            except Exception as error:  # whatever it is, it may have passed until the next round
                failures += 1
                if failures == _FAILURES:
                    log.warning("Those who listen cannot be asked for their keys now: %r", error)
                    return
            else:
                failures = 0
