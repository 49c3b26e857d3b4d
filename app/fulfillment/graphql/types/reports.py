"""What is reported of pickups at points."""

from datetime import datetime

import strawberry

from app.engine.relations import Entity
from app.fulfillment.model.folding import ReportEffect
from app.fulfillment.model.reports import ReportKind
from app.kit.graphql.enums import describe_enum

describe_enum(
    ReportKind,
    "What can happen to a pickup whose parcels have left.",
    {
        ReportKind.CODE_TOLD: "The carrier gave out what the buyer collects with, `slipNumber` or "
        "`authenticationNumber`, or gave out another one. It may be known before the parcel leaves. Goods that are at "
        "the point and waited for it can be collected from then on.",
        ReportKind.ARRIVED: "The goods are at the point. They can be collected from then on, unless the code to do so "
        "comes later: then `READY` is reported, too.",
        ReportKind.READY: "The goods can be collected, after all or again: the code is known, a fault is mended.",
        ReportKind.BLOCKED: "The goods are at the point and nobody can get at them, such as in a broken locker.",
        ReportKind.EXTENDED: "The goods are kept until another time.",
        ReportKind.REMINDED: "The shop reminded the buyer. Nobody reports it.",
        ReportKind.EXPIRED: "The goods are not kept any longer.",
        ReportKind.RETURN_SENT: "The goods left the point, back to the shop.",
        ReportKind.COLLECTED: "The goods were given to the buyer. This counts whatever else is reported, except that "
        "they are back in the shop.",
        ReportKind.RETURN_RECEIVED: "The goods are back in the shop. Nobody reports it: `pickupTakeBack` says so.",
    },
)
describe_enum(
    ReportEffect,
    "What a report does to its pickup, as far as all reports show that are known by now.",
    {
        ReportEffect.APPLIED: "The pickup is as the report says.",
        ReportEffect.SUPERSEDED: "Something else happened after it.",
        ReportEffect.SET_ASIDE: "What happened before it does not allow it. Unless it is of no consequence, a person "
        "will look at it.",
        ReportEffect.PENDING: "The shop does not know yet that the parcel has left. It counts as soon as it does.",
    },
)


@strawberry.type(description="What somebody reported of a pickup. It is never changed; what came of it may.")
class PickupReport(Entity):
    """A row of `pickup_reports`."""

    kind: ReportKind = strawberry.field(description="What happened.")
    occurred_at: datetime = strawberry.field(description="When it happened, by the reporter's clock (UTC).")
    received_at: datetime = strawberry.field(description="When it was heard of (UTC).")
    actor: str = strawberry.field(description="Who reported it.")
    hold_until: datetime | None = strawberry.field(
        description="Until when the goods were to be kept from then on (UTC)."
    )
    slip_number: str | None = strawberry.field(description="The carrier's slip number, where it was told.")
    sealed_number: strawberry.Private[bytes | None]
    note: str | None = strawberry.field(description="In words of the reporter.")

    @strawberry.field(description="Whether the carrier's authentication number was told. Nobody but the buyer sees it.")
    def has_authentication_number(self) -> bool:
        """It is kept sealed."""
        return self.sealed_number is not None
