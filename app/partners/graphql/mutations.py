"""What the shop's own people do with partner companies and API keys."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import strawberry

from app.engine.relations import relation
from app.kit.db import ReadTx, WriteTx
from app.kit.errors import BeyondKey, DomainError, NotFound
from app.kit.graphql.context import Info
from app.kit.graphql.inputs import check_rows, idempotency_key
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.payload import Outcome, Payload, commit
from app.kit.graphql.permission import requires
from app.kit.permissions import SCOPES, Actor, ActorKind
from app.kit.text import is_storable
from app.locations.graphql.mutations.drafts import ids_of_codes
from app.partners import sql
from app.partners.actions.create_api_key import create_api_key
from app.partners.actions.create_partner import create_partner
from app.partners.actions.revoke_api_key import revoke_api_key
from app.partners.errors import InvalidKey, KeyNameTaken, LastKey, PartnerCodeTaken
from app.partners.graphql.batches import partners_by_id, visible_api_keys_by_id
from app.partners.graphql.types import ApiKey, Partner
from app.partners.model import PartnerKind

_ARGUMENTS: Final = {"location_ids": "locations", "expires_at": "expiresAt"}


def _api_key_id(payload: Any) -> UUID | None:
    return payload.api_key_id and UUID(payload.api_key_id)


@strawberry.input(description="Input of `partnerCreate`.")
class PartnerCreateInput:
    """A company."""

    code: str = strawberry.field(description="The shop's short name for it, 1 to 64 characters; unique.")
    name: str = strawberry.field(description="Its name for people, 1 to 200 characters.")
    kind: PartnerKind = strawberry.field(description="What it does.")
    is_sandbox: bool = strawberry.field(
        default=False,
        description="It is there to try the API: its keys make test pickups by `sandboxPickupCreate`, which nobody "
        "else hears of. This never changes.",
    )
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `partnerCreate`.")
class PartnerCreatePayload(Payload):
    """Read after the commit."""

    partner_id: strawberry.Private[str | None] = None
    partner = relation(
        Partner,
        partners_by_id,
        key=lambda payload: payload.partner_id and UUID(payload.partner_id),
        description="The new company; null when it was refused.",
    )


@strawberry.input(description="Input of `apiKeyCreate`.")
class ApiKeyCreateInput:
    """A key that can do no more than its maker's."""

    name: str = strawberry.field(
        description="What histories and the ledger will show, 1 to 80 characters; never given twice."
    )
    scopes: list[str] = strawberry.field(
        description="What it may be used for, such as `stock:write`: at least one of those that your own key holds."
    )
    kind: ActorKind = strawberry.field(
        default=ActorKind.STAFF, description="Who uses it: STAFF, SYSTEM, or PARTNER together with `partnerCode`."
    )
    partner_code: str | None = strawberry.field(default=None, description="The company that it belongs to.")
    locations: list[str] | None = strawberry.field(
        default=None,
        description="Codes of the locations that it is limited to, at most 100; null: all, or all of its company. A "
        "key that is limited itself has to name some of its own.",
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="From when on it is useless; UTC unless it says otherwise. Null: it stays good."
    )
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `apiKeyCreate`.")
class ApiKeyCreatePayload(Payload):
    """The token is put in after the commit, so that no stored answer holds it."""

    api_key_id: strawberry.Private[str | None] = None
    token: str | None = strawberry.field(
        default=None,
        description="The key itself, to be sent as `Authorization: Bearer <key>`. It is shown this once and kept "
        "nowhere: a repetition (`replayed`) answers null here. When it got lost, rotate or revoke the key.",
    )
    api_key = relation(
        ApiKey, visible_api_keys_by_id, key=_api_key_id, description="The new key; null when it was refused."
    )


@strawberry.input(description="Input of `apiKeyRevoke`.")
class ApiKeyRevokeInput:
    """One key."""

    api_key_id: strawberry.ID = strawberry.field(description="The key.")
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `apiKeyRevoke`.")
class ApiKeyRevokePayload(Payload):
    """Read after the commit."""

    api_key_id: strawberry.Private[str | None] = None
    api_key = relation(
        ApiKey, visible_api_keys_by_id, key=_api_key_id, description="The revoked key; null when that was refused."
    )


