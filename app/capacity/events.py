"""Facts that the capacity slice tells."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.kit.events import Event


@dataclass(frozen=True, slots=True)
class CompartmentReservationChanged(Event):
    """A delivery has another compartment, or its claim another state. compartment: its code, if it has one."""

    topic: ClassVar[str] = "compartment_reservation"
    key_field: ClassVar[str] = "delivery_id"
    delivery_id: UUID
    order_id: UUID
    location_id: int
    compartment: str | None
    state: str
