"""What staff decide about how variants are sold."""

import strawberry

from app.catalog.sql.writes import category_ids
from app.channels.sql import channel_by_code
from app.inventory.actions.remove_channel_share import remove_channel_share
from app.inventory.actions.set_bundle import set_bundle
from app.inventory.actions.set_channel_share import set_channel_share
from app.inventory.actions.set_selling_rule import set_selling_rule
from app.inventory.graphql.mutations.checks import variant_ids_of
from app.inventory.graphql.selling.forms import (
    BundleComponentsSetInput,
    BundleComponentsSetPayload,
    ChannelShareRemoveInput,
    ChannelShareRemovePayload,
    ChannelShareSetInput,
    ChannelShareSetPayload,
    VariantSellingRuleSetInput,
    VariantSellingRuleSetPayload,
)
from app.inventory.model.selling import Share, selling_day
from app.kit.db import WriteTx
from app.kit.errors import BeyondKey, InvalidInput, NotFound
from app.kit.graphql.context import Context, Info
from app.kit.graphql.inputs import is_everywhere
from app.kit.graphql.payload import Outcome, commit
from app.kit.graphql.permission import requires
from app.kit.text import is_storable


@strawberry.type
class SellingMutation:
    """Merged into the schema's Mutation. For keys that are not limited to locations."""

    @strawberry.mutation(
        description="Sell a variant ahead of its units, up to a limit and with a promised day, or only from the "
        "shelves. Who waits keeps the place in the queue.",
        **requires("stock:write"),
    )
    async def variant_selling_rule_set(
        self, info: Info, input: VariantSellingRuleSetInput
    ) -> VariantSellingRuleSetPayload:
        """The whole rule."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            _check_key(context)
            [variant_id] = await variant_ids_of(tx, {("sku",): input.sku})
            await set_selling_rule(
                tx,
                variant_id=variant_id,
                policy=input.policy,
                limit=input.limit,
                promised_on=input.promised_on,
                today=selling_day(context.now),
            )
            return Outcome({"variant_id": variant_id})

        operation = "variantSellingRuleSet"
        return await commit(
            context, VariantSellingRuleSetPayload, work, operation=operation, key=input.idempotency_key, body=input
        )

    @strawberry.mutation(
        description="Sell a variant as a bundle of others, from their stock. Orders keep what they were sold.",
        **requires("stock:write"),
    )
    async def bundle_components_set(self, info: Info, input: BundleComponentsSetInput) -> BundleComponentsSetPayload:
        """All components."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            _check_key(context)
            skus = {("components", str(index), "sku"): part.sku for index, part in enumerate(input.components)}
            if len(set(skus.values())) < len(skus):
                message = "A component is named twice."
                raise InvalidInput(message, path=["input", "components"])
            bundle_id, *parts = await variant_ids_of(tx, {("sku",): input.sku, **skus})
            units = [part.quantity for part in input.components]
            await set_bundle(tx, bundle_id, dict(zip(parts, units, strict=True)))
            return Outcome({"variant_id": bundle_id})

        operation = "bundleComponentsSet"
        return await commit(
            context, BundleComponentsSetPayload, work, operation=operation, key=input.idempotency_key, body=input
        )

    @strawberry.mutation(
        description="Let a channel leave units for others: of a variant, of a category, or of everything. The share of "
        "a variant counts before that of its category, and this one before that of everything.",
        **requires("stock:write"),
    )
    async def channel_share_set(self, info: Info, input: ChannelShareSetInput) -> ChannelShareSetPayload:
        """One share."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            _check_key(context)
            channel_id, variant_id, category_id = await _subject(tx, input)
            share = Share(input.kept_units, input.kept_percent)
            await set_channel_share(tx, channel_id, share, variant_id=variant_id, category_id=category_id)
            return Outcome({})

        operation = "channelShareSet"
        return await commit(
            context, ChannelShareSetPayload, work, operation=operation, key=input.idempotency_key, body=input
        )

    @strawberry.mutation(
        description="End a channel's share: what it left for others it may sell again. Where a wider share is set, of "
        "a category or of everything, that one counts then; a share of nothing would be an exception from it.",
        **requires("stock:write"),
    )
    async def channel_share_remove(self, info: Info, input: ChannelShareRemoveInput) -> ChannelShareRemovePayload:
        """One share."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            _check_key(context)
            channel_id, variant_id, category_id = await _subject(tx, input)
            await remove_channel_share(tx, channel_id, variant_id=variant_id, category_id=category_id)
            return Outcome({})

        operation = "channelShareRemove"
        return await commit(
            context, ChannelShareRemovePayload, work, operation=operation, key=input.idempotency_key, body=input
        )


def _check_key(context: Context) -> None:
    if not is_everywhere(context.actor):
        message = "Rules count everywhere; this key is limited to some locations."
        raise BeyondKey(message)


async def _subject(
    tx: WriteTx, given: ChannelShareSetInput | ChannelShareRemoveInput
) -> tuple[int, int | None, int | None]:
    """Ids of the channel, and of the variant or the category."""
    channel = await channel_by_code(tx, given.channel) if is_storable(given.channel) else None
    if channel is None:
        message = "There is no such channel."
        raise NotFound(message, path=["input", "channel"])
    variant_id = category_id = None
    if given.sku is not None:
        [variant_id] = await variant_ids_of(tx, {("sku",): given.sku})
    if given.category is not None:
        category_id = await _category(tx, given.category)
    return channel["id"], variant_id, category_id


async def _category(tx: WriteTx, slug: str) -> int:
    found = await category_ids(tx, [slug]) if is_storable(slug) else {}
    if slug not in found:
        message = "There is no such category."
        raise NotFound(message, path=["input", "category"])
    return found[slug]
