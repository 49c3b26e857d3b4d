"""Rows of the ledger, with what caused them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from app.engine.relations import Entity, relation
from app.fulfillment.graphql.batches import orders_by_id
from app.inventory.graphql.batches import transfers_by_id
from app.inventory.graphql.counts.types import CountSession, visible_count_sessions_by_id
from app.inventory.graphql.purchases.types import PurchaseOrder, visible_purchase_orders_by_id
from app.inventory.graphql.types import LazyLocation, LazyOrder, Transfer
from app.inventory.model import CauseKind, MovementKind, OwnerKind
from app.inventory.model.states import StockState
from app.locations.graphql.batches import locations_by_id


def caused_by(kind: OwnerKind | CauseKind) -> Callable[[Any], UUID | None]:
    """The key of a relation to what a row has as its cause, if that is of this kind."""
    return lambda row: row.cause_id if row.cause_kind == kind.value else None


@strawberry.type(description="One row of the stock ledger: what moved, why, and what it left behind.")
class StockMovement(Entity):
    """Rows are never changed or deleted."""

    variant_id: strawberry.Private[int]
    location_id: strawberry.Private[int]
    cause_id: strawberry.Private[UUID]
    at: datetime = strawberry.field(description="When it was written.")
    kind: MovementKind = strawberry.field(description="Why the counters moved.")
    location = relation(
        LazyLocation, locations_by_id, key=lambda row: row.location_id, required=True, description="Where."
    )
    on_hand_change: int = strawberry.field(description="Units on the shelves: more or fewer.")
    reserved_change: int = strawberry.field(description="Units set aside for a while: more or fewer.")
    allocated_change: int = strawberry.field(description="Units promised for good: more or fewer.")
    safety_change: int = strawberry.field(description="Units kept off sale: more or fewer.")
    on_hand: int = strawberry.field(description="Units on the shelves of the location afterwards.")
    reserved: int = strawberry.field(description="Units set aside there afterwards.")
    allocated: int = strawberry.field(description="Units promised there afterwards.")
    safety: int = strawberry.field(description="Units kept off sale there afterwards.")

    @strawberry.field(description="Units that could be bought from there afterwards, never below 0.")
    def available(self) -> int:
        """As for levels."""
        return max(self.on_hand - self.reserved - self.allocated - self.safety, 0)

    state: StockState | None = strawberry.field(
        description="The state of units that are there but not sold, where the row moved such units."
    )
    state_change: int = strawberry.field(description="Units in that state: more or fewer.")
    reason: str | None = strawberry.field(
        description="Why: an `AdjustmentReason`, `SHRINKAGE` for a promise that ended, or what the caller had to say."
    )
    note: str | None = strawberry.field(description="Why, in a person's words.")
    cause_kind: str = strawberry.field(description="What caused it: ORDER, TRANSFER, CART, STAFF, IMPORT and others.")
    actor: str = strawberry.field(description="Who did it, such as `key:demo-staff`, `shopper` or `system`.")
    order = relation(LazyOrder, orders_by_id, key=caused_by(OwnerKind.ORDER), description="The order that caused it.")
    transfer = relation(
        Transfer, transfers_by_id, key=caused_by(OwnerKind.TRANSFER), description="The transfer that caused it."
    )
    purchase_order = relation(
        PurchaseOrder,
        visible_purchase_orders_by_id,
        key=caused_by(CauseKind.PURCHASE_ORDER),
        description="The purchase order that caused it.",
    )
    count_session = relation(
        CountSession,
        visible_count_sessions_by_id,
        key=caused_by(CauseKind.COUNT),
        description="The count session that caused it.",
    )
