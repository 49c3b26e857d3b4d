"""Inputs and payloads of the notifications slice's mutations."""

from typing import Any
from uuid import UUID

import strawberry

from app.engine.relations import relation
from app.kit.graphql.inputs import KEY_DESCRIPTION, idempotency_key
from app.kit.graphql.payload import Payload
from app.notifications.graphql.batches import deliveries_by_id, endpoints_by_id
from app.notifications.graphql.types import WebhookDelivery, WebhookEndpoint

_SHOWN_ONCE = (
    "What signs deliveries, such as `whsec_…`: libraries of the standard take it as it is. It is shown this once; a "
    "repetition (`replayed`) answers null here. When it got lost, rotate it."
)


def _endpoint_id(payload: Any) -> UUID | None:
    return payload.endpoint_id and UUID(payload.endpoint_id)


@strawberry.input(description="Input of `webhookEndpointCreate`.")
class WebhookEndpointCreateInput:
    """An endpoint of the caller's company, or of the shop."""

    url: str = strawberry.field(
        description="Where events are sent: `https://…` with a name that leads to the open internet."
    )
    event_types: list[str] = strawberry.field(
        description="What it hears: types, groups of them such as `pickup.*`, or `*`; see `webhookEventTypes`."
    )
    description: str = strawberry.field(default="", description="For people, up to 200 characters.")
    idempotency_key: str = strawberry.field(description=KEY_DESCRIPTION)


@strawberry.type(description="The answer to `webhookEndpointCreate`.")
class WebhookEndpointCreatePayload(Payload):
    """The secret is put in after the commit, so that no stored answer holds it."""

    endpoint_id: strawberry.Private[str | None] = None
    secret: str | None = strawberry.field(default=None, description=_SHOWN_ONCE)
    endpoint = relation(WebhookEndpoint, endpoints_by_id, key=_endpoint_id, description="It; null when refused.")


@strawberry.input(description="Input of `webhookEndpointUpdate`.")
class WebhookEndpointUpdateInput:
    """What is left out stays."""

    endpoint_id: strawberry.ID = strawberry.field(description="The endpoint.")
    url: str | None = strawberry.field(default=None, description="Where events are sent.")
    event_types: list[str] | None = strawberry.field(default=None, description="What it hears, all of it.")
    description: str | None = strawberry.field(default=None, description="For people, up to 200 characters.")
    is_active: bool | None = strawberry.field(
        default=None,
        description="False: it is sent nothing, and what happens meanwhile is not kept for it. True: it is, and what "
        "waits is sent.",
    )
    catch_up: bool = strawberry.field(
        default=False,
        description="With `isActive: true` for one that is stopped: send it what has happened meanwhile, too. That is "
        "refused when it is not kept any more, after three days or more.",
    )
    expected_version: int | None = strawberry.field(default=None, description="Refuse when it was changed since.")
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `webhookEndpointUpdate`.")
class WebhookEndpointUpdatePayload(Payload):
    """Read after the commit."""

    endpoint_id: strawberry.Private[str | None] = None
    endpoint = relation(WebhookEndpoint, endpoints_by_id, key=_endpoint_id, description="It; null when refused.")


@strawberry.input(description="Input of `webhookEndpointDelete`.")
class WebhookEndpointDeleteInput:
    """One endpoint."""

    endpoint_id: strawberry.ID = strawberry.field(description="The endpoint.")
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `webhookEndpointDelete`.")
class WebhookEndpointDeletePayload(Payload):
    """Nothing is left of it."""

    deleted_endpoint_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id that it had; null when that was refused."
    )


@strawberry.input(description="Input of `webhookEndpointSecretRotate`.")
class WebhookEndpointSecretRotateInput:
    """One endpoint."""

    endpoint_id: strawberry.ID = strawberry.field(description="The endpoint.")
    overlap_seconds: int = strawberry.field(
        default=86_400,
        description="For how long deliveries are signed with the old secret, too: 0 to 2592000, 30 days.",
    )
    idempotency_key: str = strawberry.field(description=KEY_DESCRIPTION)


@strawberry.type(description="The answer to `webhookEndpointSecretRotate`.")
class WebhookEndpointSecretRotatePayload(Payload):
    """The secret is put in after the commit, so that no stored answer holds it."""

    endpoint_id: strawberry.Private[str | None] = None
    secret: str | None = strawberry.field(default=None, description=_SHOWN_ONCE)
    endpoint = relation(WebhookEndpoint, endpoints_by_id, key=_endpoint_id, description="It; null when refused.")


@strawberry.input(description="Input of `webhookEndpointTest`.")
class WebhookEndpointTestInput:
    """One endpoint."""

    endpoint_id: strawberry.ID = strawberry.field(description="The endpoint.")
    idempotency_key: str = strawberry.field(description=KEY_DESCRIPTION)


@strawberry.type(description="The answer to `webhookEndpointTest`.")
class WebhookEndpointTestPayload(Payload):
    """The delivery itself follows within a second or so."""

    endpoint_id: strawberry.Private[str | None] = None
    endpoint = relation(WebhookEndpoint, endpoints_by_id, key=_endpoint_id, description="It; null when refused.")


@strawberry.input(description="Input of `webhookDeliveryRetry`.")
class WebhookDeliveryRetryInput:
    """One delivery."""

    delivery_id: strawberry.ID = strawberry.field(description="The delivery.")
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `webhookDeliveryRetry`.")
class WebhookDeliveryRetryPayload(Payload):
    """Read after the commit."""

    delivery_id: strawberry.Private[int | None] = None
    delivery = relation(
        WebhookDelivery, deliveries_by_id, key=lambda payload: payload.delivery_id, description="It; null when refused."
    )


@strawberry.input(description="Input of `webhookReplay`.")
class WebhookReplayInput:
    """One endpoint, and from where on."""

    endpoint_id: strawberry.ID = strawberry.field(description="The endpoint.")
    after: str = strawberry.field(
        description="A `cursor` of one of its deliveries, or its `stoppedAfter`: everything behind it is sent again."
    )
    idempotency_key: str = strawberry.field(description=KEY_DESCRIPTION)


@strawberry.type(description="The answer to `webhookReplay`.")
class WebhookReplayPayload(Payload):
    """The events follow one by one; `isReplaying` tells as long as they are looked for."""

    endpoint_id: strawberry.Private[str | None] = None
    endpoint = relation(WebhookEndpoint, endpoints_by_id, key=_endpoint_id, description="It; null when refused.")
