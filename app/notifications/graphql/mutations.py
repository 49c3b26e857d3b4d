"""What partners and the shop's own people do with webhooks."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import strawberry

from app.kit.db import Row, WriteTx
from app.kit.errors import BeyondKey, DomainError, NotFound
from app.kit.graphql.context import Context, Info
from app.kit.graphql.inputs import is_everywhere, text_of
from app.kit.graphql.nodes import require_int, require_uuid
from app.kit.graphql.payload import Outcome, commit
from app.kit.graphql.permission import requires
from app.kit.outbox import Position
from app.kit.paging import decode_cursor
from app.kit.permissions import Actor
from app.notifications.actions.create_endpoint import create_endpoint
from app.notifications.actions.delete_endpoint import delete_endpoint
from app.notifications.actions.replay_events import replay_events
from app.notifications.actions.retry_delivery import retry_delivery
from app.notifications.actions.rotate_endpoint_secret import rotate_endpoint_secret
from app.notifications.actions.send_test_event import send_test_event
from app.notifications.actions.update_endpoint import update_endpoint
from app.notifications.graphql.forms import (
    WebhookDeliveryRetryInput,
    WebhookDeliveryRetryPayload,
    WebhookEndpointCreateInput,
    WebhookEndpointCreatePayload,
    WebhookEndpointDeleteInput,
    WebhookEndpointDeletePayload,
    WebhookEndpointSecretRotateInput,
    WebhookEndpointSecretRotatePayload,
    WebhookEndpointTestInput,
    WebhookEndpointTestPayload,
    WebhookEndpointUpdateInput,
    WebhookEndpointUpdatePayload,
    WebhookReplayInput,
    WebhookReplayPayload,
)
from app.notifications.model import MAX_DESCRIPTION
from app.notifications.sql import deliveries, endpoints

_ARGUMENTS: Final = {"url": "url", "event_types": "eventTypes", "overlap_seconds": "overlapSeconds"}
_WRITES: Any = requires("webhooks:write", "partner:jobs")
# Beyond it, a duration could not be said at all; the rule refuses all that is longer than 30 days.
_LONGEST_S: Final = 1 << 31


@strawberry.type
class WebhooksMutation:
    """Merged into the schema's Mutation. Partners act on their own endpoints, the shop's own people on all."""

    @strawberry.mutation(
        description="Make an endpoint that is sent events from now on. A partner's hears of the partner's own points.",
        **_WRITES,
    )
    async def webhook_endpoint_create(
        self, info: Info, input: WebhookEndpointCreateInput
    ) -> WebhookEndpointCreatePayload:
        """The secret leaves the process in this one answer."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            check_actor(context.actor, "input")
            try:
                endpoint_id, secret = await create_endpoint(
                    tx,
                    partner_id=context.actor.partner_id,
                    url=input.url,
                    description=text_of(input.description, "input", "description", longest=MAX_DESCRIPTION),
                    event_types=input.event_types,
                    installation_key=context.config.secret_key,
                    is_anywhere=context.config.private_webhooks,
                    now=context.now,
                )
            except DomainError as error:
                raise _pointing(error) from None
            return Outcome({"endpoint_id": str(endpoint_id)}, once={"secret": secret})

        return await commit(
            context,
            WebhookEndpointCreatePayload,
            work,
            operation="webhookEndpointCreate",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(description="Change an endpoint, pause it, or make it active again.", **_WRITES)
    async def webhook_endpoint_update(
        self, info: Info, input: WebhookEndpointUpdateInput
    ) -> WebhookEndpointUpdatePayload:
        """What is left out stays."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            endpoint = await own_endpoint(tx, context, input.endpoint_id)
            said = input.description
            try:
                await update_endpoint(
                    tx,
                    endpoint,
                    url=input.url,
                    description=said
                    if said is None
                    else text_of(said, "input", "description", longest=MAX_DESCRIPTION),
                    event_types=input.event_types,
                    is_active=input.is_active,
                    is_to_catch_up=input.catch_up,
                    expected_version=input.expected_version,
                    is_anywhere=context.config.private_webhooks,
                    now=context.now,
                )
            except DomainError as error:
                raise _pointing(error) from None
            return Outcome({"endpoint_id": str(endpoint.id)})

        return await commit(
            context,
            WebhookEndpointUpdatePayload,
            work,
            operation="webhookEndpointUpdate",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(description="Delete an endpoint, with all that waits for it.", **_WRITES)
    async def webhook_endpoint_delete(
        self, info: Info, input: WebhookEndpointDeleteInput
    ) -> WebhookEndpointDeletePayload:
        """Nothing is left of it."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            endpoint = await own_endpoint(tx, context, input.endpoint_id)
            await delete_endpoint(tx, endpoint.id)
            return Outcome({"deleted_endpoint_id": input.endpoint_id})

        return await commit(
            context,
            WebhookEndpointDeletePayload,
            work,
            operation="webhookEndpointDelete",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(
        description="Give an endpoint a new secret. Until the overlap ends deliveries carry a signature of each, so "
        "that the receiver can change over in its own time.",
        **_WRITES,
    )
    async def webhook_endpoint_secret_rotate(
        self, info: Info, input: WebhookEndpointSecretRotateInput
    ) -> WebhookEndpointSecretRotatePayload:
        """The secret leaves the process in this one answer."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            endpoint = await own_endpoint(tx, context, input.endpoint_id)
            overlap = timedelta(seconds=min(max(input.overlap_seconds, -1), _LONGEST_S))
            try:
                secret = await rotate_endpoint_secret(
                    tx, endpoint.id, overlap=overlap, installation_key=context.config.secret_key, now=context.now
                )
            except DomainError as error:
                raise _pointing(error) from None
            return Outcome({"endpoint_id": str(endpoint.id)}, once={"secret": secret})

        return await commit(
            context,
            WebhookEndpointSecretRotatePayload,
            work,
            operation="webhookEndpointSecretRotate",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(
        description="Send an endpoint an event of the type `webhook.test`; `webhookDeliveries` shows what came of it.",
        **_WRITES,
    )
    async def webhook_endpoint_test(self, info: Info, input: WebhookEndpointTestInput) -> WebhookEndpointTestPayload:
        """It goes the way that all events go."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            endpoint = await own_endpoint(tx, context, input.endpoint_id)
            try:
                await send_test_event(tx, endpoint)
            except DomainError as error:
                raise _pointing(error) from None
            return Outcome({"endpoint_id": str(endpoint.id)})

        return await commit(
            context,
            WebhookEndpointTestPayload,
            work,
            operation="webhookEndpointTest",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(
        description="Try a delivery at once that was given up, or waits, with all its attempts anew.", **_WRITES
    )
    async def webhook_delivery_retry(self, info: Info, input: WebhookDeliveryRetryInput) -> WebhookDeliveryRetryPayload:
        """One at a time; `webhookReplay` is for many."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            check_actor(context.actor, "input")
            delivery_id = require_int(input.delivery_id, "WebhookDelivery", "input", "deliveryId")
            delivery = await deliveries.find_delivery(tx, delivery_id)
            endpoint = delivery and await endpoints.lock_endpoint(tx, delivery.endpoint_id)
            if not _owns(context.actor, endpoint):
                message = "There is no such delivery."
                raise NotFound(message, path=["input", "deliveryId"])
            try:
                await retry_delivery(tx, delivery_id, now=context.now)
            except DomainError as error:
                raise error.at("input", "deliveryId") from None
            return Outcome({"delivery_id": delivery_id})

        return await commit(
            context,
            WebhookDeliveryRetryPayload,
            work,
            operation="webhookDeliveryRetry",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(
        description="Send an endpoint all events behind a cursor once more, up to now, also those that it has received."
        " Facts are kept for three days at least. Receivers tell old from new by `version`, and repetitions by "
        "`webhook-id`.",
        **_WRITES,
    )
    async def webhook_replay(self, info: Info, input: WebhookReplayInput) -> WebhookReplayPayload:
        """A replay under way is replaced."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            endpoint = await own_endpoint(tx, context, input.endpoint_id)
            try:
                await replay_events(tx, endpoint.id, after=_position(input.after))
            except DomainError as error:
                raise error.at("input", "after") from None
            return Outcome({"endpoint_id": str(endpoint.id)})

        return await commit(
            context, WebhookReplayPayload, work, operation="webhookReplay", key=input.idempotency_key, body=input
        )


def check_actor(actor: Actor, *path: str) -> None:
    """Raise BeyondKey for a key that may not act on any endpoint: they hear of more than it may see."""
    if actor.partner_id is None and not actor.may("webhooks:write"):
        message = "Your own key lacks the scope webhooks:write."
        raise BeyondKey(message, path=path, scopes=["webhooks:write"])
    if actor.location_ids is not None or (actor.partner_id is None and not is_everywhere(actor)):
        message = "Your own key is limited to locations: endpoints hear of all."
        raise BeyondKey(message, path=path, scopes=[])


async def own_endpoint(tx: WriteTx, context: Context, given: str) -> Row:
    """An endpoint that the caller may change, locked. Raises BeyondKey, NotFound."""
    check_actor(context.actor, "input", "endpointId")
    key: UUID = require_uuid(given, "WebhookEndpoint", "input", "endpointId")
    endpoint = await endpoints.lock_endpoint(tx, key)
    if endpoint is None or not _owns(context.actor, endpoint):
        message = "There is no such endpoint."
        raise NotFound(message, path=["input", "endpointId"])
    return endpoint


def _owns(actor: Actor, endpoint: Row | None) -> bool:
    return endpoint is not None and actor.partner_id in {None, endpoint.partner_id}


def _position(cursor: str) -> Position:
    try:
        xid, number = decode_cursor(cursor, [int, int])
    except DomainError as error:
        error.path = []
        raise
    return Position(xid, number)


def _pointing(error: DomainError) -> DomainError:
    return error.at("input", _ARGUMENTS.get(str(error.facts.get("argument")), "endpointId"))
