"""Read connections on loan.

The driver's pool makes a task and a new wrapper for each loan, which costs as much as a small statement. So a
connection that came back in good order is kept here and lent again, to who waits if somebody does. The pool behind sees
it when something was wrong with it, and now and then, so that it can renew it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Protocol

import asyncpg

from app.kit.statement import Statement
from app.kit.transactions import ReadTx

# After so many loans a connection goes back to the pool, which closes it when it has grown old.
LOANS: Final = 1_000


class Observed(Protocol):
    """Who is told of statements."""

    observe: Callable[[Statement], None] | None


class Lender:
    """Lends the connections of one pool, of which nobody else takes any. Who finds none waits in a queue."""

    def __init__(self, pool: Any, observed: Observed, size: int) -> None:
        self._pool = pool
        self._observed = observed
        self._size = size
        self._idle: list[ReadTx] = []
        self._lent = 0
        self._waiting: deque[asyncio.Future[ReadTx | None]] = deque()
        self._is_closed = False

    async def take(self, *, generic: bool = False) -> ReadTx:
        """A connection that nobody else has, if possible one that plans as wanted. Raises what connecting raises."""
        tx = self._pick(generic=generic)
        if tx is None and self._lent >= self._size:
            tx = await self._wait()
        else:
            self._lent += 1
        if tx is None or not _is_open(tx):
            tx = await self._connect(tx)
        tx.uses += 1
        tx.observe = self._observed.observe
        return tx

    async def give_back(self, tx: ReadTx, *, is_sound: bool) -> None:
        """is_sound: False when a statement may have been broken off: the pool waits until that is over."""
        if is_sound and not self._is_closed and tx.is_idle and tx.uses % LOANS:
            if not self._hand_on(tx):
                self._lent -= 1
                self._idle.append(tx)
            return
        try:
            await self._pool.release(tx.connection)
        finally:
            if not self._hand_on(None):
                self._lent -= 1

    @property
    def idle(self) -> int:
        """Connections that are kept for the next who asks."""
        return len(self._idle)

    async def close(self) -> None:
        """Give the pool all connections that are not on loan, and from now on those that come back."""
        self._is_closed = True
        while self._idle:
            await self._pool.release(self._idle.pop().connection)

    def _pick(self, *, generic: bool) -> ReadTx | None:
        for index in range(len(self._idle) - 1, -1, -1):
            if self._idle[index].is_generic is generic:
                return self._idle.pop(index)
        return self._idle.pop() if self._idle else None

    async def _connect(self, broken: ReadTx | None) -> ReadTx:
        try:
            if broken is not None:
                await self._pool.release(broken.connection)
            tx = ReadTx(await self._pool.acquire())
            try:
                await tx.plan(generic=False)
            except BaseException:
                await self._pool.release(tx.connection)
                raise
            return tx
        except BaseException:
            if not self._hand_on(None):
                self._lent -= 1
            raise

    async def _wait(self) -> ReadTx | None:
        """The place of somebody who gives one back, and the connection unless it went to the pool."""
        place: asyncio.Future[ReadTx | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                tx = place.result()
                if not self._hand_on(tx):
                    self._lent -= 1
                    if tx is not None:
                        self._idle.append(tx)
            raise

    def _hand_on(self, tx: ReadTx | None) -> bool:
        """Give the place of a loan, and its connection if there is one, to who has waited longest; whether one did."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(tx)
                return True
        return False


def _is_open(tx: ReadTx) -> bool:
    try:
        return not tx.connection.is_closed()
    except asyncpg.InterfaceError:  # the pool has taken it back, because it broke
        return False


class Loan:
    """One loan: `async with`."""

    __slots__ = ("_generic", "_lender", "_tx")

    def __init__(self, lender: Lender, *, generic: bool) -> None:
        self._lender = lender
        self._generic = generic
        self._tx: ReadTx | None = None

    async def __aenter__(self) -> ReadTx:
        self._tx = await self._lender.take(generic=self._generic)
        return self._tx

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tx, self._tx = self._tx, None
        if tx is not None:
            await self._lender.give_back(tx, is_sound=kind is None)
