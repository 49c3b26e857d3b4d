"""What people say and ask of a store's pickup slots."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

import strawberry

from app.capacity.actions.save_slots import save_slots
from app.capacity.graphql.queries import station_key
from app.capacity.graphql.slots import PickupSlotLoad, PickupSlotPlan
from app.capacity.model.slots import MAX_DAYS_AHEAD, Slot, SlotPlan, Window
from app.capacity.sql import slots as sql
from app.engine.relations import groups_by, relation
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Context, Info
from app.kit.graphql.inputs import check_rows, idempotency_key
from app.kit.graphql.payload import Outcome, Payload, commit
from app.kit.graphql.permission import requires
from app.locations.model import Weekday

LONGEST_LOOK: Final = timedelta(days=100)


@strawberry.input(description="A slot of any such day.")
class PickupSlotWindowInput:
    """Becomes a Window."""

    begins: str = strawberry.field(description="HH:MM on the clocks of the store.")
    ends: str = strawberry.field(description="HH:MM on the same clocks; past midnight the times go on to 30:00.")
    capacity: int = strawberry.field(description="How many orders it takes, 1 to 10,000.")


@strawberry.input(description="The slots of one day of the week.")
class PickupSlotWeekdayInput:
    """One entry of the week."""

    weekday: Weekday = strawberry.field(description="The day; each once.")
    windows: list[PickupSlotWindowInput] = strawberry.field(
        description="Up to 48 in order of time, none of which overlap; empty: none."
    )


@strawberry.input(description="The slots of one date, in place of those of its day of the week.")
class PickupSlotDateInput:
    """An exception."""

    day: date = strawberry.field(description="The date, on the store's calendar; each once.")
    windows: list[PickupSlotWindowInput] = strawberry.field(description="As of a weekday; empty: closed.")


@strawberry.input(description="Input of `pickupSlotsSave`.")
class PickupSlotsSaveInput:
    """The whole plan of one store."""

    location_id: strawberry.ID = strawberry.field(description="The store.")
    week: list[PickupSlotWeekdayInput] = strawberry.field(
        description="The slots of each week; days that are left out have none. Without any slot, here and in `days`, "
        "the store hands over at all times, as before it had a plan."
    )
    days: list[PickupSlotDateInput] = strawberry.field(
        description="Up to 100 dates that differ, such as New Year.", default_factory=list[PickupSlotDateInput]
    )
    lead_minutes: int = strawberry.field(
        default=120,
        description="How many minutes the store has to be open between an order and its slot, 0 to 2,880: the time to "
        "prepare the goods.",
    )
    transfer_days: int = strawberry.field(
        default=3,
        description="After how many days goods are at the store that have to come from elsewhere, 0 to 30: slots "
        "before that day are for goods that lie there.",
    )
    days_ahead: int = strawberry.field(
        default=14, description="How many days ahead slots can be booked, 0 (only today) to 90."
    )
    is_required: bool = strawberry.field(
        default=True, description="Whether an order to be collected here needs a slot; false: it may have one."
    )
    idempotency_key: str | None = idempotency_key()


async def plans_by_location(context: Context, keys: list[int], columns: object) -> dict[int, PickupSlotPlan]:
    """Plans, with the slots that can be booked now."""
    del columns
    async with context.read() as tx:
        return await _shown(tx, keys, context.now, context.now + timedelta(days=MAX_DAYS_AHEAD))


@strawberry.type(description="The answer to `pickupSlotsSave`.")
class PickupSlotsSavePayload(Payload):
    """Read after the commit."""

    location_id: strawberry.Private[int | None] = None
    over: strawberry.Private[list[list[Any]] | None] = None
    plan = relation(
        PickupSlotPlan,
        plans_by_location,
        key=lambda payload: payload.location_id,
        description="The plan, with its slots of the next 90 days; null when it was refused.",
    )

    @strawberry.field(
        description="Slots that have more orders now than they take, or that are planned no more: who has them keeps "
        "them, and nobody is added. `pickupReschedule` moves them."
    )
    def overbooked(self) -> list[PickupSlotLoad]:
        """As the mutation left them."""
        return [
            PickupSlotLoad(
                begins=datetime.fromisoformat(begins), ends=datetime.fromisoformat(ends), capacity=takes, booked=has
            )
            for begins, ends, takes, has in self.over or ()
        ]


@strawberry.type
class PickupSlotQuery:
    """Merged into the schema's Query."""

    @strawberry.field(
        graphql_type=PickupSlotPlan | None,
        description="When a store hands over, how many orders at a time, and how many there are in a period; null when "
        "nobody has planned its slots.",
        **requires("fulfillment:read"),
    )
    async def pickup_slot_plan(
        self,
        info: Info,
        location_id: Annotated[strawberry.ID, strawberry.argument(description="The store.")],
        begins: Annotated[
            datetime | None, strawberry.argument(description="From when on slots are shown; null: from now on.")
        ] = None,
        ends: Annotated[
            datetime | None, strawberry.argument(description="Until when; null: a week longer. At most 100 days.")
        ] = None,
    ) -> Any:
        """An unlocked look."""
        context = info.context
        since = begins or context.now
        until = ends or since + timedelta(days=7)
        if not timedelta() < until - since <= LONGEST_LOOK:
            raise InvalidInput("A period ends after it begins, within 100 days.", path=["ends"])
        async with context.read() as tx:
            key = await station_key(tx, context.actor, location_id, "locationId")
            return (await _shown(tx, [key], since, until)).get(key)