@strawberry.type
class PartnersMutation:
    """Merged into the schema's Mutation. Nobody can give, or take away, more than its own key allows."""

    @strawberry.mutation(
        description="Make a company known that hands over, carries or keeps goods. Its points are made by "
        "`locationsSave`, its key by `apiKeyCreate`.",
        **requires("partners:write"),
    )
    async def partner_create(self, info: Info, input: PartnerCreateInput) -> PartnerCreatePayload:
        """Companies are never deleted: orders name them."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            try:
                partner_id = await create_partner(
                    tx,
                    code=input.code,
                    name=input.name,
                    kind=input.kind,
                    is_sandbox=input.is_sandbox,
                    now=context.now,
                )
            except PartnerCodeTaken as error:
                raise error.at("input", "code") from None
            except DomainError as error:
                raise error.at("input") from None
            return Outcome({"partner_id": str(partner_id)})

        return await commit(
            context, PartnerCreatePayload, work, operation="partnerCreate", key=input.idempotency_key, body=input
        )

    @strawberry.mutation(
        description="Make an API key. It can do no more, and nowhere else, than the key that makes it.",
        **requires("partners:write"),
    )
    async def api_key_create(self, info: Info, input: ApiKeyCreateInput) -> ApiKeyCreatePayload:
        """The secret leaves the process in this one answer."""
        context = info.context
        made: list[str] = []

        async def work(tx: WriteTx) -> Outcome:
            key_id, token = await _create(tx, context.actor, input, context.now)
            made.append(token)
            return Outcome({"api_key_id": str(key_id)})

        payload = await commit(
            context, ApiKeyCreatePayload, work, operation="apiKeyCreate", key=input.idempotency_key, body=input
        )
        if made and not payload.replayed and not payload.user_errors:
            # A transaction that was tried again made several; the last one was committed.
            payload.token = made[-1]
        return payload

    @strawberry.mutation(
        description="Make a key useless at once. A key that can do more than your own is not yours to revoke, and the "
        "last one that makes keys and never ends stays.",
        **requires("partners:write"),
    )
    async def api_key_revoke(self, info: Info, input: ApiKeyRevokeInput) -> ApiKeyRevokePayload:
        """Twice does no harm: the first time stays."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            key_id = await own_key(tx, context.actor, input.api_key_id)
            try:
                await revoke_api_key(tx, key_id, now=context.now)
            except LastKey as error:
                raise error.at("input", "apiKeyId") from None
            return Outcome({"api_key_id": str(key_id)})

        return await commit(
            context, ApiKeyRevokePayload, work, operation="apiKeyRevoke", key=input.idempotency_key, body=input
        )


async def _create(tx: WriteTx, actor: Actor, given: ApiKeyCreateInput, now: datetime) -> tuple[UUID, str]:
    check_rows(given.scopes, "input", "scopes")
    refuse_beyond(actor, given.scopes, None, "input", "scopes", locations_too=False)
    location_ids = None
    if given.locations is not None:
        location_ids = await ids_of_codes(tx, given.locations, "input", "locations")
    refuse_beyond(actor, (), location_ids, "input", "locations")
    try:
        return await create_api_key(
            tx,
            name=given.name,
            kind=given.kind,
            scopes=given.scopes,
            partner_id=await _partner_id(tx, given.partner_code),
            location_ids=location_ids,
            expires_at=given.expires_at,
            now=now,
        )
    except KeyNameTaken as error:
        raise error.at("input", "name") from None
    except InvalidKey as error:
        argument: str = error.facts.get("argument", "name")
        raise error.at("input", _ARGUMENTS.get(argument, argument)) from None


async def _partner_id(tx: ReadTx, code: str | None) -> UUID | None:
    if code is None:
        return None
    found = await sql.partner_ids_by_code(tx, [code]) if is_storable(code) else {}
    if code not in found:
        message = f"There is no partner {code[:64]!r}."
        raise NotFound(message, path=["input", "partnerCode"])
    return found[code]


async def own_key(tx: ReadTx, actor: Actor, given: str) -> UUID:
    """The id of a key that the caller may change. Raises NotFound or BeyondKey."""
    key_id = require_uuid(given, "ApiKey", "input", "apiKeyId")
    stored = await sql.find_key(tx, key_id)
    if stored is None:
        message = "There is no such key."
        raise NotFound(message, path=["input", "apiKeyId"])
    refuse_beyond(actor, stored.scopes, stored.location_ids, "input", "apiKeyId")
    return key_id


def refuse_beyond(
    actor: Actor,
    scopes: Collection[str],
    location_ids: Sequence[int] | None,
    *path: str,
    locations_too: bool = True,
) -> None:
    """Raise BeyondKey when a key with these scopes and this limit could do what the caller cannot do itself.

    Scopes that do not exist are left to the rules of keys.
    """
    beyond = [scope for scope in actor.scopes_beyond(scopes) if scope in SCOPES]
    if beyond or actor.partner_id is not None:
        message = f"Your own key lacks the scopes {', '.join(beyond)}." if beyond else "Partners make no keys."
        raise BeyondKey(message, path=path, scopes=beyond)
    if not locations_too or actor.location_ids is None:
        return
    if location_ids is None or not all(map(actor.may_act_at, location_ids)):
        message = "Your own key is limited to locations: such a key has to be limited to some of them."
        raise BeyondKey(message, path=path, scopes=[])
