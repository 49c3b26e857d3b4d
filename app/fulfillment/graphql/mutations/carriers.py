"""Carriers as data."""

import strawberry

from app.engine.relations import relation
from app.fulfillment.actions.save_carrier import CarrierDraft, save_carrier
from app.fulfillment.graphql.batches import carriers_by_code
from app.fulfillment.graphql.types import Carrier
from app.fulfillment.model.packages import NumberRule
from app.kit.db import WriteTx
from app.kit.graphql.context import Info
from app.kit.graphql.inputs import LocalizedTextInput, idempotency_key, texts_of
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.payload import Outcome, Payload, commit
from app.kit.graphql.permission import requires


@strawberry.input(description="Input of `carrierSave`.")
class CarrierSaveInput:
    """One carrier, whole."""

    code: str = strawberry.field(description="By which shipments name it: small letters, digits and hyphens.")
    names: list[LocalizedTextInput] = strawberry.field(description="Its name.")
    tracking_url: str | None = strawberry.field(
        default=None,
        description="The page on which people follow a parcel, with `{number}` in the place of its number.",
    )
    number_rule: NumberRule = strawberry.field(
        default=NumberRule.ANY, description="What its tracking numbers look like."
    )
    partner_id: strawberry.ID | None = strawberry.field(
        default=None, description="The partner whose keys may tell of its parcels, and see them."
    )
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `carrierSave`.")
class CarrierSavePayload(Payload):
    """Read after the commit."""

    code: strawberry.Private[str | None] = None
    carrier = relation(Carrier, carriers_by_code, key=lambda payload: payload.code, description="As it is now.")


@strawberry.type
class CarrierMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="Save a carrier by its code: what is not given is emptied.", **requires("partners:write")
    )
    async def carrier_save(self, info: Info, input: CarrierSaveInput) -> CarrierSavePayload:
        """A partner gets sight of the carrier's parcels by it."""

        async def work(tx: WriteTx) -> Outcome:
            partner_id = input.partner_id
            draft = CarrierDraft(
                input.code,
                texts_of(input.names, "input", "names"),
                input.tracking_url,
                input.number_rule,
                None if partner_id is None else require_uuid(partner_id, "Partner", "input", "partnerId"),
            )
            await save_carrier(tx, draft)
            return Outcome({"code": draft.code})

        key = input.idempotency_key
        return await commit(info.context, CarrierSavePayload, work, operation="carrierSave", key=key, body=input)
