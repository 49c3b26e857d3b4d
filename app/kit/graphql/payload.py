"""Mutations: one transaction, refusals as data, one answer per idempotency key, results read after the commit."""

import enum
import functools
import hashlib
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Final, Generic, TypeVar

import strawberry

from app.kit import idempotency
from app.kit.db import WriteTx
from app.kit.errors import DomainError, ErrorCode, each_refusal
from app.kit.graphql.context import Context
from app.kit.graphql.errors import UserError, build_user_error, to_user_error
from app.kit.groups import Group
from app.kit.permissions import ActorKind


@strawberry.interface(description="What every mutation answers.")
class Payload:
    """Base of all payloads; strawberry copies the fields into each concrete type."""

    user_errors: list[UserError] = strawberry.field(
        description="Refusals. Empty when the mutation did what was asked; then the other fields are set.",
        default_factory=list[UserError],
    )
    replayed: bool = strawberry.field(
        description="True when this is the stored answer to an idempotency key that was used before.", default=False
    )


MAX_SUBJECT: Final = 200
_ATOMS: Final = frozenset({str, int, float, bool, type(None)})
PayloadType = TypeVar("PayloadType", bound=Payload)
R = TypeVar("R")
S = TypeVar("S")


@dataclass(slots=True)
class Outcome:
    """What a mutation's work found: JSON values of the payload's private fields, named alike.

    refusal: a refusal, or several, beside effects that are kept (a counted wrong code, the rows of an import that were
    right); a raised DomainError keeps nothing. once: more values of private fields, of any kind, for the payload of
    this run only: they are not stored, a repetition goes without them.
    """

    values: dict[str, Any] = field(default_factory=dict[str, Any])
    refusal: DomainError | None = None
    once: dict[str, Any] = field(default_factory=dict[str, Any])


async def commit(
    context: Context,
    payload_type: type[PayloadType],
    work: Callable[[WriteTx], Awaitable[Outcome]],
    *,
    operation: str,
    key: str | None = None,
    body: Any = None,
    subject: str = "",
) -> PayloadType:
    """Run `work` in one transaction and build the payload.

    The values of the outcome are plain JSON (ids as text) that the payload keeps in private fields; its entity
    fields are relations over them, read after the commit. With `key` the outcome is stored and given back to
    repetitions; `body` is the input (its `idempotency_key` is left out of the comparison). Keys of anonymous
    callers are kept apart by `subject`, such as the cart's id. Refusals that are raised are not stored: the same
    key may be tried again when the reason is gone.
    """
    hashed = idempotency.body_hash(_plain(body)) if key is not None else b""
    caller = _caller(context, subject)

    async def transaction(tx: WriteTx) -> Answered:
        if key is not None:
            stored = await idempotency.claim(tx, caller=caller, key=key, operation=operation, body=hashed)
            if stored is not None:
                return Answered(stored, replayed=True)
        answered = Answered.of(await work(tx))
        if key is not None:
            await idempotency.answer(tx, caller=caller, key=key, value=answered.stored)
        return answered

    try:
        # Without a key nothing tells a repetition from a second wish, such as twice the same delivery of goods.
        answered = await context.db.in_write(transaction, is_repeatable=key is not None)
        context.forget()
    except DomainError as error:
        return _refused(payload_type, error)
    return answered.payload(payload_type)


@dataclass(frozen=True, slots=True)
class Asked(Generic[R]):
    """One mutation of a group: what it asks for, and its idempotency key, if it has one."""

    request: R
    keyed: idempotency.Keyed | None


@dataclass(frozen=True, slots=True)
class Answered:
    """What a mutation is answered with. stored: what is kept of it; once: see `Outcome`."""

    stored: dict[str, Any]
    once: dict[str, Any] = field(default_factory=dict[str, Any])
    replayed: bool = False

    @classmethod
    def of(cls, outcome: Outcome) -> "Answered":
        """A new answer."""
        stored: dict[str, Any] = {"values": outcome.values}
        if outcome.refusal is not None:
            stored["refusals"] = [[one.code, one.message, one.path, one.facts] for one in each_refusal(outcome.refusal)]
        return cls(stored, outcome.once)

    def payload(self, payload_type: type[PayloadType]) -> PayloadType:
        """As the API gives it."""
        errors = [
            build_user_error(ErrorCode(code), message, path, facts)
            for code, message, path, facts in self.stored.get("refusals", ())
        ]
        return payload_type(user_errors=errors, replayed=self.replayed, **self.stored["values"], **self.once)


