"""Why stock is corrected, the states of units, and promises that ended."""

from typing import Any
from uuid import UUID

import strawberry

from app.catalog.graphql.batches import variants_by_id
from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.engine.relations import Entity, relation
from app.fulfillment.graphql.batches import orders_by_id
from app.inventory.actions.move_promises import Elsewhere
from app.inventory.graphql.batches import Columns, visible_transfers_by_id
from app.inventory.graphql.types import LazyLocation, LazyOrder, LazyVariant, Transfer
from app.inventory.model import HoldState, OwnerKind
from app.inventory.model.corrections import AdjustmentReason, Promise, PromisePolicy
from app.inventory.model.states import StockState
from app.kit.graphql.context import Context
from app.kit.graphql.enums import describe_enum
from app.locations.graphql.batches import locations_by_id

describe_enum(
    AdjustmentReason,
    "Why the units on hand are others than the ledger said.",
    {
        AdjustmentReason.CORRECTION: "Somebody had entered a wrong number.",
        AdjustmentReason.COUNT: "They were counted, outside of a count session.",
        AdjustmentReason.DAMAGE: "Units are broken and were thrown away.",
        AdjustmentReason.LOSS: "Units cannot be found.",
        AdjustmentReason.THEFT: "Units were stolen.",
        AdjustmentReason.FOUND: "Units turned up.",
        AdjustmentReason.MISMATCH: "Another variant lay in its place.",
        AdjustmentReason.FEED_BASELINE: "Another system, which knows better, says so.",
    },
)
describe_enum(
    PromisePolicy,
    "What becomes of promises that fewer units cannot keep.",
    {
        PromisePolicy.KEEP: "They stay: the change is refused with `INSUFFICIENT_STOCK`.",
        PromisePolicy.BREAK_YOUNGEST: "As many as needed end, in the same transaction: reservations before "
        "allocations, the youngest first.",
        PromisePolicy.RESOURCE_YOUNGEST: "Other locations that can serve them keep as many as they can of the promises "
        "to orders, the youngest first, in the same transaction; only what nobody can serve ends, as with "
        "`BREAK_YOUNGEST`.",
    },
)
describe_enum(
    StockState,
    "The state that units at a location are in.",
    {
        StockState.SELLABLE: "On hand.",
        StockState.DAMAGED: "Broken or stained: there, but not sold.",
        StockState.QUALITY_CONTROL: "Waiting to be looked at: there, but not sold.",
        StockState.DISPLAY: "Shown to visitors of the store: there, but not sold.",
        StockState.WRITTEN_OFF: "They have left the books; nothing comes back from here.",
    },
)


def promise_values(promise: Promise) -> list[Any]:
    """A promise as JSON, for the stored answer."""
    return [
        promise.owner_kind,
        str(promise.owner_id),
        promise.line_no,
        promise.variant_id,
        promise.location_id,
        promise.quantity,
        promise.state,
        promise.moved_to,
    ]


def elsewhere_for(policy: PromisePolicy) -> Elsewhere | None:
    """Who knows where promises may move, where they are to."""
    return ORDERS_ELSEWHERE if policy is PromisePolicy.RESOURCE_YOUNGEST else None


def promises_key(payload: Any) -> tuple[tuple[Any, ...], ...] | None:
    """The promises that a payload tells of."""
    return tuple(tuple(promise) for promise in payload.promises) if payload.promises else None


@strawberry.type(description="Units that were promised to somebody from a location and are not any more.")
class BrokenPromise(Entity):
    """What the mutation took from it; reads as of then."""

    variant_id: strawberry.Private[int]
    location_id: strawberry.Private[int]
    moved_to_id: strawberry.Private[int | None]
    order_id: strawberry.Private[UUID | None]
    transfer_id: strawberry.Private[UUID | None]
    owner_kind: str = strawberry.field(description="Who had them: ORDER, CART, TRANSFER or STAFF.")
    line_no: int = strawberry.field(description="The owner's line.")
    quantity: int = strawberry.field(description="Units that the promise lost.")
    was_reserved: bool = strawberry.field(description="True for a reservation, false for an allocation.")
    variant = relation(
        LazyVariant, variants_by_id, key=lambda row: row.variant_id, required=True, description="The variant."
    )
    location = relation(
        LazyLocation,
        locations_by_id,
        key=lambda row: row.location_id,
        required=True,
        description="Where the units were to come from.",
    )
    moved_to = relation(
        LazyLocation,
        locations_by_id,
        key=lambda row: row.moved_to_id,
        description="The location that serves these units instead; null where nobody does: then they are canceled.",
    )
    order = relation(
        LazyOrder,
        orders_by_id,
        key=lambda row: row.order_id,
        description="The order, which cancels what nobody serves instead.",
    )
    transfer = relation(
        Transfer,
        visible_transfers_by_id,
        key=lambda row: row.transfer_id,
        description="The transfer, which loses all that has not left, and is canceled if nothing has.",
    )


async def promises_by_key(
    context: Context, keys: list[tuple[tuple[Any, ...], ...]], columns: Columns | None
) -> dict[tuple[tuple[Any, ...], ...], list[BrokenPromise]]:
    """The promises as the stored answer has them."""
    del context, columns
    return {key: [_broken(promise) for promise in key] for key in keys}


def _broken(promise: tuple[Any, ...]) -> BrokenPromise:
    kind, owner_id, line_no, variant_id, location_id, quantity, state, *moved_to = promise
    return BrokenPromise(
        variant_id=variant_id,
        location_id=location_id,
        moved_to_id=moved_to[0] if moved_to else None,
        order_id=UUID(owner_id) if kind == OwnerKind.ORDER else None,
        transfer_id=UUID(owner_id) if kind == OwnerKind.TRANSFER else None,
        owner_kind=kind,
        line_no=line_no,
        quantity=quantity,
        was_reserved=state == HoldState.RESERVED,
    )
