"""Inputs and payloads of the mutations: one of each per mutation."""

from typing import Any

import strawberry

from app.catalog.graphql import batches
from app.catalog.graphql.types import Category, Product, Variant
from app.channels.graphql.batches import channels_by_id
from app.channels.graphql.types import Channel
from app.engine.relations import relation
from app.kit.graphql.inputs import LocalizedTextInput, idempotency_key
from app.kit.graphql.payload import Payload
from app.kit.tax import TaxClass
from app.kit.temperature import Temperature


def _ids(column: str) -> Any:
    """The key of a list that was saved together; None while nothing was saved."""
    return lambda payload: None if getattr(payload, column) is None else tuple(getattr(payload, column))


@strawberry.input(description="A place in the category tree as it shall be: what is left out is taken away.")
class CategoryInput:
    """Becomes a CategoryDraft."""

    slug: str = strawberry.field(description="Its name in addresses; a stored category with it is changed.")
    names: list[LocalizedTextInput] = strawberry.field(description="What it is called; at least one language.")
    parent_slug: str | None = strawberry.field(
        default=None, description="The category above, stored or in this input; null puts it at the top."
    )
    position: int = strawberry.field(default=0, description="Its place among its siblings.")


@strawberry.input(description="Input of `categoriesSave`.")
class CategoriesSaveInput:
    """Up to 100 categories: all are saved, or none."""

    categories: list[CategoryInput] = strawberry.field(description="1 to 100 of them, in any order.")
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `categoriesSave`.")
class CategoriesSavePayload(Payload):
    """Read after the commit."""

    category_ids: strawberry.Private[list[int] | None] = None
    categories = relation(
        Category,
        batches.categories_of_list,
        key=_ids("category_ids"),
        many=True,
        description="The categories in the order of the input; empty when they were refused.",
    )


@strawberry.input(description="A property of a product, or what sets a variant apart from its siblings.")
class AttributeInput:
    """Becomes an AttributeDraft."""

    key: str = strawberry.field(description="For programs, such as `color`; 1 to 64 characters.")
    labels: list[LocalizedTextInput] = strawberry.field(
        default_factory=list[LocalizedTextInput], description="What the property is called."
    )
    values: list[LocalizedTextInput] = strawberry.field(description="The property's value; at least one language.")


@strawberry.input(description="A picture of a product.")
class MediaInput:
    """Becomes a MediaDraft."""

    url: str = strawberry.field(description="Where the picture is: an http or https address of up to 2,000 characters.")
    alts: list[LocalizedTextInput] = strawberry.field(
        default_factory=list[LocalizedTextInput], description="What it shows, for those who do not see it."
    )


@strawberry.input(description="The three sides of a packed unit, in millimeters.")
class DimensionsInput:
    """In any order."""

    length_mm: int = strawberry.field(description="Length.")
    width_mm: int = strawberry.field(description="Width.")
    height_mm: int = strawberry.field(description="Height.")


@strawberry.input(description="A sellable thing as it shall be: what is left out is taken away.")
class VariantInput:
    """Becomes a VariantDraft."""

    sku: str = strawberry.field(
        description="The shop's own code, 1 to 64 characters. A stored variant with it is changed, and moves here "
        "when it was another product's."
    )
    names: list[LocalizedTextInput] = strawberry.field(
        default_factory=list[LocalizedTextInput],
        description="What its product's name lacks, such as `Red / M`; empty for an only variant.",
    )
    jan: str | None = strawberry.field(
        default=None, description="The JAN (EAN) bar code, 8 or 13 digits with a right check digit."
    )
    options: list[AttributeInput] = strawberry.field(
        default_factory=list[AttributeInput],
        description="What sets it apart from its siblings, such as color and size; at most 100.",
    )
    weight_g: int | None = strawberry.field(default=None, description="Weight when packed, in grams.")
    girth_cm: int | None = strawberry.field(
        default=None, description="Length + width + height when packed, in centimeters."
    )
    dimensions: DimensionsInput | None = strawberry.field(
        default=None, description="The three sides when packed. Without them a locker's compartment is guessed."
    )
    temperature: Temperature | None = strawberry.field(
        default=None, description="How cold it is kept on its way; null: as `isChilled` says."
    )
    is_chilled: bool = strawberry.field(
        default=False, description="The same as `temperature: CHILLED`; false says nothing beside another one."
    )
    is_active: bool = strawberry.field(default=True, description="False takes it off sale in all channels.")


