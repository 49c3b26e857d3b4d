"""Pickup slots in the API."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import strawberry

from app.capacity.model.slots import OpenSlot, Slot, SlotPlan, SlotReason
from app.capacity.sql import slots as sql
from app.engine.relations import Entity, relation, rows_by
from app.kit.errors import ErrorCode
from app.kit.graphql.context import Context
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.errors import UserError, user_error
from app.locations.graphql.batches import locations_by_id
from app.locations.model import Weekday

if TYPE_CHECKING:
    from app.locations.graphql.types import Location

LazyLocation = Annotated["Location", strawberry.lazy("app.locations.graphql.types")]
_FOUND: Final = "The next slots of the store that can be had, at most three. Nothing is kept for the buyer."

describe_enum(
    SlotReason,
    "Why a pickup slot cannot be had.",
    {
        SlotReason.FULL: "It has as many orders as it takes.",
        SlotReason.NO_SLOTS_HERE: "The place has no pickup slots: choose none.",
        SlotReason.NO_SUCH_SLOT: "No slot of the store begins then.",
        SlotReason.STORE_CLOSED: "The store hands nothing over on this day.",
        SlotReason.TOO_LATE: "The store needs more time to prepare goods.",
        SlotReason.TOO_FAR_AHEAD: "The store does not book so far ahead.",
        SlotReason.GOODS_NOT_READY: "Goods that have to come to the store first are not there by then.",
        SlotReason.HOLD_ENDS: "The goods are ready, and not kept until then.",
    },
)


@strawberry.type(description="A time at which a store hands over, and how many orders it still takes.")
class PickupSlot(Entity):
    """An `OpenSlot`, or its facts."""

    location_id: strawberry.Private[int]
    begins: datetime = strawberry.field(description="When it begins (UTC). With its location it names the slot.")
    ends: datetime = strawberry.field(description="When it ends (UTC).")
    left: int = strawberry.field(description="How many orders it still takes; 0: it is full.")
    location = relation(LazyLocation, locations_by_id, key=lambda slot: slot.location_id, description="The store.")

    @classmethod
    def of(cls, found: OpenSlot) -> "PickupSlot":
        """From what the rules say."""
        slot = found.slot
        return cls(location_id=slot.location_id, begins=slot.begins, ends=slot.ends, left=found.left)

    @classmethod
    def told(cls, found: Iterable[dict[str, Any]]) -> "list[PickupSlot]":
        """From the facts of a refusal."""
        return [cls(**one) for one in found]


@strawberry.type(description="The slot in which goods are collected.")
class PickupSlotTime(Entity):
    """A row of `pickup_slot_bookings`, or a cart's choice."""

    begins: datetime = strawberry.field(description="When it begins (UTC).")
    ends: datetime = strawberry.field(description="When it ends (UTC).")


@strawberry.type(description="A slot of any such day.")
class PickupSlotWindow(Entity):
    """A `Window`."""

    begins: str = strawberry.field(description="HH:MM on the clocks of the store.")
    ends: str = strawberry.field(description="HH:MM on the same clocks; past midnight the times go on to 30:00.")
    capacity: int = strawberry.field(description="How many orders it takes.")


@strawberry.type(description="The slots of one day of the week.")
class PickupSlotWeekday(Entity):
    """An entry of the plan's week."""

    weekday: Weekday = strawberry.field(description="The day.")
    windows: list[PickupSlotWindow] = strawberry.field(description="In order of time.")


@strawberry.type(description="The slots of one date, in place of those of its day of the week.")
class PickupSlotDate(Entity):
    """An entry of the plan's dates."""

    day: date = strawberry.field(description="The date, on the store's calendar.")
    windows: list[PickupSlotWindow] = strawberry.field(description="In order of time; empty: closed.")


@strawberry.type(description="How many orders a slot has.")
class PickupSlotLoad(Entity):
    """A slot with its counter."""

    begins: datetime = strawberry.field(description="When it begins (UTC).")
    ends: datetime = strawberry.field(description="When it ends (UTC).")
    capacity: int = strawberry.field(description="How many orders it takes; 0: it is planned no more.")
    booked: int = strawberry.field(
        description="How many orders have it; more than `capacity` only where that was lowered afterwards."
    )

    @classmethod
    def of(cls, slot: Slot, booked: int) -> "PickupSlotLoad":
        """A slot that has so many orders."""
        return cls(begins=slot.begins, ends=slot.ends, capacity=slot.capacity, booked=booked)


