"""Why is this number 47? The ledger of a variant, and what its present counters are made of."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final

import strawberry

from app.catalog.graphql.batches import variants_by_id
from app.engine.relations import Entity, relation
from app.inventory.graphql.arguments import (
    After,
    First,
    LocationId,
    LocationIds,
    argument,
    locations_of,
    positive,
    variant_of,
)
from app.inventory.graphql.movements import StockMovement
from app.inventory.graphql.types import LazyLocation, LazyVariant
from app.inventory.model import HoldState, MovementKind
from app.inventory.model.explanation import Explanation, HeldUnits, MovedUnits
from app.inventory.sql import history
from app.kit.db import Row
from app.kit.graphql.context import Info
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection, localized
from app.kit.paging import decode_cursor, make_page, page_size
from app.locations.graphql.batches import locations_by_id

Since = Annotated[datetime | None, argument(description="From this instant on, that one included.")]

_COUNTERS: Final = ("variant_id", "location_id", "on_hand", "reserved", "allocated", "safety", "available")


@strawberry.type(description="Units that movements of one kind brought or took.")
class StockMoved(Entity):
    """One part of `onHand`."""

    kind: MovementKind = strawberry.field(description="Why the units moved.")
    quantity: int = strawberry.field(description="All of them together: more or fewer units on the shelves.")
    movement_count: int = strawberry.field(description="How many movements there were.")


@strawberry.type(description="Units that are held for owners of one kind.")
class StockHeld(Entity):
    """One part of `reserved` or `allocated`."""

    owner_kind: str = strawberry.field(description="Who they are held for: CART, ORDER, TRANSFER, STAFF.")
    quantity: int = strawberry.field(description="Units, of all of these owners together.")
    owner_count: int = strawberry.field(description="How many carts, orders … they are.")


@strawberry.type(
    description="What the stock of a variant at a location is made of: `openingOnHand` and all of `onHandParts` make "
    "`onHand`; less what is held and what is kept off sale, `available` is left."
)
class StockExplanation(Entity):
    """All figures are of the same moment."""

    variant_id: strawberry.Private[int]
    location_id: strawberry.Private[int]
    sentences: strawberry.Private[dict[str, str]]
    variant = relation(
        LazyVariant, variants_by_id, key=lambda row: row.variant_id, required=True, description="The variant."
    )
    location = relation(
        LazyLocation, locations_by_id, key=lambda row: row.location_id, required=True, description="The location."
    )
    available: int = strawberry.field(description="onHand − reserved − allocated − safety, never below 0.")
    on_hand: int = strawberry.field(description="Units on the shelves.")
    opening_on_hand: int = strawberry.field(
        description="Units on the shelves before `since`, or without it before the oldest movement that is kept."
    )
    on_hand_parts: list[StockMoved] = strawberry.field(
        description="What brought and took units since then, by kind of movement."
    )
    reserved: int = strawberry.field(description="Units set aside for a while.")
    reserved_for: list[StockHeld] = strawberry.field(description="Who they are set aside for.")
    allocated: int = strawberry.field(description="Units promised for good.")
    allocated_for: list[StockHeld] = strawberry.field(description="Who they are promised to.")
    safety: int = strawberry.field(description="Units kept off sale.")
    waiting: int = strawberry.field(
        description="Units of the variant that were sold ahead and are waited for, in the whole shop. They are served "
        "first, but not taken off `available`; `waitingLines` lists them."
    )
    waiting_here: int = strawberry.field(
        description="Those of them that this location may serve. A line that several locations may serve counts at "
        "each."
    )
    sentence = localized("sentences", description="The same in a sentence for people.")


@strawberry.type
class StockHistoryQuery:
    """For people and systems that work with stock; keys limited to locations see those only."""

    @strawberry.field(
        graphql_type=Connection[StockMovement],
        description="Why a variant's stock is what it is: its ledger, newest first, with the balances after each row.",
        **requires("stock:read"),
    )
    async def stock_movements(
        self,
        info: Info,
        *,
        sku: Annotated[str, argument(description="The variant.")],
        location_id: LocationId = None,
        since: Since = None,
        until: Annotated[datetime | None, argument(description="Up to this instant, that one included.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Any:
        """Balances are per location, also where the list covers several."""
        context = info.context
        limit = page_size(first)
        before = positive(decode_cursor(after, [int])[0]) if after is not None else history.NEWEST
        variant_id = await variant_of(context, sku)
        location_ids = await locations_of(context, None if location_id is None else [location_id], name="locationId")
        async with context.read() as tx:
            rows = await history.movements_of(
                tx, variant_id, location_ids, before=before, limit=limit + 1, since=since, until=until
            )
        return connection(make_page(rows, limit, ["entry_id"], after=after))

    @strawberry.field(
        graphql_type=Connection[StockExplanation],
        description="What the present stock of a variant is made of, by location: what came and went, what is held for "
        "whom, and what is left to sell.",
        **requires("stock:read"),
    )
    async def stock_explanations(
        self,
        info: Info,
        *,
        sku: Annotated[str, argument(description="The variant.")],
        location_ids: LocationIds = None,
        since: Since = None,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """Where the variant has been so far; the movements are counted from `since` on."""
        context = info.context
        limit = page_size(first)
        behind = positive(decode_cursor(after, [int])[0], bits=31) if after is not None else 0
        variant_id = await variant_of(context, sku)
        places = await locations_of(context, location_ids)
        async with context.read() as tx:
            rows = await history.explained_levels(tx, variant_id, places, after=behind, limit=limit + 1, since=since)
        page = make_page(rows, limit, ["location_id"], after=after)
        return connection(replace(page, rows=[_explained(row) for row in page.rows]))


def _explained(row: Row) -> Explanation:
    held = [*zip(row["states"] or (), row["owner_kinds"] or (), row["held"] or (), row["owners"] or (), strict=True)]
    moved = zip(row["kinds"] or (), row["units"] or (), row["entries"] or (), strict=True)
    return Explanation(
        *(row[name] for name in _COUNTERS),
        on_hand_parts=[MovedUnits(MovementKind(kind), units, entries) for kind, units, entries in moved],
        reserved_for=[HeldUnits(*rest) for state, *rest in held if state == HoldState.RESERVED],
        allocated_for=[HeldUnits(*rest) for state, *rest in held if state == HoldState.ALLOCATED],
        waiting=row["waiting"],
        waiting_here=row["waiting_here"],
    )
