"""Goods that come back from points."""

import strawberry

from app.fulfillment.actions.take_back_pickup import ReturnedGoods, take_back_pickup
from app.fulfillment.graphql.mutations.forms import NEEDED_KEY, PickupPayload
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput, NotFound
from app.kit.graphql.context import Info
from app.kit.graphql.inputs import check_rows
from app.kit.graphql.nodes import require_int, require_uuid
from app.kit.graphql.payload import Outcome, commit
from app.kit.graphql.permission import requires


@strawberry.input(description="Units of one line that did not come back as they went.")
class ReturnedLineInput:
    """The other units are sound."""

    line_no: int = strawberry.field(description="The number of the order's line.")
    damaged_quantity: int = strawberry.field(
        default=0, description="Units that are damaged: in the stock's state DAMAGED."
    )
    missing_quantity: int = strawberry.field(default=0, description="Units that did not come back.")


@strawberry.input(description="Input of `pickupTakeBack`.")
class PickupTakeBackInput:
    """One pickup."""

    pickup_id: strawberry.ID = strawberry.field(description="The pickup whose goods are back.")
    location_id: strawberry.ID | None = strawberry.field(
        default=None, description="Where they came to; null: where each parcel had left from."
    )
    lines: list[ReturnedLineInput] = strawberry.field(
        default_factory=list[ReturnedLineInput],
        description="Lines of which something is damaged or missing, at most 100; empty: all is sound.",
    )
    idempotency_key: str = strawberry.field(description=NEEDED_KEY)


@strawberry.type(description="The answer to `pickupTakeBack`.")
class PickupTakeBackPayload(PickupPayload):
    """The pickup is RETURNED."""


@strawberry.type
class PickupReturnMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="Goods that nobody collected at a point are back: their units are in stock again, damaged ones set "
        "aside, their order lines are canceled, and the buyer does not pay for them.",
        **requires("fulfillment:write"),
    )
    async def pickup_take_back(self, info: Info, input: PickupTakeBackInput) -> PickupTakeBackPayload:
        """Possible from any state in which the goods are out, as reports may be missing."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            pickup_id = require_uuid(input.pickup_id, "Pickup", "input", "pickupId")
            location_id = None
            if input.location_id is not None:
                location_id = require_int(input.location_id, "Location", "input", "locationId")
                if not context.actor.may_act_at(location_id):
                    raise NotFound("There is no such location.", path=["input", "locationId"])
            try:
                await take_back_pickup(
                    tx,
                    pickup_id,
                    goods=_goods(input.lines),
                    location_id=location_id,
                    actor=context.actor,
                    now=context.now,
                )
            except NotFound as error:
                raise error.at("input", "pickupId") from None
            return Outcome({"pickup_id": str(pickup_id)})

        key = input.idempotency_key
        return await commit(context, PickupTakeBackPayload, work, operation="pickupTakeBack", key=key, body=input)


def _goods(lines: list[ReturnedLineInput]) -> ReturnedGoods:
    if lines:
        check_rows(lines, "input", "lines")
    numbers = [line.line_no for line in lines]
    if len(set(numbers)) < len(numbers):
        raise InvalidInput("Each line once.", path=["input", "lines"])
    return ReturnedGoods(
        {line.line_no: line.damaged_quantity for line in lines if line.damaged_quantity},
        {line.line_no: line.missing_quantity for line in lines if line.missing_quantity},
    )