@strawberry.type(description="When a store hands over, and how many orders at a time.")
class PickupSlotPlan(Entity):
    """A row of `pickup_slot_plans`."""

    location_id: strawberry.Private[int]
    location = relation(LazyLocation, locations_by_id, key=lambda plan: plan.location_id, description="The store.")
    week: list[PickupSlotWeekday] = strawberry.field(description="Monday first; days without slots are left out.")
    days: list[PickupSlotDate] = strawberry.field(description="Dates that differ, in order.")
    lead_minutes: int = strawberry.field(
        description="How many minutes the store has to be open between an order and its slot."
    )
    transfer_days: int = strawberry.field(description="After how many days goods from elsewhere are at the store.")
    days_ahead: int = strawberry.field(description="How many days ahead slots can be booked.")
    is_required: bool = strawberry.field(description="Whether orders to be collected here need a slot.")
    version: int = strawberry.field(description="Raised by each change.")
    slots: list[PickupSlotLoad] = strawberry.field(
        description="The slots in the period that was asked for, in order, with those that are planned no more and "
        "that somebody has."
    )

    @classmethod
    def shown(cls, plan: SlotPlan, version: int, slots: list[PickupSlotLoad]) -> "PickupSlotPlan":
        """A plan, with slots."""
        return cls(
            location_id=plan.location_id,
            week=[
                PickupSlotWeekday(weekday=day, windows=_windows(windows))
                for day, windows in plan.week.items()
                if windows
            ],
            days=[PickupSlotDate(day=day, windows=_windows(windows)) for day, windows in sorted(plan.days.items())],
            lead_minutes=plan.lead_minutes,
            transfer_days=plan.transfer_days,
            days_ahead=plan.days_ahead,
            is_required=plan.is_required,
            version=version,
            slots=slots,
        )


def _windows(windows: Iterable[Any]) -> list[PickupSlotWindow]:
    return [PickupSlotWindow(begins=one.begins, ends=one.ends, capacity=one.capacity) for one in windows]


@user_error(ErrorCode.SLOT_FULL, "The pickup slot has as many orders as it takes.")
class SlotFullError(UserError):
    """Choose another one."""

    location_id: strawberry.Private[int]
    found: strawberry.Private[list[dict[str, Any]]]
    begins: datetime = strawberry.field(description="When the slot begins that was asked for (UTC).")
    line_id: strawberry.ID | None = strawberry.field(
        description="The cart's line, at a checkout; null where the slot became full a moment ago.", default=None
    )
    sku: str | None = strawberry.field(description="The line's SKU, at a checkout.", default=None)

    @strawberry.field(description=_FOUND)
    def slots(self) -> list[PickupSlot]:
        """A look of the moment."""
        return PickupSlot.told(self.found)


@user_error(ErrorCode.SLOT_NOT_OFFERED, "The pickup slot cannot be had, even if it is not full.")
class SlotNotOfferedError(UserError):
    """Choose another one."""

    location_id: strawberry.Private[int]
    found: strawberry.Private[list[dict[str, Any]]]
    slot_reason: SlotReason = strawberry.field(description="Why not.")
    begins: datetime = strawberry.field(description="When the slot begins that was asked for (UTC).")
    line_id: strawberry.ID | None = strawberry.field(description="The cart's line, at a checkout.", default=None)
    sku: str | None = strawberry.field(description="The line's SKU, at a checkout.", default=None)

    @strawberry.field(description=_FOUND)
    def slots(self) -> list[PickupSlot]:
        """A look of the moment."""
        return PickupSlot.told(self.found)


@user_error(ErrorCode.SLOT_MISSING, "The store hands over by slots, and none was chosen.")
class SlotMissingError(UserError):
    """Choose one with `cartDeliverySet`."""

    location_id: strawberry.Private[int]
    found: strawberry.Private[list[dict[str, Any]]]
    line_id: strawberry.ID | None = strawberry.field(description="The cart's line.", default=None)
    sku: str | None = strawberry.field(description="The line's SKU.", default=None)

    @strawberry.field(description=_FOUND)
    def slots(self) -> list[PickupSlot]:
        """A look of the moment."""
        return PickupSlot.told(self.found)


async def slots_by_delivery(context: Context, keys: list[UUID], columns: object) -> dict[UUID, Any]:
    """The slots that are kept for deliveries."""
    del columns
    return rows_by(await context.fetch(sql.BOOKED_BY_DELIVERY, ids=keys), "delivery_id")
