"""How reports from outside are taken in, whatever they are about."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

from app.fulfillment.actions.keep_reports import Kept, Request, reporter_of
from app.kit.db import WriteTx
from app.kit.errors import DomainError, InvalidInput, each_refusal
from app.kit.graphql.context import Context
from app.kit.graphql.errors import to_user_error
from app.kit.graphql.payload import Payload
from app.kit.idempotency import is_key
from app.kit.text import is_storable

_MAX_TEXT: Final = 200
PayloadT = TypeVar("PayloadT", bound=Payload)


class Keyed(Request, Protocol):
    """A report with the reporter's own name for it."""

    @property
    def key(self) -> str | None:
        """None when it has none."""
        ...


KeyedT = TypeVar("KeyedT", bound=Keyed)
Work = Callable[[WriteTx, Sequence[KeyedT]], Awaitable[Sequence[Kept | DomainError]]]


async def ask(
    context: Context,
    work: Work[KeyedT],
    request: Callable[[], KeyedT],
    payload_type: type[PayloadT],
    *,
    subject: str,
    named_by: str,
    path: Sequence[str],
) -> PayloadT:
    """Report in one transaction with the other reports of the caller at this moment.

    request: makes it of what was given, or raises a DomainError. subject: the payload's field with the id of what it is
    about. named_by: the field of the input by which that was named, and path: where that input is, for refusals.
    """
    try:
        asked = request()
        group = context.db.group(work, apart=context.actor.reference)
        kept = await group.ask(asked, identity=(reporter_of(asked.actor), asked.key))
    except DomainError as error:
        for refusal in each_refusal(error):
            if refusal.path[:1] != ["input"]:
                refusal.path = [*path, *(refusal.path or [named_by])]
        return payload_type(user_errors=[to_user_error(refusal) for refusal in each_refusal(error)])
    context.forget()
    values: dict[str, Any] = {subject: str(kept.subject_id), "effect": kept.effect, "replayed": kept.is_repeated}
    return payload_type(**values)


def check_texts(key: str, texts: Mapping[str, str | None], path: Sequence[str]) -> None:
    """Raises InvalidInput for what is no idempotency key, and for texts, by their fields, that cannot be kept."""
    if not is_key(key):
        raise InvalidInput("A key has 1 to 200 printable characters.", path=[*path, "idempotencyKey"])
    for name, text in texts.items():
        if text is not None and not (len(text) <= _MAX_TEXT and is_storable(text)):
            message = f"Up to {_MAX_TEXT} characters, and none that cannot be kept."
            raise InvalidInput(message, path=[*path, name])
