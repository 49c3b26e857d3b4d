"""Group commit: requests that arrive while a batch commits form the next batch, and share its commit.

A row that many want is locked until its holder's commit is on disk, so one at a time gives no more than a disk's
commits per second, and a queue in the lock manager costs more with each who waits. Here the queue is in the process:
one transaction serves all who came meanwhile, first come first served. There is no timer: an idle lane takes a single
request at once.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, TypeVar

from app.kit.errors import DomainError
from app.kit.transactions import WriteTx

log = logging.getLogger(__name__)

R = TypeVar("R")
A = TypeVar("A")
MOST: Final = 512
Work = Callable[[WriteTx, Sequence[R]], Awaitable[Sequence[A | DomainError]]]
"""Answers in the order of the requests. A refusal is raised to its caller: nothing may be kept of that request, and the
others must not notice it."""


class Transactions(Protocol):
    """What a group asks of the database."""

    async def in_write(self, work: Callable[[WriteTx], Awaitable[Any]], *, is_repeatable: bool = True) -> Any:
        """Run in one transaction, again where PostgreSQL asks for it."""
        ...

    def is_unavailable(self, error: BaseException) -> bool:
        """Whether nobody's request is to blame."""
        ...


@dataclass(slots=True)
class _Waiting(Generic[R, A]):
    request: R
    identity: Hashable
    answer: asyncio.Future[A]


@dataclass(slots=True)
class _Lane(Generic[R, A]):
    waiting: deque[_Waiting[R, A]] = field(default_factory=deque[Any])
    task: asyncio.Task[None] | None = None


class Group(Generic[R, A]):
    """One kind of request, in lanes: each lane has one transaction at a time.

    work: see `Work`; it must be repeatable, as for `Database.in_write`. lanes: how many; requests that want the same
    rows belong into the same one. most: requests in a batch, which bounds how long its rows are locked.
    """

    def __init__(self, db: Transactions, work: Work[R, A], *, lanes: int = 1, most: int = MOST) -> None:
        self._db = db
        self._work = work
        self._most = most
        self._lanes: list[_Lane[R, A]] = [_Lane() for _ in range(lanes)]
        self.batches = 0
        """Transactions so far."""
        self.requests = 0
        """Requests in them."""

    async def ask(self, request: R, *, identity: Hashable = None, lane: Hashable = 0) -> A:
        """The answer to one request, after its commit. Raises the DomainError that refuses it.

        identity: of two requests with the same one, the second waits for the commit of the first. lane: equal values
        share a lane. Who stops waiting does not stop the request.
        """
        place = self._lanes[hash(lane) % len(self._lanes)]
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        place.waiting.append(_Waiting(request, identity, answer))
        if place.task is None:
            place.task = asyncio.create_task(self._run(place))
        return await answer

    async def close(self) -> None:
        """Wait until everything that was asked is answered."""
        for lane in self._lanes:
            if lane.task is not None:
                await lane.task

    async def _run(self, lane: _Lane[R, A]) -> None:
        try:
            while lane.waiting:
                await self._serve(self._take(lane))
        finally:
            lane.task = None

    def _take(self, lane: _Lane[R, A]) -> list[_Waiting[R, A]]:
        """The next batch. Of those with the same identity only the first; the others stay in front of the queue."""
        batch: list[_Waiting[R, A]] = []
        later: list[_Waiting[R, A]] = []
        seen: set[Hashable] = set()
        while lane.waiting and len(batch) < self._most:
            one = lane.waiting.popleft()
            if one.identity is not None and one.identity in seen:
                later.append(one)
            else:
                seen.add(one.identity)
                batch.append(one)
        lane.waiting.extendleft(reversed(later))
        return batch

    async def _serve(self, batch: Sequence[_Waiting[R, A]]) -> None:
        try:
            answers = await self._transaction([one.request for one in batch])
        except Exception as error:  # noqa: BLE001  # whatever it was, those who wait hear of it
            if len(batch) == 1 or self._db.is_unavailable(error):
                for one in batch:
                    _fail(one, error)
                return
            # One of them is to blame, and must not hurt the others.
            log.warning("A batch of %d failed and is run one by one: %r", len(batch), error)
            for one in batch:
                await self._serve([one])
            return
        for one, answer in zip(batch, answers, strict=True):
            if isinstance(answer, DomainError):
                _fail(one, answer)
            elif not one.answer.done():
                one.answer.set_result(answer)

    async def _transaction(self, requests: Sequence[R]) -> Sequence[A | DomainError]:
        self.batches += 1
        self.requests += len(requests)
        answers = await self._db.in_write(lambda tx: self._work(tx, requests))
        if len(answers) != len(requests):
            message = f"{len(requests)} requests got {len(answers)} answers."
            raise AssertionError(message)
        return answers


def _fail(one: _Waiting[Any, Any], error: Exception) -> None:
    if not one.answer.done():
        one.answer.set_exception(error)
