"""Inputs and payloads of the mutations about lockers."""

from typing import Any

import strawberry

from app.capacity.graphql.batches import compartments_by_id
from app.capacity.graphql.types import LockerCompartment
from app.capacity.model.parcels import CompartmentSize
from app.engine.relations import relation
from app.kit.graphql.inputs import idempotency_key
from app.kit.graphql.payload import Payload
from app.kit.temperature import Temperature


def _ids(payload: Any) -> tuple[int, ...] | None:
    return None if payload.compartment_ids is None else tuple(payload.compartment_ids)


@strawberry.input(description="A compartment as it shall be.")
class LockerCompartmentInput:
    """Becomes a CompartmentDraft."""

    code: str = strawberry.field(
        description="What it is called at the station, 1 to 64 characters; a stored compartment with it is changed."
    )
    size: CompartmentSize = strawberry.field(description="Its size class.")
    temperature: Temperature = strawberry.field(default=Temperature.AMBIENT, description="How warm it is inside.")
    length_mm: int = strawberry.field(description="One side inside, in millimeters; up to 10,000.")
    width_mm: int = strawberry.field(description="Another one.")
    height_mm: int = strawberry.field(description="The third one.")
    is_active: bool = strawberry.field(
        default=True, description="Whether new deliveries are planned for it. False plans anew what was planned for it."
    )


@strawberry.input(description="Input of `lockerCompartmentsSave`.")
class LockerCompartmentsSaveInput:
    """Up to 100 compartments of one station: all are saved, or none."""

    location_id: strawberry.ID = strawberry.field(description="The station: a location of the kind LOCKER_STATION.")
    compartments: list[LockerCompartmentInput] = strawberry.field(description="1 to 100; those not named stay.")
    lead_days: int | None = strawberry.field(
        default=None,
        description="How many days after an order its parcel is expected, 0 to 60; null: as it was, at first 2.",
    )
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `lockerCompartmentsSave`.")
class LockerCompartmentsSavePayload(Payload):
    """Read after the commit."""

    compartment_ids: strawberry.Private[list[int] | None] = None
    compartments = relation(
        LockerCompartment,
        compartments_by_id,
        key=_ids,
        many=True,
        description="The compartments in the order of the input; empty when they were refused.",
    )


@strawberry.input(description="Input of `lockerFaultSet`.")
class LockerFaultSetInput:
    """A compartment does not work, or works again."""

    location_id: strawberry.ID = strawberry.field(description="The station.")
    code: str = strawberry.field(description="The compartment.")
    fault: str | None = strawberry.field(
        default=None, description="What is wrong with it, up to 200 characters; null: it works."
    )
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `lockerFaultSet`.")
class LockerFaultSetPayload(Payload):
    """Read after the commit."""

    compartment_ids: strawberry.Private[list[int] | None] = None
    compartments = relation(
        LockerCompartment, compartments_by_id, key=_ids, many=True, description="The compartment; empty when refused."
    )
