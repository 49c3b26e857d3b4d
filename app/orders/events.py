"""Facts that the orders slice tells."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.kit.events import Event


@dataclass(frozen=True, slots=True)
class OrderPlaced(Event):
    """The order is to be fulfilled: it is paid, or may be paid when it is handed over."""

    topic: ClassVar[str] = "order_placed"
    key_field: ClassVar[str] = "order_id"
    order_id: UUID


@dataclass(frozen=True, slots=True)
class OrderChanged(Event):
    """The order has a new version; all three states as they are now."""

    topic: ClassVar[str] = "order"
    key_field: ClassVar[str] = "order_id"
    order_id: UUID
    version: int
    status: str
    payment_status: str
    fulfillment_status: str


@dataclass(frozen=True, slots=True)
class OrderCompleted(Event):
    """Every unit of the order was handed over, or will never be."""

    topic: ClassVar[str] = "order_completed"
    key_field: ClassVar[str] = "order_id"
    order_id: UUID
