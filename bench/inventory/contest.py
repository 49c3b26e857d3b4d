"""Closed loops of clients, one contestant after the other, and what came of them."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

Order = Callable[[int, int], Awaitable[None]]
"""One request: by which client, and its number."""


@dataclass
class Window:
    """Rate: requests/s. Times in milliseconds."""

    rate: float
    p50: float
    p99: float


@dataclass
class Contestant:
    """order: see `Order`. check: raises when something is not exact; given the number of requests so far."""

    name: str
    order: Order
    check: Callable[[int], Awaitable[None]]
    windows: list[Window] = field(default_factory=list[Window])
    done: int = 0

    @property
    def rate(self) -> float:
        """The median."""
        return statistics.median(window.rate for window in self.windows)

    @property
    def p50(self) -> float:
        """The median of the medians."""
        return statistics.median(window.p50 for window in self.windows)

    @property
    def p99(self) -> float:
        """The median of the 99th percentiles."""
        return statistics.median(window.p99 for window in self.windows)

    @property
    def extremes(self) -> tuple[float, float]:
        """The slowest window and the fastest."""
        rates = [window.rate for window in self.windows]
        return min(rates), max(rates)


async def contest(contestants: Sequence[Contestant], *, clients: int, seconds: float, rounds: int) -> None:
    """Let them take turns. The first round is forgotten."""
    for number in range(rounds):
        for one in contestants:
            window, done = await _window(one, clients, seconds)
            one.done += done
            await one.check(one.done)
            if number:
                one.windows.append(window)


async def _window(one: Contestant, clients: int, seconds: float) -> tuple[Window, int]:
    times: list[float] = []
    start = time.perf_counter()
    ends = start + seconds

    async def client(number: int) -> None:
        count = one.done
        before = time.perf_counter()
        while True:  # at least once: a window of nothing has no median
            await one.order(number, count)
            after = time.perf_counter()
            times.append(after - before)
            before, count = after, count + 1
            if before >= ends:
                return

    await asyncio.gather(*(client(number) for number in range(clients)))
    # Until the last one was answered: the slow ones count in full.
    rate = len(times) / (time.perf_counter() - start)
    times.sort()
    return Window(rate, times[len(times) // 2] * 1e3, times[len(times) * 99 // 100] * 1e3), len(times)
