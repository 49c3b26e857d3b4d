"""Group commit: requests that arrive while a batch commits form the next batch, and share its commit.

A row that many want is locked until its holder's commit is on disk, so one at a time gives no more than a disk's
commits per second, and a queue in the lock manager costs more with each who waits. Here the queue is in the process:
one transaction serves all who came meanwhile, first come first served. There is no timer: an idle lane takes a single
request at once.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, TypeVar

from app.kit.errors import DomainError
from app.kit.transactions import WriteTx

log = logging.getLogger(__name__)

R = TypeVar("R")
A = TypeVar("A")
MOST: Final = 512
# Of the newest requests so many are looked at; who has this part of them is hot, and stays it down to that part.
RECENT: Final = 256
HOT: Final = RECENT // 4
COOL: Final = RECENT // 16
Work = Callable[[WriteTx, Sequence[R]], Awaitable[Sequence[A | DomainError]]]
"""Answers in the order of the requests. A refusal is raised to its caller: nothing may be kept of that request, and the
others must not notice it."""


class Transactions(Protocol):
    """What a group asks of the database."""

    async def in_lane(self, work: Callable[[WriteTx], Awaitable[Any]], *, is_batch: bool) -> Any:
        """Run in one transaction, again where PostgreSQL asks for it."""
        ...

    def is_unavailable(self, error: BaseException) -> bool:
        """Whether nobody's request is to blame."""
        ...


@dataclass(slots=True)
class _Waiting(Generic[R, A]):
    request: R
    identity: Hashable
    lane: Hashable
    answer: asyncio.Future[A]


@dataclass(slots=True)
class _Lane(Generic[R, A]):
    waiting: deque[_Waiting[R, A]] = field(default_factory=deque[Any])
    task: asyncio.Task[None] | None = None


class Group(Generic[R, A]):
    """One kind of request, in lanes: each lane has one transaction at a time.

    work: see `Work`; it must be repeatable, as for `Database.in_write`. lanes: how many; requests that want the same
    rows belong into the same one. Where there are several, what a quarter of the recent requests ask for gets one of
    its own, so that the rest need not wait behind it. most: requests in a batch, which bounds how long its rows are
    locked.
    """

    def __init__(self, db: Transactions, work: Work[R, A], *, lanes: int = 1, most: int = MOST) -> None:
        self._db = db
        self._work = work
        self._most = most
        self._lanes: list[_Lane[R, A]] = [_Lane() for _ in range(lanes)]
        self._own: dict[Hashable, _Lane[R, A]] = {}
        self._recent: deque[Hashable] = deque()
        self._shares: Counter[Hashable] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self.batches = 0
        """Transactions so far."""
        self.requests = 0
        """Requests in them."""

    async def ask(self, request: R, *, identity: Hashable = None, lane: Hashable = 0) -> A:
        """The answer to one request, after its commit. Raises the DomainError that refuses it.

        identity: of two requests with the same one, the second waits for the commit of the first. lane: equal values
        share a lane. Who stops waiting does not stop the request.
        """
        place = self._place(lane)
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        place.waiting.append(_Waiting(request, identity, lane, answer))
        if place.task is None:
            place.task = asyncio.create_task(self._run(place))
            self._tasks.add(place.task)
            place.task.add_done_callback(self._tasks.discard)
        return await answer

    @property
    def hot(self) -> list[Hashable]:
        """What has a lane of its own."""
        return list(self._own)

    async def close(self) -> None:
        """Wait until everything that was asked is answered."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _place(self, lane: Hashable) -> _Lane[R, A]:
        shared = self._lanes[hash(lane) % len(self._lanes)]
        if len(self._lanes) == 1:
            return shared
        self._recent.append(lane)
        self._shares[lane] += 1
        if len(self._recent) > RECENT:
            old = self._recent.popleft()
            self._shares[old] -= 1
            if self._shares[old] == 0:
                del self._shares[old]
        own = self._own.get(lane)
        if own is None and self._shares[lane] >= HOT and len(self._recent) == RECENT:
            self._forget_cool()
            own = self._own[lane] = _Lane()
            # The ones that wait already go first; those under way are ahead of all.
            own.waiting.extend(one for one in shared.waiting if one.lane == lane)
            kept = [one for one in shared.waiting if one.lane != lane]
            shared.waiting.clear()
            shared.waiting.extend(kept)
        return own or shared

    def _forget_cool(self) -> None:
        """Only lanes that stand still: whoever waits in one is served there."""
        for lane, own in list(self._own.items()):
            if self._shares[lane] < COOL and own.task is None:
                del self._own[lane]

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
            # One of them is to blame, and must not hurt the others: it is in one of the halves.
            log.warning("A batch of %d failed and is run in halves: %r", len(batch), error)
            half = len(batch) // 2
            await self._serve(batch[:half])
            await self._serve(batch[half:])
            return
        for one, answer in zip(batch, answers, strict=True):
            if isinstance(answer, DomainError):
                _fail(one, answer)
            elif not one.answer.done():
                one.answer.set_result(answer)

    async def _transaction(self, requests: Sequence[R]) -> Sequence[A | DomainError]:
        self.batches += 1
        self.requests += len(requests)
        answers = await self._db.in_lane(lambda tx: self._work(tx, requests), is_batch=len(requests) > 1)
        if len(answers) != len(requests):
            message = f"{len(requests)} requests got {len(answers)} answers."
            raise AssertionError(message)
        return answers


def _fail(one: _Waiting[Any, Any], error: Exception) -> None:
    if not one.answer.done():
        one.answer.set_exception(error)
