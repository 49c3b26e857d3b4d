"""Facts that slices publish. Pure: how they are stored and read is `app.kit.outbox`'s matter."""

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar


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
        return {name: value if isinstance(value, int | str | list | dict | None) else str(value)
                for name, value in asdict(self).items()}  # fmt: skip

    @classmethod
    def names(cls) -> list[str]:
        """The payload's keys."""
        return [field.name for field in fields(cls)]
