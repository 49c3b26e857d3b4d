"""Facts that the checkout publishes."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.kit.events import Event


@dataclass(frozen=True, slots=True)
class BackorderServed(Event):
    """Units that an order waited for have come and are allocated to it."""

    topic: ClassVar[str] = "backorder_served"
    key_field: ClassVar[str] = "order_id"

    order_id: UUID
