"""Facts that fulfillment tells."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.kit.events import Event


@dataclass(frozen=True, slots=True)
class PickupChanged(Event):
    """A pickup was asked for, or is something else now. partner_id: whose point it is; None for the shop's own.

    is_sandbox: it is a test of that partner, and nobody else's business.
    """

    topic: ClassVar[str] = "pickup_changed"
    key_field: ClassVar[str] = "pickup_id"
    pickup_id: UUID
    number: str
    order_id: UUID
    partner_id: UUID | None
    location_id: int
    status: str
    version: int
    is_sandbox: bool = False


@dataclass(frozen=True, slots=True)
class RefundStarted(Event):
    """A provider is to give money back."""

    topic: ClassVar[str] = "refund_started"
    key_field: ClassVar[str] = "refund_id"
    refund_id: UUID


@dataclass(frozen=True, slots=True)
class PromiseRedated(Event):
    """The goods of a pickup at an own store will be there later than its buyer was told. ready_by: an instant."""

    topic: ClassVar[str] = "promise_redated"
    key_field: ClassVar[str] = "pickup_id"
    pickup_id: UUID
    number: str
    order_id: UUID
    location_id: int
    ready_by: str