@strawberry.type
class PickupSlotMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="Say when a store hands over, and how many orders at a time. Replaces what was said before. Who "
        "has a slot keeps it, also where it takes fewer orders now, or is gone.",
        **requires("locations:write"),
    )
    async def pickup_slots_save(self, info: Info, input: PickupSlotsSaveInput) -> PickupSlotsSavePayload:
        """In one transaction."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            check_rows(input.days, "input", "days")
            location_id = await station_key(tx, context.actor, input.location_id, "input", "locationId")
            over = await save_slots(tx, _plan(location_id, input), now=context.now)
            told = [[slot.begins.isoformat(), slot.ends.isoformat(), slot.capacity, booked] for slot, booked in over]
            return Outcome({"location_id": location_id, "over": told})

        return await commit(
            context, PickupSlotsSavePayload, work, operation="pickupSlotsSave", key=input.idempotency_key, body=input
        )


def _plan(location_id: int, given: PickupSlotsSaveInput) -> SlotPlan:
    """Raises InvalidInput for a day that is there twice."""
    week: dict[Weekday, list[Window]] = {}
    for number, one in enumerate(given.week):
        if one.weekday in week:
            raise InvalidInput("This day is there twice.", path=["input", "week", str(number), "weekday"])
        week[one.weekday] = _windows(one.windows)
    days: dict[date, list[Window]] = {}
    for number, one in enumerate(given.days):
        if one.day in days:
            raise InvalidInput("This date is there twice.", path=["input", "days", str(number), "day"])
        days[one.day] = _windows(one.windows)
    return SlotPlan(
        location_id,
        week,
        days,
        given.lead_minutes,
        given.transfer_days,
        given.days_ahead,
        is_required=given.is_required,
    )


def _windows(given: Sequence[PickupSlotWindowInput]) -> list[Window]:
    return [Window(one.begins, one.ends, one.capacity) for one in given]


async def _shown(
    tx: ReadTx, location_ids: Sequence[int], since: datetime, until: datetime
) -> dict[int, PickupSlotPlan]:
    rows = await sql.plan_rows(tx, location_ids)
    loads = groups_by(await sql.slots_between(tx, location_ids, since, until) if rows else [], "location_id")
    return {
        row.location_id: PickupSlotPlan.shown(
            plan := sql.plan_of(row), row.version, _loads(plan, loads.get(row.location_id, ()), since, until)
        )
        for row in rows
    }


def _loads(plan: SlotPlan, rows: Iterable[Row], since: datetime, until: datetime) -> list[PickupSlotLoad]:
    """What is planned, and what is planned no more and somebody has."""
    booked = {row.begins: row for row in rows if row.booked}
    planned = list(plan.slots_between(since, until))
    known = {slot.begins for slot in planned}
    gone = [Slot(plan.location_id, row.begins, row.ends, 0) for row in booked.values() if row.begins not in known]
    return [
        PickupSlotLoad.of(slot, booked[slot.begins].booked if slot.begins in booked else 0)
        for slot in sorted([*planned, *gone])
    ]
