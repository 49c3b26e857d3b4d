"""Pick lists."""

from datetime import datetime
from uuid import UUID

import strawberry

from app.catalog.graphql.batches import variants_by_id
from app.engine.relations import Entity, relation
from app.fulfillment.graphql import batches
from app.fulfillment.graphql.types.pickups import LazyLocation, LazyVariant
from app.fulfillment.graphql.types.work import WorkInstruction
from app.fulfillment.model.pick_lists import PickListStatus
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.kit.graphql.types import localized
from app.locations.graphql.batches import locations_by_id

describe_enum(
    PickListStatus,
    "Whether somebody still walks with a pick list.",
    {
        PickListStatus.OPEN: "It is to be picked.",
        PickListStatus.DONE: "All of it was picked that could be.",
        PickListStatus.CANCELED: "Nobody walks with it; its work can be in another list.",
    },
)


@strawberry.type(description="Units of one variant in a pick list, of all its orders together.")
class PickListLine(Entity):
    """A row of these columns."""

    sku: str = strawberry.field(description="The variant's SKU; of a bundle its components are picked.")
    name = localized("names", description="The product's name.")
    shelf: str | None = strawberry.field(description="Where it lies, as `stockShelvesSet` says.")
    quantity: int = strawberry.field(description="Units.")
    orders: int = strawberry.field(description="How many orders they are for.")
    variant_id: strawberry.Private[int]
    variant = relation(LazyVariant, variants_by_id, key=lambda line: line.variant_id, description="The variant.")


@strawberry.type(description="Picking for many orders in one walk.")
class PickList(Entity, Node):
    """A row of `pick_lists`."""

    id = id_field("PickList")
    location_id: strawberry.Private[int]
    number: str = strawberry.field(description="The number that people use, such as PL-80000001.")
    status: PickListStatus = strawberry.field(description="Whether somebody still walks with it.")
    location = relation(
        LazyLocation, locations_by_id, key=lambda one: one.location_id, description="Where it is picked."
    )
    assignee: str | None = strawberry.field(description="The person or device that got it.")
    lines = relation(
        PickListLine,
        batches.lines_by_pick_list,
        key=lambda one: one.id,
        many=True,
        description="What to pick, along the shelves: numbers in labels count as numbers. What lies nowhere in "
        "particular is at the end, by SKU. What was reported missing is not in it.",
    )
    work_instructions = relation(
        WorkInstruction,
        batches.work_by_pick_list,
        key=lambda one: one.id,
        many=True,
        description="Its PICK work, one for each parcel.",
    )
    created_at: datetime = strawberry.field(description="When it was made (UTC).")
    completed_at: datetime | None = strawberry.field(description="When it was done (UTC).")
    completed_by: str | None = strawberry.field(description="Who reported it done.")
    version: int = strawberry.field(description="Grows with every change of its status.")


NODE_TYPES["PickList"] = NodeType(UUID, batches.pick_lists_by_id)