def grouped(
    work: Callable[[WriteTx, Sequence[R]], Awaitable[Sequence[Outcome | DomainError]]],
) -> Callable[[WriteTx, Sequence[Asked[R]]], Awaitable[Sequence[Answered | DomainError]]]:
    """A set-based work, for `commit_in_group`: each request with a stored answer is answered with that one.

    work: the outcomes in the order of the requests; nothing may be kept of one that is answered with a DomainError.
    It must be able to run again from its start, and to run for a second time for a request whose twin is just being
    answered: that run is rolled back. Where requests may come without a key, a second run whose first one was
    committed, when the connection broke before anybody knew, must do no harm.
    """

    # Metrics tell groups by the names of their works.
    @functools.wraps(work)
    async def transaction(tx: WriteTx, asked: Sequence[Asked[R]]) -> Sequence[Answered | DomainError]:
        found = await _stored_answers(tx, asked)
        fresh = [number for number in range(len(asked)) if number not in found]
        if fresh:
            outcomes = await work(tx, [asked[number].request for number in fresh])
            for number, outcome in zip(fresh, outcomes, strict=True):
                found[number] = outcome if isinstance(outcome, DomainError) else Answered.of(outcome)
        kept: list[tuple[idempotency.Keyed, dict[str, Any]]] = []
        for number in fresh:
            keyed, answered = asked[number].keyed, found[number]
            if keyed is not None and isinstance(answered, Answered):
                kept.append((keyed, answered.stored))
        await idempotency.store_answers(tx, kept)
        return [found[number] for number in range(len(asked))]

    return transaction


async def _stored_answers(tx: WriteTx, asked: Sequence[Asked[R]]) -> dict[int, Answered | DomainError]:
    keyed = [(number, one.keyed) for number, one in enumerate(asked) if one.keyed is not None]
    if not keyed:
        return {}
    stored = await idempotency.find_answers(tx, [key for _, key in keyed])
    return {
        keyed[place][0]: value if isinstance(value, DomainError) else Answered(value, replayed=True)
        for place, value in stored.items()
    }


async def commit_in_group(
    context: Context,
    payload_type: type[PayloadType],
    group: Group[Asked[R], Answered],
    request: R,
    *,
    operation: str,
    key: str | None,
    body: Any = None,
    subject: str = "",
    lane: Hashable = 0,
) -> PayloadType:
    """Like `commit`, in one transaction with the others who ask at this moment: see `grouped` and `Group`."""
    keyed = None
    if key is not None:
        keyed = idempotency.Keyed(_caller(context, subject), key, operation, idempotency.body_hash(_plain(body)))
    identity = None if keyed is None else (keyed.caller, keyed.key)
    try:
        answered = await group.ask(Asked(request, keyed), identity=identity, lane=lane)
        context.forget()
    except DomainError as error:
        return _refused(payload_type, error)
    return answered.payload(payload_type)


async def answer_each(
    sent: Sequence[S],
    read: Callable[[S], R],
    work: Callable[[Sequence[R]], Awaitable[Sequence[Outcome | DomainError]]],
) -> list[Outcome | DomainError]:
    """`work` on all inputs that `read` understands; the others are answered with what it raises."""
    found: dict[int, Outcome | DomainError] = {}
    requests: list[R] = []
    for number, one in enumerate(sent):
        try:
            requests.append(read(one))
        except DomainError as refusal:
            found[number] = refusal
    outcomes = iter(await work(requests) if requests else ())
    return [found[number] if number in found else next(outcomes) for number in range(len(sent))]


def _caller(context: Context, subject: str) -> str:
    actor = context.actor
    return f"shopper:{_short(subject)}" if actor.kind is ActorKind.SHOPPER else actor.reference


def _refused(payload_type: type[PayloadType], error: DomainError) -> PayloadType:
    return payload_type(user_errors=[to_user_error(refusal) for refusal in each_refusal(error)])


def _short(subject: str) -> str:
    """The subject, as it was sent or, when no id looks like that, as a text that can be a key of a table."""
    if len(subject) <= MAX_SUBJECT and subject.isascii() and subject.isprintable():
        return subject
    return hashlib.sha256(subject.encode(errors="surrogatepass")).hexdigest()


def _plain(body: Any) -> Any:
    """The input as JSON values, without its idempotency key."""
    values = _values(body)
    if isinstance(values, dict):
        values.pop("idempotency_key", None)
    return values


def _values(value: Any) -> Any:
    """As `dataclasses.asdict` has it, which takes ten times as long; enums by their names, and null for
    what was not sent.
    """
    kind = type(value)
    if kind in _ATOMS:
        return value
    if names := _field_names(kind):
        return {name: _values(getattr(value, name)) for name in names}
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, dict):
        return {name: _values(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list | tuple):
        return [_values(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return None if value is strawberry.UNSET else value


@functools.cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind)) if is_dataclass(kind) else ()
