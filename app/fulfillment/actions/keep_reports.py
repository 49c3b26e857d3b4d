"""Reports from outside are kept for good, each once, and what they are about becomes what all of them say."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, Protocol, TypeVar
from uuid import UUID

from app.fulfillment.model import may_touch
from app.fulfillment.model.folding import ReportEffect
from app.kit.db import Row, WriteTx
from app.kit.errors import DomainError, IdempotencyKeyReused, InvalidInput
from app.kit.permissions import Actor, ActorKind
from app.orders.sql import lock_orders

# The clocks of those who report may be ahead of ours by this much.
_CLOCK_SKEW: Final = timedelta(minutes=10)
Name = tuple[str, str]


class Request(Protocol):
    """A report as it comes in."""

    @property
    def actor(self) -> Actor:
        """Who reports."""
        ...


class New(Protocol):
    """A report to be written about its subject. (reporter, key) names it for good; body: a hash of what was sent."""

    @property
    def reporter(self) -> str:
        """Whose keys it is among."""
        ...

    @property
    def key(self) -> str:
        """The reporter's own name for it."""
        ...

    @property
    def subject_id(self) -> UUID:
        """What it is about."""
        ...

    @property
    def body(self) -> bytes:
        """By which a repetition is told from another report."""
        ...


class Told(Protocol):
    """What all reports of a subject come to."""

    @property
    def effects(self) -> Mapping[str, ReportEffect]:
        """What each of them does, by `<reporter> <key>`."""
        ...


RequestT = TypeVar("RequestT", bound=Request)
NewT = TypeVar("NewT", bound=New)
AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of a report. is_repeated: it was known already."""

    subject_id: UUID
    effect: ReportEffect
    is_repeated: bool


@dataclass(frozen=True, slots=True)
class Reporting(Generic[RequestT, NewT]):
    """One kind of subject that is reported of: its statements, its rules, and what follows.

    find: the subjects that each request may mean, by its place: id, order_id, location_id, partner_id. none, several:
    what is answered where it means none, or more than one. lock: those with their orders locked. reader: makes of a
    request and its locked subject what is kept, or raises a DomainError. insert, known: see `keep_reports`. follow:
    brings locked subjects to what all of their reports say.
    """

    find: Callable[[WriteTx, Sequence[RequestT]], Awaitable[Mapping[int, Sequence[Row]]]]
    none: Callable[[], DomainError]
    several: Callable[[], DomainError]
    lock: Callable[[WriteTx, Collection[UUID]], Awaitable[Mapping[UUID, Row]]]
    reader: Callable[[WriteTx, Collection[Row], datetime], Awaitable[Callable[[RequestT, Row], NewT]]]
    insert: Callable[..., Awaitable[set[Name]]]
    known: Callable[[WriteTx, Sequence[Name]], Awaitable[dict[Name, Any]]]
    follow: Callable[..., Awaitable[Mapping[UUID, Told]]]


def reporter_of(actor: Actor) -> str:
    """Whose keys a caller's are: a partner's reports have the same names whichever of its API keys sends them."""
    return f"partner:{actor.partner_id}" if actor.kind is ActorKind.PARTNER else actor.reference


def check_instant(occurred_at: datetime, since: datetime, now: datetime) -> None:
    """Raises InvalidInput unless what is reported happened between `since`, when there was an order, and now."""
    if occurred_at > now + _CLOCK_SKEW:
        raise InvalidInput("What is reported has happened: this instant is in the future.", path=["occurredAt"])
    if occurred_at < since - _CLOCK_SKEW:
        raise InvalidInput("This instant is before the order.", path=["occurredAt"])


async def take_reports(
    tx: WriteTx, requests: Sequence[RequestT], of: Reporting[RequestT, NewT], *, now: datetime
) -> list[Kept | DomainError]:
    """Keep the reports of one caller, and bring their subjects to where all reports say that they are.

    One answer for each, in order: what it does, or why it is not kept. The number of statements does not grow with
    them, but for what follows.
    """
    answers: dict[int, Kept | DomainError] = {}
    wanted = _meant(requests, await of.find(tx, requests), of, answers)
    await lock_orders(tx, {row.order_id for row in wanted.values()})
    locked = await of.lock(tx, {row.id for row in wanted.values()})
    read = await of.reader(tx, locked.values(), now)
    new: dict[int, NewT] = {}
    for place, row in wanted.items():
        try:
            new[place] = read(requests[place], locked[row.id])
        except DomainError as refusal:
            answers[place] = refusal
    repeated = await keep_reports(tx, new, answers, insert=of.insert, known=of.known, now=now)
    kept = {place: one for place, one in new.items() if place not in answers}
    taken = sorted({one.subject_id for one in kept.values()})
    actor = requests[next(iter(kept))].actor.reference if kept else ""
    told = await of.follow(tx, [locked[subject_id] for subject_id in taken], actor=actor, now=now)
    for place, one in kept.items():
        effect = told[one.subject_id].effects[f"{one.reporter} {one.key}"]
        answers[place] = Kept(one.subject_id, effect, is_repeated=place in repeated)
    return [answers[place] for place in range(len(requests))]


def _meant(
    requests: Sequence[RequestT],
    found: Mapping[int, Sequence[Row]],
    of: Reporting[RequestT, NewT],
    answers: dict[int, Kept | DomainError],
) -> dict[int, Row]:
    """The subject that each request means, of those that its caller may touch; those that mean none are answered."""
    wanted: dict[int, Row] = {}
    for place, one in enumerate(requests):
        rows = {
            row.id: row
            for row in found.get(place, ())
            if may_touch(one.actor, partner_id=row.partner_id, location_id=row.location_id)
        }
        if len(rows) == 1:
            [wanted[place]] = rows.values()
        else:
            answers[place] = of.several() if rows else of.none()
    return wanted


async def keep_reports(
    tx: WriteTx,
    new: Mapping[int, NewT],
    answers: dict[int, AnswerT | DomainError],
    *,
    insert: Callable[..., Awaitable[set[Name]]],
    known: Callable[[WriteTx, Sequence[Name]], Awaitable[dict[Name, Any]]],
    now: datetime,
) -> set[int]:
    """Write reports by their places; the places of those that are known already.

    Other reports under a known key are answered with IdempotencyKeyReused. insert and known: the statements of this
    kind of report; known tells subject_id and body_hash.
    """
    first: dict[Name, int] = {}
    for place, one in new.items():
        first.setdefault((one.reporter, one.key), place)
    written = await insert(tx, [new[place] for _, place in sorted(first.items())], now=now)
    if len(written) == len(new):
        return set()
    rows: dict[Name, Row] = await known(tx, list(first))
    repeated: set[int] = set()
    for place, one in new.items():
        name = (one.reporter, one.key)
        if name in written and first[name] == place:
            continue
        repeated.add(place)
        if rows[name].body_hash != one.body or rows[name].subject_id != one.subject_id:
            answers[place] = IdempotencyKeyReused("This key was used for another report.", path=["idempotencyKey"])
    return repeated
