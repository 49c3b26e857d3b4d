"""Root fields of the notifications slice."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from app.kit.errors import InvalidInput
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection
from app.kit.paging import decode_cursor, make_page, page_size
from app.notifications.graphql.batches import endpoints_by_id, sees_endpoints
from app.notifications.graphql.types import WebhookDelivery, WebhookEndpoint, WebhookEventField, WebhookEventKind
from app.notifications.model import WebhookDeliveryStatus, WebhookEndpointStatus
from app.notifications.model.catalogue import EVERYTHING, EventType, is_chosen, types_for
from app.notifications.sql import deliveries, endpoints

argument = strawberry.argument
First = Annotated[int, argument(description="How many, 1 to 100.")]
After = Annotated[str | None, argument(description="A cursor: continue behind it.")]
READS: Any = requires("webhooks:read", "webhooks:write", "partner:jobs")


@strawberry.type
class WebhooksQuery:
    """Merged into the schema's Query."""

    @strawberry.field(
        description="The types of events that the caller's endpoints can hear, with what they say.", **READS
    )
    async def webhook_event_types(self, info: Info) -> list[WebhookEventKind]:
        """The catalogue."""
        return [_shown(each) for each in types_for(is_partner=info.context.actor.partner_id is not None)]

    @strawberry.field(
        graphql_type=Connection[WebhookEndpoint],
        description="Endpoints, oldest first: a partner's own ones, all for the shop's own people. Keys that are "
        "limited to locations see none.",
        **READS,
    )
    async def webhook_endpoints(
        self,
        info: Info,
        *,
        status: Annotated[WebhookEndpointStatus | None, argument(description="Only with this status.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """Paged by id, which follows the time of making."""
        limit, actor = page_size(first), info.context.actor
        if not sees_endpoints(actor):
            return connection(make_page([], limit, ["cursor"], after=after))
        rows = await info.context.fetch(
            endpoints.ENDPOINT_PAGE,
            partner_id=actor.partner_id,
            status=status and str(status.value),
            after=_endpoint_id(after),
            limit=limit + 1,
        )
        return connection(make_page(rows, limit, ["cursor"], after=after))

    @strawberry.field(
        graphql_type=Connection[WebhookDelivery],
        description="What was, or is to be, sent to an endpoint, the newest first: delivered ones of a week, dead ones "
        "of a month. Empty for an endpoint that the caller does not see.",
        **READS,
    )
    async def webhook_deliveries(
        self,
        info: Info,
        *,
        endpoint_id: Annotated[strawberry.ID, argument(description="The endpoint.")],
        status: Annotated[WebhookDeliveryStatus | None, argument(description="Only with this status.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """By an index each, whatever is asked for."""
        limit, context = page_size(first), info.context
        key = require_uuid(endpoint_id, "WebhookEndpoint", "endpointId")
        if key not in await endpoints_by_id(context, [key], None):
            return connection(make_page([], limit, ["id"], after=after))
        asked = {"endpoint_id": key, "before": after and decode_cursor(after, [int])[0], "limit": limit + 1}
        if status is None:
            rows = await context.fetch(deliveries.DELIVERY_PAGE, **asked)
        else:
            rows = await context.fetch(deliveries.DELIVERY_PAGE_OF_STATUS, status=str(status.value), **asked)
        return connection(make_page(rows, limit, ["id"], after=after))


def _endpoint_id(after: str | None) -> UUID | None:
    if after is None:
        return None
    try:
        return UUID(decode_cursor(after, [str])[0])
    except ValueError:
        message = "This cursor does not belong to this list and sort order."
        raise InvalidInput(message, path=["after"]) from None


def _shown(each: EventType) -> WebhookEventKind:
    return WebhookEventKind(
        name=each.name,
        group=each.group,
        description=each.says,
        is_for_partners=each.is_for_partners,
        is_in_everything=is_chosen(each, frozenset({EVERYTHING})),
        fields=[
            WebhookEventField(name=field.name, description=field.says, node_type=field.node) for field in each.fields
        ],
    )
