"""Root fields for reservations."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from app.inventory.graphql.arguments import After, First, LocationId, locations_of, uuid_of, variants_of
from app.inventory.graphql.batches import visible_location_ids
from app.inventory.graphql.reservations.types import Reservation, visible_reservations_by_id
from app.inventory.model import ReservationReason
from app.inventory.sql import reservation_views
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection
from app.kit.paging import decode_cursor, make_page, page_size

argument = strawberry.argument
_FIRST: Final = (datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))


@strawberry.type
class ReservationQuery:
    """For people and systems that work with stock; keys limited to locations see what lies at those only."""

    @strawberry.field(
        graphql_type=Reservation | None,
        description="The reservation with this id, active or ended; null when there is none, or none that the caller "
        "may see.",
        **requires("stock:read"),
    )
    async def reservation(
        self, info: Info, id: Annotated[strawberry.ID, argument(description="The reservation's id.")]
    ) -> Any:
        """One reservation."""
        key = require_uuid(id, "Reservation", "id")
        return (await visible_reservations_by_id(info.context, [key], None)).get(key)

    @strawberry.field(
        graphql_type=Connection[Reservation],
        description="The active reservations, those that end first first.",
        **requires("stock:read"),
    )
    async def reservations(
        self,
        info: Info,
        *,
        reason: Annotated[ReservationReason | None, argument(description="Only for this.")] = None,
        sku: Annotated[str | None, argument(description="Only with units of this variant.")] = None,
        location_id: LocationId = None,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """By end and id."""
        context, limit = info.context, page_size(first)
        after_at, after_id = _FIRST if after is None else _position(after)
        places = None if location_id is None else await locations_of(context, [location_id], name="locationId")
        rows = await context.fetch(
            reservation_views.ACTIVE_PAGE,
            after_at=after_at,
            after_id=after_id,
            reason=None if reason is None else reason.value,
            variant_ids=None if sku is None else list((await variants_of(context, [sku])).values()),
            at_ids=places,
            location_ids=await visible_location_ids(context),
            limit=limit + 1,
        )
        return connection(make_page(rows, limit, ["expires_at", "id"], after=after))


def _position(cursor: str) -> tuple[datetime, UUID]:
    at, reservation_id = decode_cursor(cursor, [str, str])
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        message = "This cursor does not belong to this list and sort order."
        raise InvalidInput(message, path=["after"])
    return instant, uuid_of(reservation_id)
