"""Types of the channels slice."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from app.channels.graphql.batches import channels_by_id
from app.engine.relations import Entity, relation
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.kit.graphql.types import LanguageCode, Money, localized
from app.kit.tax import Rounding
from app.locations.graphql.batches import groups_by_id
from app.payments.graphql.types import PaymentMethod

if TYPE_CHECKING:
    from app.locations.graphql.types import LocationGroup

LazyGroup = Annotated["LocationGroup", strawberry.lazy("app.locations.graphql.types")]

describe_enum(
    Rounding,
    "What happens to the fraction of a minor unit when tax is computed, once per rate and document.",
    {
        Rounding.DOWN: "It is dropped.",
        Rounding.HALF_UP: "From one half on it counts as one.",
        Rounding.UP: "It counts as one.",
    },
)


@strawberry.type(
    description="Where sales happen, such as a web shop. A request names it in the header `Hikiate-Channel`."
)
class Channel(Entity, Node):
    """The row is the table's."""

    id = id_field("Channel")
    code: str = strawberry.field(description="The shop's short name for it; unique.")
    name = localized("names", description="Its name.")
    currency: str = strawberry.field(description="ISO 4217 code of the currency of all its prices.")
    languages: list[LanguageCode] = strawberry.field(description="The languages that it speaks.")
    payment_methods: list[PaymentMethod] = strawberry.field(description="How orders may be paid.")
    tax_rounding: Rounding = strawberry.field(description="How its documents round tax.")
    is_active: bool = strawberry.field(description="Whether it sells.")
    shipping_fee_minor: strawberry.Private[int]
    free_shipping_from_minor: strawberry.Private[int | None]

    @strawberry.field(description="What a home delivery costs, tax included.")
    def shipping_fee(self) -> Money:
        """From the row's amount."""
        return Money(amount=self.shipping_fee_minor, currency=self.currency)

    @strawberry.field(description="From this sum of goods on home delivery costs nothing; null means never.")
    def free_shipping_from(self) -> Money | None:
        """From the row's amount."""
        if self.free_shipping_from_minor is None:
            return None
        return Money(amount=self.free_shipping_from_minor, currency=self.currency)

    location_group = relation(
        LazyGroup,
        groups_by_id,
        key=lambda row: row.location_group_id,
        required=True,
        description="The locations that it sells from and hands over at.",
    )


NODE_TYPES["Channel"] = NodeType(int, channels_by_id, bits=31)
