"""What a partner does with the key that it calls with."""

from datetime import timedelta
from uuid import UUID

import strawberry

from app.engine.relations import relation
from app.kit.db import WriteTx
from app.kit.errors import DomainError
from app.kit.graphql.context import Info
from app.kit.graphql.inputs import KEY_DESCRIPTION
from app.kit.graphql.payload import Outcome, Payload, commit
from app.kit.graphql.permission import requires
from app.partners import sql
from app.partners.actions.rotate_api_key import rotate_api_key
from app.partners.graphql.batches import name_of_own_key, visible_api_keys_by_id
from app.partners.graphql.types import ApiKey


@strawberry.input(description="Input of `ownApiKeyRotate`.")
class OwnApiKeyRotateInput:
    """Of the key that the request carries."""

    overlap_seconds: int = strawberry.field(
        default=86_400,
        description="For how long the secrets that it had go on working: 0 (none works any more) to 2592000, 30 days.",
    )
    idempotency_key: str = strawberry.field(description=KEY_DESCRIPTION)


@strawberry.type(description="The answer to `ownApiKeyRotate`.")
class OwnApiKeyRotatePayload(Payload):
    """The token is put in after the commit, so that no stored answer holds it."""

    api_key_id: strawberry.Private[str | None] = None
    token: str | None = strawberry.field(
        default=None,
        description="The new secret, to be sent as `Authorization: Bearer <key>`. It is shown this once and kept "
        "nowhere: a repetition (`replayed`) answers null here. When it got lost, rotate again while the old one works.",
    )
    api_key = relation(
        ApiKey,
        visible_api_keys_by_id,
        key=lambda payload: payload.api_key_id and UUID(payload.api_key_id),
        description="The key; null when refused.",
    )


@strawberry.type
class OwnApiKeyMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="Give the key that this request carries a new secret, so that a partner need not ask the shop for "
        "one. Its name, scopes and locations stay, its end too; its old secrets work until the overlap ends. Whoever "
        "may have stolen a secret could do this as well: then ask the shop to revoke the key.",
        **requires("partner:jobs"),
    )
    async def own_api_key_rotate(self, info: Info, input: OwnApiKeyRotateInput) -> OwnApiKeyRotatePayload:
        """The secret leaves the process in this one answer."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            key_id = await sql.key_id_by_name(tx, name_of_own_key(context.actor) or "")
            # Beyond it, a duration could not be said at all; the rule refuses all that is longer than 30 days.
            overlap = timedelta(seconds=min(max(input.overlap_seconds, -1), 1 << 31))
            try:
                token = await rotate_api_key(tx, key_id, overlap=overlap, now=context.now)
            except DomainError as error:
                raise error.at("input", *(["overlapSeconds"] if "argument" in error.facts else [])) from None
            return Outcome({"api_key_id": str(key_id)}, once={"token": token})

        return await commit(
            context, OwnApiKeyRotatePayload, work, operation="ownApiKeyRotate", key=input.idempotency_key, body=input
        )