@strawberry.input(description="A product as it shall be: what is left out is taken away, but for `media` and variants.")
class ProductInput:
    """Becomes a ProductDraft."""

    slug: str = strawberry.field(
        description="Its name in addresses, 1 to 64 characters; a stored product with it is changed."
    )
    names: list[LocalizedTextInput] = strawberry.field(description="What it is called; at least one language.")
    variants: list[VariantInput] = strawberry.field(
        description="What can be bought of it, in the order in which it is shown; at most 100. Stored variants that "
        "are not named here stay; `isActive: false` takes one off sale."
    )
    descriptions: list[LocalizedTextInput] = strawberry.field(
        default_factory=list[LocalizedTextInput],
        description="What there is to say about it; up to 20,000 characters a language.",
    )
    brand: str | None = strawberry.field(default=None, description="The maker's or label's name.")
    category_slug: str | None = strawberry.field(default=None, description="Where it stands in the category tree.")
    attributes: list[AttributeInput] = strawberry.field(
        default_factory=list[AttributeInput],
        description="Its properties, in the order in which they are shown; at most 100.",
    )
    media: list[MediaInput] | None = strawberry.field(
        default=None, description="Its pictures, the main one first; at most 100. Null leaves what is stored."
    )
    tax_class: TaxClass = strawberry.field(
        default=TaxClass.STANDARD_10, description="Which rate of consumption tax applies."
    )
    is_active: bool = strawberry.field(default=True, description="False takes it off sale in all channels.")


@strawberry.input(description="Input of `productsSave`.")
class ProductsSaveInput:
    """Up to 100 products: all are saved, or none."""

    products: list[ProductInput] = strawberry.field(description="1 to 100 of them.")
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `productsSave`.")
class ProductsSavePayload(Payload):
    """Read after the commit."""

    product_ids: strawberry.Private[list[int] | None] = None
    products = relation(
        Product,
        batches.products_of_list,
        key=_ids("product_ids"),
        many=True,
        description="The products in the order of the input; empty when they were refused.",
    )


@strawberry.input(description="What a variant costs in the channel. Amounts are in minor units and include tax.")
class PriceInput:
    """Becomes a PriceDraft."""

    sku: str = strawberry.field(description="The variant.")
    amount: int = strawberry.field(description="What a shopper pays for one unit: 1980 is ¥1,980 and £19.80.")
    compare_at: int | None = strawberry.field(
        default=None, description="The earlier price, higher than `amount`; null takes it away."
    )
    is_published: bool = strawberry.field(default=True, description="False hides the variant from the channel.")


@strawberry.input(description="Input of `pricesSet`.")
class PricesSetInput:
    """Up to 100 prices of one channel: all are set, or none."""

    channel: str = strawberry.field(description="Code of the channel; amounts are in its currency.")
    prices: list[PriceInput] = strawberry.field(
        description="1 to 100 of them. Variants that are not named keep their prices."
    )
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `pricesSet`.")
class PricesSetPayload(Payload):
    """Read after the commit."""

    variant_ids: strawberry.Private[list[int] | None] = None
    channel_id: strawberry.Private[int | None] = None
    variants = relation(
        Variant,
        batches.variants_of_list,
        key=_ids("variant_ids"),
        many=True,
        description="The variants in the order of the input: ask for their `price(channel:)`. Empty when refused.",
    )
    channel = relation(
        Channel, channels_by_id, key=lambda payload: payload.channel_id, description="The channel; null when refused."
    )
