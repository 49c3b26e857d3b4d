"""What the shop's own people do with channels."""

import strawberry

from app.channels.actions.save_channel import save_channel
from app.channels.errors import InvalidChannel, UnknownCurrency
from app.channels.graphql.batches import channels_by_id
from app.channels.graphql.types import Channel
from app.engine.relations import relation
from app.kit.db import ReadTx, WriteTx
from app.kit.errors import BeyondKey, DomainError, NotFound
from app.kit.graphql.context import Info
from app.kit.graphql.inputs import LocalizedTextInput, check_rows, idempotency_key, is_everywhere, texts_of
from app.kit.graphql.payload import Outcome, Payload, commit
from app.kit.graphql.permission import requires
from app.kit.graphql.types import LanguageCode
from app.kit.tax import Rounding
from app.kit.text import is_storable
from app.locations.sql.groups import group_id_by_code
from app.payments.graphql.types import PaymentMethod

_ARGUMENTS = {
    "payment_methods": "paymentMethods",
    "tax_rounding": "taxRounding",
    "shipping_fee_minor": "shippingFee",
    "free_shipping_from_minor": "freeShippingFrom",
}


@strawberry.input(
    description="Input of `channelSave`: the channel as it shall be. Amounts are in minor units and include tax."
)
class ChannelSaveInput:
    """A channel, under its code."""

    code: str = strawberry.field(
        description="The shop's short name for it, 1 to 40 characters; a stored channel with it is changed."
    )
    names: list[LocalizedTextInput] = strawberry.field(description="Its name; at least one language.")
    currency: str = strawberry.field(
        description="ISO 4217 code of the currency of all its prices, such as JPY. A stored channel keeps its own."
    )
    languages: list[LanguageCode] = strawberry.field(description="The languages that it speaks; at least one.")
    location_group: str = strawberry.field(
        description="Code of the group of locations that it sells from and hands over at."
    )
    payment_methods: list[PaymentMethod] = strawberry.field(
        description="How orders may be paid; at least one of CARD and PAY_AT_PICKUP."
    )
    tax_rounding: Rounding = strawberry.field(default=Rounding.DOWN, description="How its documents round tax.")
    shipping_fee: int = strawberry.field(default=0, description="What a home delivery costs.")
    free_shipping_from: int | None = strawberry.field(
        default=None, description="From this sum of goods on home delivery costs nothing; null means never."
    )
    is_active: bool = strawberry.field(default=True, description="Whether it sells.")
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `channelSave`.")
class ChannelSavePayload(Payload):
    """Read after the commit."""

    channel_id: strawberry.Private[int | None] = None
    channel = relation(
        Channel,
        channels_by_id,
        key=lambda payload: payload.channel_id,
        description="The channel as it is now; null when it was refused.",
    )


@strawberry.type
class ChannelsMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="Add a channel, or change the one with this code. Requests name it in the header "
        "`Hikiate-Channel`; its prices are set by `pricesSet`.",
        **requires("locations:write"),
    )
    async def channel_save(self, info: Info, input: ChannelSaveInput) -> ChannelSavePayload:
        """Replaces what was known under the code."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            if not is_everywhere(context.actor):
                message = "A key that is limited to locations cannot save channels."
                raise BeyondKey(message, path=["input"], scopes=[])
            return Outcome({"channel_id": await _save(tx, input)})

        return await commit(
            context, ChannelSavePayload, work, operation="channelSave", key=input.idempotency_key, body=input
        )


async def _save(tx: WriteTx, given: ChannelSaveInput) -> int:
    check_rows(given.languages, "input", "languages")
    check_rows(given.payment_methods, "input", "paymentMethods")
    group_id = await _group_id(tx, given.location_group)
    try:
        return await save_channel(
            tx,
            code=given.code,
            names=texts_of(given.names, "input", "names"),
            currency=given.currency,
            languages=list(dict.fromkeys(str(language.value) for language in given.languages)),
            location_group_id=group_id,
            payment_methods=list(dict.fromkeys(str(method) for method in given.payment_methods)),
            tax_rounding=given.tax_rounding,
            shipping_fee_minor=given.shipping_fee,
            free_shipping_from_minor=given.free_shipping_from,
            is_active=given.is_active,
        )
    except UnknownCurrency as error:
        raise error.at("input", "currency") from None
    except InvalidChannel as error:
        argument: str = error.facts["argument"]
        raise error.at("input", _ARGUMENTS.get(argument, argument)) from None
    except DomainError as error:
        raise error.at("input") from None


async def _group_id(tx: ReadTx, code: str) -> int:
    group_id = await group_id_by_code(tx, code) if is_storable(code) else None
    if group_id is None:
        message = f"There is no group of locations {code[:64]!r}."
        raise NotFound(message, path=["input", "locationGroup"])
    return group_id
