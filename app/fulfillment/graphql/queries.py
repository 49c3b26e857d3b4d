"""What people and partners ask of fulfillment."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from app.fulfillment.graphql.batches import pickups_by_id, touchable_pickups
from app.fulfillment.graphql.types import Pickup
from app.fulfillment.model.pickups import PickupStatus
from app.fulfillment.sql import pickups
from app.kit.db import Row
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Context, Info
from app.kit.graphql.nodes import require_int
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection
from app.kit.ids import uuid_key
from app.kit.paging import Page, decode_cursor, make_page, page_size

First = Annotated[int, strawberry.argument(description="How many, 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="A cursor: continue behind it.")]
InLocation = Annotated[strawberry.ID | None, strawberry.argument(description="Only at this location.")]


@strawberry.type
class FulfillmentQuery:
    """Merged into the schema's Query."""

    @strawberry.field(
        graphql_type=Connection[Pickup],
        description="Pickups, oldest first. Partners see only those at their own points, staff with a key limited "
        "to locations only those there.",
        **requires("fulfillment:read", "partner:jobs"),
    )
    async def pickups(
        self,
        info: Info,
        *,
        status: Annotated[PickupStatus | None, strawberry.argument(description="Only with this status.")] = None,
        location_id: InLocation = None,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """Paged by id, which follows the time of writing."""
        return connection(await _pickup_page(info.context, status, location_id, first, after))

    @strawberry.field(
        graphql_type=Pickup | None,
        description="One pickup, by id or by number; null when there is none, or none that the caller may see.",
        **requires("fulfillment:read", "partner:jobs"),
    )
    async def pickup(
        self,
        info: Info,
        id: Annotated[strawberry.ID | None, strawberry.argument(description="The pickup's id.")] = None,
        number: Annotated[
            str | None, strawberry.argument(description="The pickup's number, such as PU-70000001.")
        ] = None,
    ) -> Any:
        """Shoppers come to their pickups from the order."""
        context = info.context
        if (id is None) == (number is None):
            message = "Give either id or number."
            raise InvalidInput(message, path=["id"])
        if id is not None:
            key = uuid_key(id, "Pickup")
            return None if key is None else (await pickups_by_id(context, [key], None)).get(key)
        text = (number or "").strip().upper()
        rows = await context.fetch(pickups.PICKUP_BY_NUMBER, number=text if text.isprintable() else "")
        return next(iter(touchable_pickups(context, rows)), None)


async def _pickup_page(
    context: Context, status: PickupStatus | None, location_id: str | None, first: int, after: str | None
) -> Page:
    limits = context.actor.location_ids
    wanted = {
        "partner_id": context.actor.partner_id,
        "allowed": None if limits is None else sorted(limits),
        "location_id": location_key(location_id),
        "status": status and str(status.value),
        "after": position_after(after),
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    statement = pickups.pickup_page(frozenset(given))
    return make_cursor_page(await context.fetch(statement, limit=page_size(first) + 1, **given), first, after)


def location_key(location_id: str | None) -> int | None:
    """The location's number. Raises NotFound."""
    if location_id is None:
        return None
    key = require_int(location_id, "Location", "locationId")
    return key if key < 1 << 31 else 0  # which is none, for a number that no location can have


def position_after(after: str | None) -> UUID | None:
    """The id behind which the page begins. Raises InvalidInput."""
    if after is None:
        return None
    text: str = decode_cursor(after, (str,))[0]
    try:
        return UUID(text)
    except ValueError:
        message = "This cursor does not belong to this list and sort order."
        raise InvalidInput(message, path=["after"]) from None


def make_cursor_page(rows: list[Row], first: int, after: str | None) -> Page:
    return make_page(rows, first, ["cursor"], after=after)
