"""What keeps a cart from becoming an order, as data."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.capacity.graphql.slots import PickupSlot
from app.capacity.model.slots import OpenSlot, SlotReason
from app.carts import model
from app.carts.graphql import batches
from app.engine.relations import Entity, relation
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import IMPLEMENTATIONS, id_field
from app.kit.graphql.types import Money
from app.sourcing.graphql.types import DeliveryIneligibility
from app.sourcing.model import DeliveryMode

if TYPE_CHECKING:
    from app.carts.graphql.types.carts import CartLine

LazyLine = Annotated["CartLine", strawberry.lazy("app.carts.graphql.types.carts")]

describe_enum(
    model.CartProblemCode,
    "What keeps a line from being ordered.",
    {
        model.CartProblemCode.NOT_SOLD: "The goods are not sold in the channel any more.",
        model.CartProblemCode.PRICE_CHANGED: "The price is another one than the buyer has seen.",
        model.CartProblemCode.DELIVERY_MISSING: "Nobody has said how the line is to be handed over.",
        model.CartProblemCode.DELIVERY_MODE_NOT_ELIGIBLE: "The chosen mode or location cannot take the goods.",
        model.CartProblemCode.INSUFFICIENT_STOCK: "There are too few units for the chosen mode.",
        model.CartProblemCode.SLOT_MISSING: "The store hands over by slots, and none was chosen.",
        model.CartProblemCode.SLOT_FULL: "The chosen pickup slot has become full.",
        model.CartProblemCode.SLOT_NOT_OFFERED: "The chosen pickup slot cannot be had, even if it is not full.",
    },
)


@strawberry.interface(description="What keeps a line from being ordered. Concrete types carry the facts.")
class CartProblem:
    """A `ProblemRow`."""

    currency: strawberry.Private[str]
    code: model.CartProblemCode = strawberry.field(description="What is wrong, for programs.")
    message: str = strawberry.field(description="What is wrong, in a sentence for people (English).")
    line_id = id_field("CartLine", "line_id")
    line = relation(
        LazyLine,
        batches.lines_by_id,
        key=lambda problem: problem.line_id,
        description="The line that it is about.",
    )


@strawberry.type(description="The places that can serve the chosen mode have too few units.")
class InsufficientStockProblem(Entity, CartProblem):
    """Take fewer units or another mode."""

    requested: int = strawberry.field(description="Units in the line.")
    available: int = strawberry.field(description="Units that can be had.")


@strawberry.type(description="The price is another one than the buyer has seen. Updating the line accepts it.")
class PriceChangedProblem(Entity, CartProblem):
    """Show both prices."""

    old_minor: strawberry.Private[int]
    new_minor: strawberry.Private[int]

    @strawberry.field(description="The price of one unit that the buyer has seen.")
    def old_price(self) -> Money:
        """Including tax."""
        return Money(amount=self.old_minor, currency=self.currency)

    @strawberry.field(description="The price of one unit now.")
    def new_price(self) -> Money:
        """Including tax."""
        return Money(amount=self.new_minor, currency=self.currency)


@strawberry.type(description="The goods are not sold in the channel any more. Remove the line.")
class NotSoldProblem(Entity, CartProblem):
    """No further facts."""


@strawberry.type(description="Nobody has said how the line is to be handed over.")
class DeliveryMissingProblem(Entity, CartProblem):
    """Call `cartDeliverySet`."""


@strawberry.type(description="The chosen mode or location cannot take the goods.")
class DeliveryModeNotEligibleProblem(Entity, CartProblem):
    """Choose another mode or location."""

    mode: DeliveryMode = strawberry.field(description="The chosen mode.")
    reasons: list[DeliveryIneligibility] = strawberry.field(description="Why not.")


@strawberry.type(description="The pickup slot that was chosen cannot be had, or the store needs one.")
class PickupSlotProblem(Entity, CartProblem):
    """Choose another one."""

    location_id: strawberry.Private[int]
    found: strawberry.Private[Sequence[OpenSlot]]
    reason: SlotReason | None = strawberry.field(description="Why not; null where none was chosen.")

    @strawberry.field(description="The next slots of the store that can be had, at most three. Nothing is kept.")
    def slots(self) -> list[PickupSlot]:
        """A look of the moment."""
        return [PickupSlot.of(one) for one in self.found]


IMPLEMENTATIONS.extend(
    (
        InsufficientStockProblem,
        PriceChangedProblem,
        NotSoldProblem,
        DeliveryMissingProblem,
        DeliveryModeNotEligibleProblem,
        PickupSlotProblem,
    )
)
