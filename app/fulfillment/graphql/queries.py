"""What people and partners ask of fulfillment."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from app.fulfillment.graphql.batches import pickups_by_id, touchable_pickups
from app.fulfillment.graphql.types import Pickup
from app.fulfillment.model.pickups import PickupStatus
from app.fulfillment.sql import pickup_slots, pickups
from app.kit.db import Row
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Context, Info
from app.kit.graphql.nodes import require_int
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection
from app.kit.ids import uuid_key
from app.kit.paging import Page, decode_cursor, make_page, page_size

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
First = Annotated[int, strawberry.argument(description="How many, 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="A cursor: continue behind it.")]
InLocation = Annotated[strawberry.ID | None, strawberry.argument(description="Only at this location.")]


@strawberry.type
class FulfillmentQuery:
    """Merged into the schema's Query."""

    @strawberry.field(
        graphql_type=Connection[Pickup],
        description="Pickups, oldest first; with `slotFrom` or `slotUntil` only those with a pickup slot, what begins "
        "first at the top. Partners see only those at their own points, staff with a key limited "
        "to locations only those there.",
        **requires("fulfillment:read", "partner:jobs"),
    )
    async def pickups(
        self,
        info: Info,
        *,
        status: Annotated[PickupStatus | None, strawberry.argument(description="Only with this status.")] = None,
        location_id: InLocation = None,
        slot_from: Annotated[
            datetime | None, strawberry.argument(description="Only with a pickup slot that begins then or later.")
        ] = None,
        slot_until: Annotated[
            datetime | None, strawberry.argument(description="Only with a pickup slot that begins earlier.")
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """Paged by id, which follows the time of writing; those with slots by the slot, then id."""
        if slot_from is None and slot_until is None:
            return connection(await _pickup_page(info.context, status, location_id, first, after))
        times = {"slot_from": slot_from, "slot_until": slot_until}
        return connection(await _slot_page(info.context, times, status, location_id, first, after))

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


def _limits(context: Context, status: PickupStatus | None, location_id: str | None) -> dict[str, Any]:
    limits = context.actor.location_ids
    return {
        "partner_id": context.actor.partner_id,
        "allowed": None if limits is None else sorted(limits),
        "location_id": location_key(location_id),
        "status": status and str(status.value),
    }


async def _slot_page(  # noqa: PLR0917  # the filters of the one list
    context: Context,
    times: dict[str, datetime | None],
    status: PickupStatus | None,
    location_id: str | None,
    first: int,
    after: str | None,
) -> Page:
    due, key = instant_position(after)
    wanted = {**_limits(context, status, location_id), **times, "slot_after": due, "id_after": key}
    given = {name: value for name, value in wanted.items() if value is not None}
    statement = pickup_slots.slot_page(frozenset(given))
    rows = await context.fetch(statement, limit=page_size(first) + 1, **given)
    return make_page(rows, first, ["slot_us", "cursor"], after=after)


async def _pickup_page(
    context: Context, status: PickupStatus | None, location_id: str | None, first: int, after: str | None
) -> Page:
    wanted = {**_limits(context, status, location_id), "after": position_after(after)}
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


def instant_position(after: str | None) -> tuple[datetime | None, UUID | None]:
    """The instant and the id behind which the page begins. Raises InvalidInput."""
    if after is None:
        return None, None
    microseconds, text = decode_cursor(after, (int, str))
    try:
        return _EPOCH + microseconds * _MICROSECOND, UUID(text)
    except (ValueError, OverflowError):
        message = "This cursor does not belong to this list and sort order."
        raise InvalidInput(message, path=["after"]) from None


def make_cursor_page(rows: list[Row], first: int, after: str | None) -> Page:
    return make_page(rows, first, ["cursor"], after=after)
