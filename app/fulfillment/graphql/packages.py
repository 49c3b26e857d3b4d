"""What people and carriers ask about parcels."""

from typing import Annotated, Any

import strawberry

from app.fulfillment.graphql.queries import After, First, InLocation, location_key, make_cursor_page, position_after
from app.fulfillment.graphql.types import Carrier, Package
from app.fulfillment.model.packages import PackageStatus
from app.fulfillment.sql import packages
from app.kit.graphql.context import Info
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection
from app.kit.paging import page_size
from app.kit.text import is_storable


@strawberry.type
class PackageQuery:
    """Merged into the schema's Query."""

    @strawberry.field(
        graphql_type=Connection[Package],
        description="Parcels that have left, oldest first. Partners see those that they bring as a carrier, and those "
        "to their points; staff with a key limited to locations only those that left there.",
        **requires("fulfillment:read", "partner:jobs"),
    )
    async def packages(
        self,
        info: Info,
        *,
        status: Annotated[PackageStatus | None, strawberry.argument(description="Only with this status.")] = None,
        carrier: Annotated[str | None, strawberry.argument(description="Only of this carrier, by its code.")] = None,
        tracking_number: Annotated[str | None, strawberry.argument(description="Only with this number.")] = None,
        location_id: InLocation = None,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """Paged by id, which follows the time of writing."""
        actor = info.context.actor
        if not all(text is None or is_storable(text) for text in (carrier, tracking_number)):
            return connection(make_cursor_page([], first, after))  # nothing is called like this
        rows = await info.context.fetch(
            packages.PACKAGE_PAGE,
            partner_id=actor.partner_id,
            allowed=None if actor.location_ids is None else sorted(actor.location_ids),
            location_id=location_key(location_id),
            status=status and str(status.value),
            carrier=carrier,
            tracking_number=tracking_number,
            after=position_after(after),
            limit=page_size(first) + 1,
        )
        return connection(make_cursor_page(rows, first, after))

    @strawberry.field(
        graphql_type=list[Carrier],
        description="The carriers that the shop knows, by their codes.",
        **requires("fulfillment:read", "fulfillment:write", "partner:jobs"),
    )
    async def carriers(self, info: Info) -> Any:
        """A handful."""
        return await info.context.fetch(packages.ALL_CARRIERS)
