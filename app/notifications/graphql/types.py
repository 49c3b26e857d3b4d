"""Types of the notifications slice."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from app.engine.relations import Entity, relation
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.kit.paging import encode_cursor
from app.notifications.graphql import batches
from app.notifications.model import WebhookDeliveryStatus, WebhookEndpointStatus, WebhookFailure
from app.notifications.model.signing import message_id
from app.partners.graphql.batches import partners_by_id

if TYPE_CHECKING:
    from app.partners.graphql.types import Partner

LazyPartner = Annotated["Partner", strawberry.lazy("app.partners.graphql.types")]

describe_enum(
    WebhookEndpointStatus,
    "Whether an endpoint is sent anything.",
    {
        WebhookEndpointStatus.ACTIVE: "It is sent what it wants to hear.",
        WebhookEndpointStatus.PAUSED: "Somebody paused it; what happens meanwhile is not kept for it.",
        WebhookEndpointStatus.SUSPENDED: "It has failed for five days, and waits for somebody to make it active.",
        WebhookEndpointStatus.GONE: "It answered 410, and waits for somebody to make it active.",
    },
)
describe_enum(
    WebhookDeliveryStatus,
    "How far a delivery has come.",
    {
        WebhookDeliveryStatus.WAITING: "It is sent, or sent again, when its time comes, and its endpoint is active.",
        WebhookDeliveryStatus.DELIVERED: "It was answered with 2xx.",
        WebhookDeliveryStatus.DEAD: "All attempts failed; `webhookDeliveryRetry` gives it new ones.",
    },
)
describe_enum(
    WebhookFailure,
    "Why an attempt did not succeed.",
    {
        WebhookFailure.ANSWER: "The receiver's status says so.",
        WebhookFailure.REDIRECT: "The receiver sent us elsewhere; redirects are not followed.",
        WebhookFailure.TIMEOUT: "There was no answer within 15 seconds, or no connection within 5.",
        WebhookFailure.CONNECTION: "No connection, no TLS, or no HTTP came about; `answer` says what the trouble was.",
        WebhookFailure.ADDRESS: "The name leads to no address of the open internet.",
        WebhookFailure.SECRET: "The endpoint's secret cannot be read with this installation's key: rotate it.",
    },
)


@strawberry.type(description="One value in the data of an event.")
class WebhookEventField:
    """From the catalogue."""

    name: str = strawberry.field(description="Its name.")
    description: str = strawberry.field(description="What it says.")
    node_type: str | None = strawberry.field(description="The type that `node(id)` gives for it; null: it is no id.")


@strawberry.type(description="A type of events that endpoints can hear.")
class WebhookEventKind:
    """From the catalogue."""

    name: str = strawberry.field(description="As `eventTypes` of an endpoint names it, such as `pickup.ready`.")
    group: str = strawberry.field(description="As it can be named together with its siblings, such as `pickup.*`.")
    description: str = strawberry.field(description="What has happened.")
    is_for_partners: bool = strawberry.field(description="Whether partners hear it, of their own points.")
    is_in_everything: bool = strawberry.field(description="Whether `*` includes it.")
    fields: list[WebhookEventField] = strawberry.field(description="What its `data` holds.")


@strawberry.type(description="A secret that signs what an endpoint is sent. The secret itself is shown once.")
class WebhookSecret(Entity):
    """A row of `webhook_secrets` without the secret."""

    created_at: datetime = strawberry.field(description="When it was made.")
    ends_at: datetime | None = strawberry.field(
        description="Until when it signs, because a newer one took its place; null: it is the newest one."
    )


@strawberry.type(description="What waits for an endpoint.")
class WebhookQueue(Entity):
    """Counts."""

    waiting: int = strawberry.field(description="Deliveries that are to be sent.")
    dead: int = strawberry.field(description="Deliveries that were given up, of the last 30 days.")
    oldest_at: datetime | None = strawberry.field(description="Since when the oldest one waits; null: none does.")


@strawberry.type(description="Where events are sent, and which.")
class WebhookEndpoint(Entity, Node):
    """A row of `webhook_endpoints`."""

    id = id_field("WebhookEndpoint")
    url: str = strawberry.field(description="Where they are sent, by POST.")
    description: str = strawberry.field(description="What people say of it.")
    event_types: list[str] = strawberry.field(description="Types, groups such as `pickup.*`, or `*`.")
    status: WebhookEndpointStatus = strawberry.field(description="Whether it is sent anything.")
    version: int = strawberry.field(description="Rises with every change by people.")
    created_at: datetime = strawberry.field(description="When it was made.")
    failing_since: datetime | None = strawberry.field(
        description="When the first of the attempts failed of which none has succeeded since; null: the last one did."
    )
    resting_until: datetime | None = strawberry.field(
        description="Until when nothing is sent, because too much failed in a row; null or past: nothing holds it up."
    )

    @strawberry.field(description="Whether it is given old events once more just now.")
    def is_replaying(self: Any) -> bool:
        """See `webhookReplay`."""
        return self.replay_id is not None

    @strawberry.field(description="Where it was stopped, as `webhookReplay` takes it; null while it is active.")
    def stopped_after(self: Any) -> str | None:
        """A place in the feed."""
        return None if self.left_id is None else encode_cursor([self.left_xid, self.left_id])

    partner = relation(
        LazyPartner,
        partners_by_id,
        key=lambda row: row.partner_id,
        description="The company whose events it hears; null: it is the shop's, and hears all.",
    )
    secrets = relation(
        WebhookSecret,
        batches.secrets_by_endpoint,
        key=lambda row: row.id,
        many=True,
        description="What signs now, the newest first.",
    )
    queue = relation(
        WebhookQueue, batches.queues_by_endpoint, key=lambda row: row.id, required=True, description="What waits."
    )


@strawberry.type(description="One attempt to deliver.")
class WebhookAttempt:
    """An entry of the log."""

    at: datetime = strawberry.field(description="When it began.")
    duration_ms: int = strawberry.field(description="How long it took, in milliseconds.")
    failure: WebhookFailure | None = strawberry.field(description="Why it did not succeed; null: it did.")
    status_code: int | None = strawberry.field(description="The HTTP status of the answer; null: there was none.")
    answer: str = strawberry.field(description="The first 500 characters of the answer, or of what went wrong.")


@strawberry.type(description="One event for one endpoint.")
class WebhookDelivery(Entity, Node):
    """A row of `webhook_deliveries`."""

    id = id_field("WebhookDelivery")
    endpoint_id: strawberry.Private[UUID]
    type: str = strawberry.field(description="The type of the event.")
    body: str = strawberry.field(description="What is sent, to the letter.")
    status: WebhookDeliveryStatus = strawberry.field(description="How far it has come.")
    occurred_at: datetime = strawberry.field(description="When it happened.")
    created_at: datetime = strawberry.field(description="When it was taken up.")
    next_at: datetime = strawberry.field(description="When it is tried next, as long as it waits.")
    finished_at: datetime | None = strawberry.field(description="When it was delivered or given up.")

    @strawberry.field(description="Attempts since it was taken up, or tried anew.")
    def attempt_count(self: Any) -> int:
        """After nine that failed it is dead."""
        return self.attempts

    @strawberry.field(description="The header `webhook-id`: the same in each attempt.")
    def message_id(self: Any) -> str:
        """The fact's place in the feed."""
        return message_id(self.event_id)

    @strawberry.field(description="The place of the event, as `webhookReplay` takes it.")
    def cursor(self: Any) -> str:
        """A place in the feed."""
        return encode_cursor([self.xid, self.event_id])

    @strawberry.field(description="The attempts, oldest first; the newest 20 of them.")
    def attempts(self: Any) -> list[WebhookAttempt]:
        """From the log."""
        return [
            WebhookAttempt(
                at=datetime.fromisoformat(entry["at"]),
                duration_ms=entry["duration_ms"],
                failure=entry["failure"] and WebhookFailure(entry["failure"]),
                status_code=entry["status_code"],
                answer=entry["answer"],
            )
            for entry in self.log
        ]

    endpoint = relation(
        WebhookEndpoint, batches.endpoints_by_id, key=lambda row: row.endpoint_id, description="Where it is sent."
    )


NODE_TYPES["WebhookEndpoint"] = NodeType(UUID, batches.endpoints_by_id)
NODE_TYPES["WebhookDelivery"] = NodeType(int, batches.deliveries_by_id)
