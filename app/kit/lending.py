"""Read connections on loan.

The driver's pool makes a task and a new wrapper for each loan, which costs as much as a small statement. So a
connection that came back in good order is kept here and lent again. The pool behind sees it when something was wrong
with it, when somebody waits there, and now and then, so that it can renew it.
"""

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
    """Lends the connections of one pool."""

    def __init__(self, pool: Any, observed: Observed) -> None:
        self._pool = pool
        self._observed = observed
        self._idle: list[ReadTx] = []
        self._queue = 0
        """How many wait in the pool for a connection."""
        self._is_closed = False

    async def take(self) -> ReadTx:
        """A connection that nobody else has. Raises what connecting raises."""
        while self._idle:
            tx = self._idle.pop()
            if _is_open(tx):
                break
            await self._pool.release(tx.connection)
        else:
            self._queue += 1
            try:
                tx = ReadTx(await self._pool.acquire())
            finally:
                self._queue -= 1
        tx.uses += 1
        tx.observe = self._observed.observe
        return tx

    async def give_back(self, tx: ReadTx, *, is_sound: bool) -> None:
        """is_sound: False when a statement may have been broken off: the pool waits until that is over."""
        if is_sound and not self._queue and not self._is_closed and tx.is_idle and tx.uses % LOANS:
            self._idle.append(tx)
        else:
            await self._pool.release(tx.connection)

    async def close(self) -> None:
        """Give the pool all connections that are not on loan, and from now on those that come back."""
        self._is_closed = True
        while self._idle:
            await self._pool.release(self._idle.pop().connection)


def _is_open(tx: ReadTx) -> bool:
    try:
        return not tx.connection.is_closed()
    except asyncpg.InterfaceError:  # the pool has taken it back, because it broke
        return False


class Loan:
    """One loan: `async with`."""

    __slots__ = ("_lender", "_tx")

    def __init__(self, lender: Lender) -> None:
        self._lender = lender
        self._tx: ReadTx | None = None

    async def __aenter__(self) -> ReadTx:
        self._tx = await self._lender.take()
        return self._tx

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tx, self._tx = self._tx, None
        if tx is not None:
            await self._lender.give_back(tx, is_sound=kind is None)
