"""Reports from outside are kept for good, each once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from app.kit.db import Row, WriteTx
from app.kit.errors import DomainError, IdempotencyKeyReused
from app.kit.permissions import Actor, ActorKind

# The clocks of those who report may be ahead of ours by this much.
CLOCK_SKEW: Final = timedelta(minutes=10)
Name = tuple[str, str]


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


NewT = TypeVar("NewT", bound=New)
AnswerT = TypeVar("AnswerT")


def reporter_of(actor: Actor) -> str:
    """Whose keys a caller's are: a partner's reports have the same names whichever of its API keys sends them."""
    return f"partner:{actor.partner_id}" if actor.kind is ActorKind.PARTNER else actor.reference


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
