"""Facts that slices publish. Pure: how they are stored and read is `app.kit.outbox`'s matter."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, Final


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all facts: a frozen dataclass of JSON values with a topic and the name of its key field."""

    topic: ClassVar[str] = ""
    key_field: ClassVar[str] = ""

    @property
    def key(self) -> str:
        """What the fact is about; facts with one topic and key arrive in the order in which they were written."""
        return str(getattr(self, self.key_field))

    def payload(self) -> dict[str, Any]:
        """The JSON form, ids as text."""
        return {name: _plain(getattr(self, name)) for name in _names(type(self))}

    @classmethod
    def columns(cls, events: "Sequence[Event]") -> dict[str, list[Any]]:
        """The JSON form of many of its facts: the values of each, by name."""
        return {name: [_plain(getattr(event, name)) for event in events] for name in _names(cls)}

    @classmethod
    def names(cls) -> list[str]:
        """The payload's keys."""
        return list(_names(cls))


@cache
def _names(kind: type[Event]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, _AS_IS) else str(value)


_AS_IS: Final = (str, int, list, dict)
