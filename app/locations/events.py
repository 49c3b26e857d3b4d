"""Facts of the locations slice."""

from dataclasses import dataclass
from typing import ClassVar

from app.kit.events import Event


@dataclass(frozen=True, slots=True)
class LocationChanged(Event):
    """A location was made or anything about it was changed."""

    topic: ClassVar[str] = "location"
    key_field: ClassVar[str] = "location_id"

    location_id: int
    code: str
    is_active: bool
    version: int
