"""What differs, as the API shows it."""

import strawberry

from app.catalog.graphql.batches import variants_by_id
from app.engine.relations import Entity, relation
from app.inventory.graphql.types import LazyLocation, LazyVariant
from app.locations.graphql.batches import locations_by_id


@strawberry.type(
    description="A stock row whose counters differ from what its ledger adds up to, or from what is held. All figures "
    "are of the moment of asking."
)
class StockDrift(Entity):
    """By the counters' names, then the same as the ledger and the holds say it."""

    variant_id: strawberry.Private[int]
    location_id: strawberry.Private[int]
    variant = relation(
        LazyVariant, variants_by_id, key=lambda row: row.variant_id, required=True, description="The variant."
    )
    location = relation(
        LazyLocation, locations_by_id, key=lambda row: row.location_id, required=True, description="The location."
    )
    is_unlike_ledger: bool = strawberry.field(description="Whether counters or version differ from the ledger.")
    is_unlike_holds: bool = strawberry.field(description="Whether `reserved` or `allocated` differ from what is held.")
    is_unlike_states: bool = strawberry.field(
        description="Whether units that are there but not sold differ from the ledger."
    )
    on_hand: int = strawberry.field(description="The counter of units on the shelves.")
    reserved: int = strawberry.field(description="The counter of units set aside for a while.")
    allocated: int = strawberry.field(description="The counter of units promised for good.")
    safety: int = strawberry.field(description="The counter of units kept off sale.")
    version: int = strawberry.field(description="How many movements the row believes to have seen.")
    damaged: int = strawberry.field(description="The counter of damaged units.")
    quality_control: int = strawberry.field(description="The counter of units that wait to be looked at.")
    display: int = strawberry.field(description="The counter of units on display.")
    ledger_on_hand: int = strawberry.field(description="Units on the shelves, by the ledger.")
    ledger_reserved: int = strawberry.field(description="Units set aside for a while, by the ledger.")
    ledger_allocated: int = strawberry.field(description="Units promised for good, by the ledger.")
    ledger_safety: int = strawberry.field(description="Units kept off sale, by the ledger.")
    ledger_version: int = strawberry.field(description="How many movements the ledger has.")
    ledger_damaged: int = strawberry.field(description="Damaged units, by the ledger.")
    ledger_quality_control: int = strawberry.field(description="Units that wait to be looked at, by the ledger.")
    ledger_display: int = strawberry.field(description="Units on display, by the ledger.")
    held_reserved: int = strawberry.field(description="Units that reservations hold.")
    held_allocated: int = strawberry.field(description="Units that allocations hold.")
