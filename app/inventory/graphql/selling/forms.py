"""Inputs and payloads of the mutations of selling rules."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.engine.relations import relation
from app.inventory.graphql.selling.types import variants
from app.inventory.model.selling import SellingPolicy
from app.kit.graphql.payload import Payload

if TYPE_CHECKING:
    from app.catalog.graphql.types import Variant

LazyVariant = Annotated["Variant", strawberry.lazy("app.catalog.graphql.types")]
_KEY = "Makes repetitions harmless: the same key with the same input gets the first answer again. One key per intent."


@strawberry.input(description="Input of `variantSellingRuleSet`: the rule as it shall be.")
class VariantSellingRuleSetInput:
    """A variant's rule."""

    sku: str = strawberry.field(description="The variant.")
    policy: SellingPolicy = strawberry.field(description="Whether units are sold that have not arrived.")
    limit: int | None = strawberry.field(
        default=None, description="Units that may wait at a time, 1 to 1,000,000; not for ON_HAND_ONLY."
    )
    promised_on: date | None = strawberry.field(
        default=None, description="The promised day, or the release of a preorder; not for ON_HAND_ONLY."
    )
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.type(description="The answer to `variantSellingRuleSet`.")
class VariantSellingRuleSetPayload(Payload):
    """Read after the commit."""

    variant_id: strawberry.Private[int | None] = None
    variant = relation(LazyVariant, variants, key=lambda payload: payload.variant_id, description="The variant.")


@strawberry.input(description="Units of one variant in a bundle.")
class BundleComponentInput:
    """One component."""

    sku: str = strawberry.field(description="The component; no bundle itself.")
    quantity: int = strawberry.field(description="Units of it in one bundle, 1 to 1,000.")


@strawberry.input(description="Input of `bundleComponentsSet`: the bundle as it shall be.")
class BundleComponentsSetInput:
    """A bundle."""

    sku: str = strawberry.field(description="The variant that is sold as a bundle; it has no stock of its own.")
    components: list[BundleComponentInput] = strawberry.field(
        description="What one bundle is made of, up to 20; none makes it an ordinary variant again."
    )
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.type(description="The answer to `bundleComponentsSet`.")
class BundleComponentsSetPayload(Payload):
    """Read after the commit."""

    variant_id: strawberry.Private[int | None] = None
    variant = relation(LazyVariant, variants, key=lambda payload: payload.variant_id, description="The bundle.")


@strawberry.input(description="Input of `channelShareSet`: what a channel leaves for others.")
class ChannelShareSetInput:
    """The larger of both counts."""

    channel: str = strawberry.field(description="The channel's code.")
    sku: str | None = strawberry.field(default=None, description="Of this variant only.")
    category: str | None = strawberry.field(
        default=None, description="Slug of a category: of every variant in or below it that has no share of its own."
    )
    kept_units: int = strawberry.field(default=0, description="Units that are left, 0 to 1,000,000.")
    kept_percent: int = strawberry.field(default=0, description="Part of what can be bought that is left, 0 to 100.")
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.type(description="The answer to `channelShareSet`.")
class ChannelShareSetPayload(Payload):
    """A refusal, or nothing to add."""


@strawberry.input(description="Input of `channelShareRemove`: the share that ends, as it was set.")
class ChannelShareRemoveInput:
    """One subject, or none for the share of everything."""

    channel: str = strawberry.field(description="The channel's code.")
    sku: str | None = strawberry.field(default=None, description="The share of this variant.")
    category: str | None = strawberry.field(default=None, description="The share of this category, by its slug.")
    idempotency_key: str = strawberry.field(description=_KEY)


@strawberry.type(description="The answer to `channelShareRemove`.")
class ChannelShareRemovePayload(Payload):
    """A refusal, or nothing to add."""
