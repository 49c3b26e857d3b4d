"""Ways to hand goods over, with what each of them covers."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app.capacity.graphql.slots import PickupSlot
from app.carts.graphql import batches
from app.catalog.graphql.batches import variants_by_id
from app.engine.relations import Entity, relation
from app.kit.graphql.types import Money
from app.locations.graphql.batches import locations_by_id
from app.sourcing.graphql.types import DeliveryIneligibility
from app.sourcing.model import Coverage, DeliveryMode

if TYPE_CHECKING:
    from app.carts.graphql.types.carts import CartLine
    from app.catalog.graphql.types import Variant
    from app.locations.graphql.types import Location

LazyLine = Annotated["CartLine", strawberry.lazy("app.carts.graphql.types.carts")]
LazyLocation = Annotated["Location", strawberry.lazy("app.locations.graphql.types")]
LazyVariant = Annotated["Variant", strawberry.lazy("app.catalog.graphql.types")]


@strawberry.input(description="Goods to ask pickup options for.")
class PickupLineInput:
    """Rows of one SKU are added up."""

    sku: str = strawberry.field(description="SKU of the variant.")
    quantity: int = strawberry.field(description="Units, 1 to 9,999.", default=1)


@strawberry.type(description="How one option covers one line.")
class PickupOptionLine(Entity):
    """An `OptionLine`."""

    variant_id: strawberry.Private[int]
    sku: str = strawberry.field(description="SKU of the variant.")
    requested: int = strawberry.field(description="Units asked for.")
    available: int = strawberry.field(description="Units that this option can draw on, from all locations together.")
    available_here: int = strawberry.field(description="Those of them that are at the location itself.")
    coverage: Coverage = strawberry.field(description="Where the units would come from.")
    eligible: bool = strawberry.field(description="Whether the goods can be handed over this way.")
    reasons: list[DeliveryIneligibility] = strawberry.field(description="Why not; empty when they can.")
    variant = relation(
        LazyVariant, variants_by_id, key=lambda line: line.variant_id, required=True, description="The goods."
    )
    line = relation(
        LazyLine,
        batches.lines_by_id,
        key=lambda line: line.line_id,
        description="The line of the cart; null when no cart was asked about.",
    )


@strawberry.type(description="One way to hand goods over: at the buyer's home, or at one location.")
class PickupOption(Entity):
    """An `OptionRow`."""

    location_id: strawberry.Private[int | None]
    fee_minor: strawberry.Private[int]
    currency: strawberry.Private[str]
    mode: DeliveryMode = strawberry.field(description="How.")
    location = relation(
        LazyLocation,
        locations_by_id,
        key=lambda option: option.location_id,
        description="Where the buyer collects the goods; null for home delivery, and for a mode without any location.",
    )
    distance_km: float | None = strawberry.field(
        description="From the centre of the postal code's area, as the crow flies; null without one."
    )
    lines: list[PickupOptionLine] = strawberry.field(description="What it covers, line by line.")
    coverage: Coverage = strawberry.field(description="That of the worst line.")
    covered_lines: int = strawberry.field(description="How many lines are eligible and have enough units.")
    eligible: bool = strawberry.field(description="Whether all goods can be handed over this way.")
    reasons: list[DeliveryIneligibility] = strawberry.field(
        description="Why not, over all lines, each reason once; empty when they can."
    )

    needs_slot: bool = strawberry.field(
        description="Whether the checkout needs a pickup slot of the store: see `pickupSlots`."
    )

    @strawberry.field(
        description="The next pickup slot of the store that can be had for these goods; null where there is none, and "
        "where the store hands over at all times.",
        graphql_type=PickupSlot | None,
    )
    def first_slot(self: Any) -> Any:
        """A look of the moment."""
        return None if self.first_slot is None else PickupSlot.of(self.first_slot)

    @strawberry.field(description="What the buyer pays for it, when everything is handed over this way.")
    def fee(self) -> Money:
        """Pickups are free."""
        return Money(amount=self.fee_minor, currency=self.currency)
