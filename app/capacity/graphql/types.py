"""Lockers in the API."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.capacity.model.compartments import CompartmentStatus, ReservationState
from app.capacity.model.parcels import CompartmentSize
from app.engine.relations import Entity, relation
from app.kit.graphql.enums import describe_enum
from app.kit.temperature import Temperature
from app.locations.graphql.batches import locations_by_id

if TYPE_CHECKING:
    from app.locations.graphql.types import Location

LazyLocation = Annotated["Location", strawberry.lazy("app.locations.graphql.types")]

describe_enum(
    CompartmentSize,
    "Size classes of compartments, the smallest first. What each compartment measures is said by itself.",
    {
        CompartmentSize.S: "Small.",
        CompartmentSize.M: "Medium: what goods get that nobody has measured.",
        CompartmentSize.L: "Large.",
        CompartmentSize.XL: "Extra large.",
    },
)
describe_enum(
    Temperature,
    "How warm it is inside.",
    {
        Temperature.AMBIENT: "As it is outside.",
        Temperature.CHILLED: "Kept cold.",
        Temperature.FROZEN: "Kept frozen.",
    },
)
describe_enum(
    CompartmentStatus,
    "What a compartment is now.",
    {
        CompartmentStatus.FREE: "Empty, and planned for nobody.",
        CompartmentStatus.RESERVED: "Empty, and planned for at least one delivery.",
        CompartmentStatus.OCCUPIED: "Goods are in it.",
        CompartmentStatus.EXPIRED: "Goods are in it that should have left.",
        CompartmentStatus.FAULTED: "It takes nothing until it is repaired; goods may still be in it.",
    },
)
describe_enum(
    ReservationState,
    "What a delivery's claim to a compartment is.",
    {
        ReservationState.PLANNED: "A compartment is kept for it.",
        ReservationState.UNPLACED: "It lost its compartment, and the station has no other: a person looks at it.",
        ReservationState.OCCUPYING: "The goods are in the compartment.",
        ReservationState.OVERDUE: "The goods are in the compartment and should have left.",
        ReservationState.ENDED: "It is over.",
    },
)


@strawberry.type(description="One door of a locker station.")
class LockerCompartment(Entity):
    """A row of `locker_compartments`."""

    code: str = strawberry.field(description="What it is called at the station, such as A7.")
    size: CompartmentSize = strawberry.field(description="Its size class.")
    temperature: Temperature = strawberry.field(description="How warm it is inside.")
    length_mm: int = strawberry.field(description="The longest side inside, in millimeters.")
    width_mm: int = strawberry.field(description="The middle side inside, in millimeters.")
    height_mm: int = strawberry.field(description="The shortest side inside, in millimeters.")
    status: CompartmentStatus = strawberry.field(description="What it is now.")
    fault: str | None = strawberry.field(description="Why it takes nothing; null when it works.")
    is_active: bool = strawberry.field(description="Whether new deliveries are planned for it.")


@strawberry.type(description="How many compartments of a class are free in a period.")
class LockerRoom(Entity):
    """Counted."""

    size: CompartmentSize = strawberry.field(description="Size class.")
    temperature: Temperature = strawberry.field(description="How warm it is inside.")
    total: int = strawberry.field(description="Compartments that work or are to be repaired.")
    free: int = strawberry.field(description="Those of them that a delivery could have for the whole period.")


@strawberry.type(description="A locker station: what it has and what is free.")
class LockerStation(Entity):
    """Made of a `Station` of the rules."""

    location_id: strawberry.Private[int]
    location = relation(LazyLocation, locations_by_id, key=lambda one: one.location_id, description="Where it is.")
    lead_days: int = strawberry.field(description="From an order to the day on which its parcel is expected.")
    begins: datetime = strawberry.field(description="From when on `free` counts (UTC).")
    ends: datetime = strawberry.field(description="Until when `free` counts (UTC).")
    compartments: list[LockerCompartment] = strawberry.field(description="All of them, the smallest first.")
    free: list[LockerRoom] = strawberry.field(description="By size and temperature, classes that it has.")


@strawberry.type(description="The compartment that is kept for a delivery, or that its goods are in.")
class CompartmentReservation(Entity):
    """A row of `compartment_reservations`."""

    state: ReservationState = strawberry.field(description="What it is.")
    code: str | None = strawberry.field(
        description="The compartment, as it is called at the station; null when nobody knows one."
    )
    size: CompartmentSize | None = strawberry.field(description="The compartment's size class.")
    temperature: Temperature = strawberry.field(description="What the goods need.")
    begins: datetime = strawberry.field(description="From when on it is kept (UTC).")
    ends: datetime = strawberry.field(description="Until when it is kept (UTC).")
