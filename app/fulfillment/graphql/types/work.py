"""Work for people at a location."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from app.capacity.graphql.slots import PickupSlotTime
from app.engine.relations import Entity, relation
from app.fulfillment.graphql import batches
from app.fulfillment.graphql.types.pickups import FulfillmentLine, LazyLocation, LazyOrder, Pickup
from app.fulfillment.model import WorkKind, WorkStatus
from app.fulfillment.model.work import UNFINISHED
from app.inventory.graphql.batches import transfers_by_id
from app.kit.graphql.context import Info
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.locations.graphql.batches import locations_by_id

if TYPE_CHECKING:
    from app.fulfillment.graphql.types.fulfillments import Fulfillment
    from app.fulfillment.graphql.types.pick_lists import PickList
    from app.inventory.graphql.types import Transfer

LazyTransfer = Annotated["Transfer", strawberry.lazy("app.inventory.graphql.types")]

describe_enum(
    WorkKind,
    "What people at a location are asked to do.",
    {
        WorkKind.PICK: "Take the goods from the shelf for a parcel; report it by `workComplete`.",
        WorkKind.PACK: "Put what was picked into a parcel; report it by `workComplete`. Asked for by `workCreate`.",
        WorkKind.SHIP: "Give the parcel to a carrier; report it by `shipmentCreate`.",
        WorkKind.PREPARE_PICKUP: "Put the goods ready at the counter; report it by `pickupMarkReady`.",
        WorkKind.TRANSFER: "Send goods to another location; report it by `transferShip`.",
        WorkKind.RECEIVE: "Take in goods from another location; report it by `transferReceive`.",
        WorkKind.LOCKER_DROP_OFF: "Put a pickup's goods into its locker.",
        WorkKind.COUNT: "Count goods; `workComplete` says how many there are.",
        WorkKind.RETURN_INSPECT: "Look at what came back; report it by `workComplete`.",
    },
)
describe_enum(
    WorkStatus,
    "How far a piece of work has come.",
    {
        WorkStatus.WAITING: "Something else must happen first.",
        WorkStatus.OPEN: "It can be done now.",
        WorkStatus.IN_PROGRESS: "Somebody said by `workAcknowledge` that they are at it.",
        WorkStatus.ON_HOLD: "It must not be done until `workRelease`.",
        WorkStatus.DONE: "It was done.",
        WorkStatus.REJECTED: "The location could do nothing of it, and said why.",
        WorkStatus.CANCELED: "It is not needed any more.",
    },
)


@strawberry.type(description="What somebody did about a piece of work.")
class WorkEntry(Entity):
    """A row of `work_history`."""

    at: datetime = strawberry.field(description="When (UTC).")
    step: str = strawberry.field(
        description="`CREATE`, `ASSIGN`, `ACKNOWLEDGE`, `COMPLETE`, `HOLD`, `RELEASE`, `REPORT_SHORT`, `REJECT`, "
        "`SPLIT` or `MOVE`."
    )
    status: WorkStatus = strawberry.field(description="How far the work had come with it.")
    actor: str = strawberry.field(description="Whose key it was.")
    facts: JSON = strawberry.field(description="What was said: names, reasons, lines and units.")


@strawberry.type(description="A task for people at one location.")
class WorkInstruction(Entity, Node):
    """A row of `work_instructions` with the order's number."""

    id = id_field("WorkInstruction")
    kind: WorkKind = strawberry.field(description="What is to be done.")
    status: WorkStatus = strawberry.field(description="How far it has come.")
    location_id: strawberry.Private[int]
    order_id: strawberry.Private[UUID | None]
    fulfillment_id: strawberry.Private[UUID | None]
    transfer_id: strawberry.Private[UUID | None]
    pickup_id: strawberry.Private[UUID | None]
    pick_list_id: strawberry.Private[UUID | None]
    location = relation(
        LazyLocation,
        locations_by_id,
        key=lambda work: work.location_id,
        description="Where it is to be done.",
    )
    order_number: str | None = strawberry.field(description="The order that it is for; null when it is for none.")
    order = relation(
        LazyOrder, batches.orders_by_id, key=lambda work: work.order_id, description="The order that it is for."
    )
    lines = relation(
        FulfillmentLine,
        batches.lines_by_work,
        key=lambda work: work.id,
        many=True,
        description="The goods that it is about. In a COUNT, zero units are to be counted.",
    )
    fulfillment = relation(
        Annotated["Fulfillment", strawberry.lazy("app.fulfillment.graphql.types.fulfillments")],
        batches.fulfillments_by_id,
        key=lambda work: work.fulfillment_id,
        description="The fulfillment that it is about; null when it is about something else.",
    )
    slot = relation(
        PickupSlotTime,
        batches.slots_by_fulfillment,
        key=lambda work: work.fulfillment_id,
        description="The slot in which its goods are collected; null without one.",
    )
    transfer = relation(
        LazyTransfer,
        transfers_by_id,
        key=lambda work: work.transfer_id,
        description="The transfer that it is about; null when it is about something else.",
    )
    pickup = relation(
        Pickup,
        batches.pickups_by_id,
        key=lambda work: work.pickup_id,
        description="The pickup that it is about by itself; null when it is about something else.",
    )
    pick_list = relation(
        Annotated["PickList", strawberry.lazy("app.fulfillment.graphql.types.pick_lists")],
        batches.pick_lists_by_id,
        key=lambda work: work.pick_list_id,
        description="The pick list that it is in.",
    )
    note: str | None = strawberry.field(description="What whoever asked for it wrote.")
    assignee: str | None = strawberry.field(description="The person or device that is to do it.")
    created_at: datetime = strawberry.field(description="Since when it is asked for (UTC).")
    due_at: datetime | None = strawberry.field(
        description="By when it should be done (UTC), by the location's opening hours. PICK and SHIP: by the close of "
        "the next business day after the order was placed. PREPARE_PICKUP and TRANSFER: within two opening hours of "
        "when they can be done; a preparation with a pickup slot: when that begins. Of work that staff asked for: what "
        "they said. Null for RECEIVE, for a preparation without a slot that still waits, and where nobody opens within "
        "two weeks."
    )

    @strawberry.field(description="Whether it is unfinished after `dueAt`.")
    def is_overdue(self: Any, info: Info) -> bool:
        """By the clock of this request."""
        return self["due_at"] is not None and self["status"] in UNFINISHED and self["due_at"] < info.context.now

    acknowledged_at: datetime | None = strawberry.field(
        description="When somebody last said that they are at it (UTC)."
    )
    acknowledged_by: str | None = strawberry.field(description="Who said so: the assignee, or the key.")
    hold_reason: str | None = strawberry.field(description="Why it is on hold.")
    reject_reason: str | None = strawberry.field(description="Why the location could do nothing of it.")
    completed_at: datetime | None = strawberry.field(description="When it was done (UTC).")
    completed_by: str | None = strawberry.field(description="Who reported it done.")
    version: int = strawberry.field(description="Grows with every change.")
    history = relation(
        WorkEntry,
        batches.history_by_work,
        key=lambda work: work.id,
        many=True,
        description="What people did about it, oldest first.",
    )


@strawberry.type(description="How much work of one kind and status there is at a location.")
class WorkCount(Entity):
    """A row of these columns."""

    kind: WorkKind = strawberry.field(description="What is to be done.")
    status: WorkStatus = strawberry.field(description="How far it has come.")
    count: int = strawberry.field(description="How many instructions.")
    overdue: int = strawberry.field(description="How many of them are unfinished after their `dueAt`.")


NODE_TYPES["WorkInstruction"] = NodeType(UUID, batches.work_by_id)
