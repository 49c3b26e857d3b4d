"""Inputs and payloads of the mutations of reservations: one of each per mutation."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import strawberry

from app.engine.relations import relation
from app.inventory.graphql.reservations.types import Reservation, visible_reservations_by_id
from app.inventory.model import ReservationReason
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.payload import Payload

_KEY = (
    "Needed, because stock moves. Makes repetitions harmless: the same key with the same input gets the first answer "
    "again. One key per intent, such as a UUID."
)


class ReservationMode(StrEnum):
    """How units may be put together."""

    ONE_LOCATION = "ONE_LOCATION"
    SPLIT = "SPLIT"
    PARTIAL = "PARTIAL"


describe_enum(
    ReservationMode,
    "How the units of a reservation may be put together.",
    {
        ReservationMode.ONE_LOCATION: "Each line from one location, all lines or none.",
        ReservationMode.SPLIT: "A line may come from several locations, all lines or none.",
        ReservationMode.PARTIAL: "As many units as there are, from several locations; refused when there are none.",
    },
)


def _reservation_key(payload: Any) -> UUID | None:
    return payload.reservation_id and UUID(payload.reservation_id)


def _reservation(description: str) -> Any:
    return relation(Reservation, visible_reservations_by_id, key=_reservation_key, description=description)


@strawberry.input(description="Units of one variant to reserve.")
class ReservationLineInput:
    """Exactly one of the two names is given."""

    sku: str | None = strawberry.field(default=None, description="The variant, by its SKU.")
    variant_id: strawberry.ID | None = strawberry.field(default=None, description="The variant, by its id.")
    quantity: int = strawberry.field(description="Units, 1 to 1,000,000.")


@strawberry.input(description="Input of `reservationCreate`: where, one of the three ways, and until when.")
class ReservationCreateInput:
    """Units for a while."""

    lines: list[ReservationLineInput] = strawberry.field(description="What to reserve, 1 to 100 lines.")
    reason: ReservationReason = strawberry.field(description="What for; it bounds how long.")
    mode: ReservationMode = strawberry.field(
        default=ReservationMode.ONE_LOCATION, description="How units may be put together."
    )
    location_id: strawberry.ID | None = strawberry.field(default=None, description="Only from this location.")
    location_group_id: strawberry.ID | None = strawberry.field(
        default=None, description="From the active locations of this group."
    )
    channel: str | None = strawberry.field(
        default=None, description="From the locations that this channel sells from: its code."
    )
    expires_at: datetime | None = strawberry.field(default=None, description="When the units go back on sale.")
    ttl_seconds: int | None = strawberry.field(
        default=None,
        description="The same, in seconds from now. Neither of the two: as long as is usual for the reason.",
    )
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.type(description="The answer to `reservationCreate`.")
class ReservationCreatePayload(Payload):
    """Read after the commit."""

    reservation_id: strawberry.Private[str | None] = None
    reservation = _reservation("The reservation; its lines say what it got. Null when it was refused.")


@strawberry.input(description="Input of `reservationExtend`: one of the two ways to say until when.")
class ReservationExtendInput:
    """A later end."""

    reservation_id: strawberry.ID = strawberry.field(description="The reservation.")
    expires_at: datetime | None = strawberry.field(default=None, description="Its new end, at most `extendableUntil`.")
    ttl_seconds: int | None = strawberry.field(default=None, description="The same, in seconds from now.")
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.type(description="The answer to `reservationExtend`.")
class ReservationExtendPayload(Payload):
    """Read after the commit."""

    reservation_id: strawberry.Private[str | None] = None
    reservation = _reservation("The reservation as it is now; null when it was refused.")


@strawberry.input(description="Input of `reservationRelease`.")
class ReservationReleaseInput:
    """The units are not wanted any more."""

    reservation_id: strawberry.ID = strawberry.field(description="The reservation.")
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.type(description="The answer to `reservationRelease`.")
class ReservationReleasePayload(Payload):
    """Read after the commit."""

    reservation_id: strawberry.Private[str | None] = None
    reservation = _reservation("The reservation, ended: one that had ended before says how.")


@strawberry.input(
    description="Input of `reservationTransfer`: from one location, or from those of a group to one of them."
)
class ReservationTransferInput:
    """Other units of the same variants."""

    reservation_id: strawberry.ID = strawberry.field(description="The reservation.")
    from_location_id: strawberry.ID | None = strawberry.field(
        default=None, description="What is reserved at this location moves."
    )
    from_location_group_id: strawberry.ID | None = strawberry.field(
        default=None, description="What is reserved at any location of this group moves."
    )
    to_location_id: strawberry.ID = strawberry.field(
        description="Where the units are to be reserved instead; with a group, one of its active locations."
    )
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.type(description="The answer to `reservationTransfer`.")
class ReservationTransferPayload(Payload):
    """Read after the commit."""

    reservation_id: strawberry.Private[str | None] = None
    reservation = _reservation("The reservation as it is now; null when it was refused.")
