"""Refusals of the capacity slice in the API."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app.engine.relations import Entity, relation
from app.kit.errors import ErrorCode
from app.kit.graphql.errors import UserError, user_error
from app.locations.graphql.batches import locations_by_id

if TYPE_CHECKING:
    from app.locations.graphql.types import Location

LazyLocation = Annotated["Location", strawberry.lazy("app.locations.graphql.types")]


@strawberry.type(description="A locker station that has room for the goods.")
class LockerAlternative(Entity):
    """One of the nearest."""

    location_id: strawberry.Private[int]
    distance_km: float | None = strawberry.field(
        description="From the station that is full, as the crow flies; null when nobody knows."
    )
    location = relation(LazyLocation, locations_by_id, key=lambda one: one.location_id, description="The station.")


@user_error(
    ErrorCode.LOCKER_FULL, "No compartment of the station is free for the goods in the days they would be there."
)
class LockerFullError(UserError):
    """Choose another station, or another mode."""

    location_id: strawberry.Private[int]
    found: strawberry.Private[list[dict[str, Any]]]
    is_too_large: bool = strawberry.field(description="Whether no compartment there could ever take the goods.")
    location = relation(
        LazyLocation,
        locations_by_id,
        key=lambda error: error.location_id,
        description="The station that was asked for.",
    )

    @strawberry.field(description="The nearest other stations with room, at most three. Nothing is kept for the buyer.")
    def stations(self) -> list[LockerAlternative]:
        """A look of the moment."""
        return [LockerAlternative(location_id=one["location_id"], distance_km=one["distance_km"]) for one in self.found]
