"""The life of an API key: new secrets, another end."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import strawberry

from app.engine.relations import relation
from app.kit.db import WriteTx
from app.kit.errors import DomainError
from app.kit.graphql.context import Info
from app.kit.graphql.inputs import KEY_DESCRIPTION, idempotency_key
from app.kit.graphql.payload import Outcome, Payload, commit
from app.kit.graphql.permission import requires
from app.partners.actions.rotate_api_key import rotate_api_key
from app.partners.actions.set_key_expiry import set_key_expiry
from app.partners.graphql.batches import visible_api_keys_by_id
from app.partners.graphql.mutations import own_key
from app.partners.graphql.types import ApiKey

_ARGUMENTS: Final = {"overlap_seconds": "overlapSeconds", "expires_at": "expiresAt"}


def _api_key_id(payload: Any) -> UUID | None:
    return payload.api_key_id and UUID(payload.api_key_id)


@strawberry.input(description="Input of `apiKeyRotate`.")
class ApiKeyRotateInput:
    """One key."""

    api_key_id: strawberry.ID = strawberry.field(description="The key.")
    overlap_seconds: int = strawberry.field(
        default=86_400,
        description="For how long the secrets that it had go on working: 0 (none works any more) to 2592000, 30 days.",
    )
    idempotency_key: str = strawberry.field(description=KEY_DESCRIPTION)


@strawberry.type(description="The answer to `apiKeyRotate`.")
class ApiKeyRotatePayload(Payload):
    """The token is put in after the commit, so that no stored answer holds it."""

    api_key_id: strawberry.Private[str | None] = None
    token: str | None = strawberry.field(
        default=None,
        description="The new secret, to be sent as `Authorization: Bearer <key>`. It is shown this once and kept "
        "nowhere: a repetition (`replayed`) answers null here. When it got lost, rotate again while the old one works.",
    )
    api_key = relation(ApiKey, visible_api_keys_by_id, key=_api_key_id, description="The key; null when refused.")


@strawberry.input(description="Input of `apiKeyExpire`.")
class ApiKeyExpireInput:
    """One key."""

    api_key_id: strawberry.ID = strawberry.field(description="The key.")
    expires_at: datetime | None = strawberry.field(
        description="From when on it is useless, in the future; UTC unless it says otherwise. Null: it stays good."
    )
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `apiKeyExpire`.")
class ApiKeyExpirePayload(Payload):
    """Read after the commit."""

    api_key_id: strawberry.Private[str | None] = None
    api_key = relation(ApiKey, visible_api_keys_by_id, key=_api_key_id, description="The key; null when refused.")


@strawberry.type
class ApiKeyMutation:
    """Merged into the schema's Mutation. Nobody can give, or take away, more than its own key allows."""

    @strawberry.mutation(
        description="Give a key a new secret. Its name, scopes, company, locations and id stay, and its old secrets "
        "work until the overlap ends. A key that can do more than your own is not yours to rotate.",
        **requires("partners:write"),
    )
    async def api_key_rotate(self, info: Info, input: ApiKeyRotateInput) -> ApiKeyRotatePayload:
        """The secret leaves the process in this one answer."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            key_id = await own_key(tx, context.actor, input.api_key_id)
            # Beyond it, a duration could not be said at all; the rule refuses all that is longer than 30 days.
            overlap = timedelta(seconds=min(max(input.overlap_seconds, -1), 1 << 31))
            try:
                token = await rotate_api_key(tx, key_id, overlap=overlap, now=context.now)
            except DomainError as error:
                raise _pointing(error) from None
            return Outcome({"api_key_id": str(key_id)}, once={"token": token})

        return await commit(
            context, ApiKeyRotatePayload, work, operation="apiKeyRotate", key=input.idempotency_key, body=input
        )

    @strawberry.mutation(
        description="Say when a key ends, or that it does not. One that has expired works again; a revoked one never. "
        "A key that can do more than your own is not yours to change, and the last one that makes keys and never ends "
        "gets no end.",
        **requires("partners:write"),
    )
    async def api_key_expire(self, info: Info, input: ApiKeyExpireInput) -> ApiKeyExpirePayload:
        """Open subscriptions end with their key, too."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            key_id = await own_key(tx, context.actor, input.api_key_id)
            try:
                await set_key_expiry(tx, key_id, expires_at=input.expires_at, now=context.now)
            except DomainError as error:
                raise _pointing(error) from None
            return Outcome({"api_key_id": str(key_id)})

        return await commit(
            context, ApiKeyExpirePayload, work, operation="apiKeyExpire", key=input.idempotency_key, body=input
        )


def _pointing(error: DomainError) -> DomainError:
    return error.at("input", _ARGUMENTS.get(str(error.facts.get("argument")), "apiKeyId"))
