"""A case: what is wrong, with what, and what may solve it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import orjson
import strawberry

from app.engine.relations import Entity, relation
from app.exceptions.graphql.batches import orders_of_cases, visible_cases_by_id
from app.exceptions.model import CaseKind, CaseStatus, Remedy, remedies_of
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.kit.ids import global_id
from app.locations.graphql.batches import locations_by_id
from app.partners.graphql.batches import partners_by_id
from app.partners.graphql.types import Partner

if TYPE_CHECKING:
    from app.locations.graphql.types import Location
    from app.orders.graphql.types import Order

LazyLocation = Annotated["Location", strawberry.lazy("app.locations.graphql.types")]
LazyOrder = Annotated["Order", strawberry.lazy("app.orders.graphql.types")]
# How subjects are called in the schema.
TYPENAMES: Final = {
    "PICKUP": "Pickup",
    "PACKAGE": "Package",
    "ORDER": "Order",
    "TRANSFER": "Transfer",
    "FULFILLMENT": "Fulfillment",
    "SHIPMENT": "Shipment",
    "DELIVERY": "OrderDelivery",
}

describe_enum(
    CaseKind,
    "What is wrong. New kinds may be added.",
    {
        CaseKind.CONTRADICTORY_REPORTS: "Reports of a pickup do not go together.",
        CaseKind.EXPIRED_TOO_EARLY: "A point gave goods up while the buyer could still come.",
        CaseKind.BLOCKED_AT_POINT: "Goods lie at a point and nobody can get at them.",
        CaseKind.REPORTED_BEFORE_SHIPMENT: "A point reports of a parcel that has not left as far as is known.",
        CaseKind.COLLECTED_WITHOUT_CODE: "A point gave goods away though nobody had said the code around that time.",
        CaseKind.NOT_REPORTED_IN_TIME: "The time of goods at a point is over, and the point says nothing.",
        CaseKind.LOCKER_FULL: "A delivery has no compartment at its locker station any more. `facts.stations` are the "
        "nearest others with room.",
        CaseKind.PARCEL_LOST: "The carrier cannot find a parcel.",
        CaseKind.PARCEL_COMES_BACK: "A parcel was refused or could not be delivered, and comes back.",
        CaseKind.TRANSFER_LATE: "Units for an order should have come from another location by `facts.expectedAt`.",
        CaseKind.REFUND_DUE: "Money that was taken is to be given back.",
        CaseKind.TEXT_CHANGED_FOR_CARRIER: "A carrier's file cannot hold some characters of an address; others stand "
        "in their place.",
    },
)
describe_enum(
    CaseStatus,
    "Whether somebody still has to do something.",
    {
        CaseStatus.OPEN: "Somebody has to look at it.",
        CaseStatus.CLOSED: "It was solved, or went away by itself.",
    },
)


@strawberry.type(description="Something that is known of a case.")
class ExceptionFact:
    """One of the case's facts."""

    name: str = strawberry.field(description="What it is, such as `holdUntil`.")
    value: str | None = strawberry.field(description="Its value as text.")


@strawberry.type(description="A mutation that may solve a case.")
class ExceptionRemedy:
    """From the table of remedies."""

    mutation: str = strawberry.field(description="The mutation's name.")
    why: str = strawberry.field(description="When it is the right one (English).")
    input: str = strawberry.field(
        description="What is known of its input, a JSON object; add the rest, such as an `idempotencyKey`."
    )


@strawberry.type(description="Something that the shop cannot solve by itself and a person must.")
class ExceptionCase(Entity, Node):
    """A row of `exception_cases`."""

    id = id_field("ExceptionCase")
    kind: CaseKind = strawberry.field(description="What is wrong.")
    status: CaseStatus = strawberry.field(description="Whether somebody still has to do something.")

    @strawberry.field(description="The id of what it is about, for `node(id)`.")
    def subject_id(self: Any) -> strawberry.ID:
        """The global id."""
        return strawberry.ID(_subject(self))

    @strawberry.field(description="What is known of it.")
    def facts(self: Any) -> list[ExceptionFact]:
        """As they were when something new was found last."""
        values = self["facts"]
        return [ExceptionFact(name=name, value=None if values[name] is None else str(values[name])) for name in values]

    @strawberry.field(description="What may solve it, the likeliest first.")
    def remedies(self: Any) -> list[ExceptionRemedy]:
        """By its kind, and by what it is about."""
        return [
            ExceptionRemedy(mutation=one.mutation, why=one.why, input=_input(one, self))
            for one in remedies_of(CaseKind(self["kind"]), self["subject_kind"], self["facts"].get("status"))
        ]

    location = relation(
        LazyLocation,
        locations_by_id,
        key=lambda row: row.location_id,
        description="Where it is; null: nowhere in particular.",
    )
    partner = relation(
        Partner, partners_by_id, key=lambda row: row.partner_id, description="Which company it concerns, if one."
    )
    order = relation(
        LazyOrder,
        orders_of_cases,
        key=lambda row: row.order_id,
        description="Which order it concerns; null for partners.",
    )
    assignee: str | None = strawberry.field(description="Who looks after it.")
    opened_at: datetime = strawberry.field(description="When it was found (UTC).")
    closed_at: datetime | None = strawberry.field(description="When it was closed (UTC).")
    closed_by: str | None = strawberry.field(description="Who closed it; `system`: it went away.")
    note: str | None = strawberry.field(description="What was done.")


@strawberry.type(description="How many cases of a kind are open.")
class ExceptionCount:
    """One row of the counts."""

    kind: CaseKind = strawberry.field(description="What is wrong.")
    open: int = strawberry.field(description="How many are open.")


def _subject(case: Any) -> str:
    return global_id(TYPENAMES[case["subject_kind"]], case["subject_id"])


def _input(remedy: Remedy, case: Any) -> str:
    known = {"subject": _subject(case)}
    if remedy.mutation.startswith("exceptionCase"):
        return orjson.dumps({"caseId": global_id("ExceptionCase", case["id"])}).decode()
    return orjson.dumps({name: known.get(value, value) for name, value in remedy.takes.items()}).decode()


NODE_TYPES["ExceptionCase"] = NodeType(UUID, visible_cases_by_id)
