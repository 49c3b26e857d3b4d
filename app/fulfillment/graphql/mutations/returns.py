"""Goods that come back."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import strawberry

from app.engine.relations import relation
from app.fulfillment.actions.put_back_units import ReturnedGoods
from app.fulfillment.actions.take_back_pickup import take_back_pickup
from app.fulfillment.actions.take_back_shipment import take_back_shipment
from app.fulfillment.graphql.batches import shipments_by_id
from app.fulfillment.graphql.mutations.forms import NEEDED_KEY, PickupPayload
from app.fulfillment.graphql.types import Shipment
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput, NotFound
from app.kit.graphql.context import Context, Info
from app.kit.graphql.inputs import check_rows
from app.kit.graphql.nodes import require_int, require_uuid
from app.kit.graphql.payload import Outcome, Payload, commit
from app.kit.graphql.permission import requires

PayloadT = TypeVar("PayloadT", bound=Payload)


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


@strawberry.input(description="Input of `shipmentTakeBack`.")
class ShipmentTakeBackInput:
    """One shipment."""

    shipment_id: strawberry.ID = strawberry.field(description="The shipment whose parcels are back.")
    location_id: strawberry.ID | None = strawberry.field(
        default=None, description="Where they came to; null: where they had left from."
    )
    lines: list[ReturnedLineInput] = strawberry.field(
        default_factory=list[ReturnedLineInput],
        description="Lines of which something is damaged or missing, at most 100; empty: all is sound.",
    )
    idempotency_key: str = strawberry.field(description=NEEDED_KEY)


@strawberry.type(description="The answer to `shipmentTakeBack`.")
class ShipmentTakeBackPayload(Payload):
    """Read after the commit."""

    shipment_id: strawberry.Private[str | None] = None
    shipment = relation(
        Shipment,
        shipments_by_id,
        key=lambda payload: payload.shipment_id and UUID(payload.shipment_id),
        description="The shipment; its parcels are TAKEN_BACK.",
    )


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
        return await _take_back(
            info.context, PickupTakeBackPayload, take_back_pickup, "pickupTakeBack", input, ("pickup", input.pickup_id)
        )

    @strawberry.mutation(
        description="The parcels of a home delivery that did not reach the buyer are back: their units are in stock "
        "again, damaged ones set aside, and their order lines are canceled. What was taken for them is to be given "
        "back: the case REFUND_DUE says how much, `orderRefund` does it.",
        **requires("fulfillment:write"),
    )
    async def shipment_take_back(self, info: Info, input: ShipmentTakeBackInput) -> ShipmentTakeBackPayload:
        """All parcels of a shipment together."""
        return await _take_back(
            info.context,
            ShipmentTakeBackPayload,
            take_back_shipment,
            "shipmentTakeBack",
            input,
            ("shipment", input.shipment_id),
        )


async def _take_back(  # noqa: PLR0917  # as `commit` takes them, and what it is about
    context: Context,
    payload_type: type[PayloadT],
    action: Callable[..., Awaitable[None]],
    operation: str,
    input: PickupTakeBackInput | ShipmentTakeBackInput,
    subject: tuple[str, str],
) -> PayloadT:
    """subject: what the goods had left as, `pickup` or `shipment`, and its id."""
    name, given = subject

    async def work(tx: WriteTx) -> Outcome:
        path = ("input", f"{name}Id")
        subject_id = require_uuid(given, name.capitalize(), *path)
        location_id = _place(context, input.location_id)
        try:
            await action(
                tx,
                subject_id,
                goods=_goods(input.lines),
                location_id=location_id,
                actor=context.actor,
                now=context.now,
            )
        except NotFound as error:
            raise error.at(*path) from None
        return Outcome({f"{name}_id": str(subject_id)})

    return await commit(context, payload_type, work, operation=operation, key=input.idempotency_key, body=input)


def _place(context: Context, location_id: str | None) -> int | None:
    """Where goods came to. Raises NotFound for locations that are not the caller's."""
    if location_id is None:
        return None
    key = require_int(location_id, "Location", "input", "locationId")
    if not context.actor.may_act_at(key):
        raise NotFound("There is no such location.", path=["input", "locationId"])
    return key


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
