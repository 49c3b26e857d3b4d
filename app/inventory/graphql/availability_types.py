"""Types of availability: what can be bought of a variant, in all, by group and by location."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app.engine.columns import READS
from app.engine.relations import Entity, relation
from app.inventory.graphql.group_levels import groups_by_variant
from app.inventory.graphql.types import LazyLocation
from app.locations.graphql.batches import groups_by_id, locations_by_id

if TYPE_CHECKING:
    from app.locations.graphql.types import LocationGroup


@strawberry.type(description="Units that can be sold from a day on.")
class StockPromise(Entity):
    """On top of those of earlier days."""

    day: date = strawberry.field(name="date", description="The day, in Japan. Today for units that are there.")
    quantity: int = strawberry.field(description="Units that come on top of those of earlier days.")


def _promises() -> Any:
    def resolve(root: Any) -> Any:
        return getattr(root, "promises", ())

    return strawberry.field(
        resolver=resolve,
        graphql_type=list[StockPromise],
        description="With `mode: PROMISABLE`, the units by the day from which they can be sold; together they are "
        "`available`. Empty otherwise.",
        metadata={READS: ("promises",)},
    )


@strawberry.type(description="A variant at a location, as availability lists it.")
class LocationAvailability(Entity):
    """Counters are null for callers without `stock:read`."""

    variant_id: strawberry.Private[int]
    location_id: strawberry.Private[int]
    location = relation(
        LazyLocation, locations_by_id, key=lambda row: row.location_id, required=True, description="The location."
    )
    distance_km: float | None = strawberry.field(
        description="Kilometres as the crow flies from `near`; null without it or without coordinates."
    )
    available: int = strawberry.field(description="Units that can be bought from here, now or as `mode` says.")
    promises = _promises()
    on_hand: int | None = strawberry.field(description="Units on the shelves. Needs `stock:read`, else null.")
    reserved: int | None = strawberry.field(description="Units set aside for a while. Needs `stock:read`.")
    allocated: int | None = strawberry.field(description="Units promised for good. Needs `stock:read`.")
    safety: int | None = strawberry.field(description="Units kept off sale. Needs `stock:read`.")
    version: int = strawberry.field(
        description="Grows with every change of this variant here; compare it with that of `stockChanged`."
    )


@strawberry.type(description="A variant at all locations of a group that the channel sells from.")
class LocationGroupAvailability(Entity):
    """Counters are null for callers without `stock:read` for all locations."""

    group_id: strawberry.Private[int]
    group = relation(
        Annotated["LocationGroup", strawberry.lazy("app.locations.graphql.types")],
        groups_by_id,
        key=lambda row: row.group_id,
        required=True,
        description="The group.",
    )
    location_count: int = strawberry.field(description="How many locations that count are in it.")
    available: int = strawberry.field(
        description="Units that can be bought when only this group serves, now or as `mode` says."
    )
    promises = _promises()
    on_hand: int | None = strawberry.field(
        description="Units on the shelves; null without `stock:read` for all locations."
    )
    reserved: int | None = strawberry.field(
        description="Units set aside for a while; null without `stock:read` for all locations."
    )
    allocated: int | None = strawberry.field(
        description="Units promised to orders and transfers; null without `stock:read` for all locations."
    )


@strawberry.type(description="How much of a variant a channel can sell, in all and where.")
class VariantAvailability(Entity):
    """Totals count all active stock-keeping locations of the channel, listed or not."""

    variant_id: strawberry.Private[int]
    available: int = strawberry.field(
        description="Units that can be bought, now or as `mode` says, at all locations together."
    )
    promises = _promises()
    on_hand: int | None = strawberry.field(
        description="Units on the shelves of all locations; null without `stock:read` for all locations."
    )
    reserved: int | None = strawberry.field(
        description="Units set aside for a while; null without `stock:read` for all locations."
    )
    allocated: int | None = strawberry.field(
        description="Units promised to orders and transfers; null without `stock:read` for all locations."
    )
    locations: list[LocationAvailability] = strawberry.field(
        description="The locations asked for: nearest first with `near`, else those with most units first."
    )
    groups = relation(
        LocationGroupAvailability,
        groups_by_variant,
        key=lambda row: (row.variant_id, row.mode),
        many=True,
        description="The same units by group of locations, as `mode` says. A group counts those of its locations that "
        "the channel sells from; a location in several groups counts in each.",
    )

    @strawberry.field(description="Whether at least one unit can be bought.")
    def is_available(self) -> bool:
        """From the total."""
        return self.available > 0
