"""GraphQL types of the catalog."""

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app.catalog.graphql import batches
from app.catalog.sql.product_list import Selection
from app.engine.columns import READS
from app.engine.relations import Entity, relation
from app.inventory.graphql.availability import availability_by_variant
from app.inventory.graphql.selling.types import selling_by_variant
from app.kit.db import Row
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.kit.graphql.types import Connection, Edge, Money, PageInfo, localized, page_info
from app.kit.paging import Page
from app.kit.tax import RATES_BP, Rounding, TaxClass, tax_in_gross
from app.kit.temperature import Temperature

if TYPE_CHECKING:
    from app.inventory.graphql.availability_types import VariantAvailability
    from app.inventory.graphql.selling.types import VariantSelling

describe_enum(
    TaxClass,
    "Which rate of consumption tax applies.",
    {
        TaxClass.STANDARD_10: "The standard rate, 10 %.",
        TaxClass.REDUCED_8: "The reduced rate for food and drink, 8 %.",
        TaxClass.EXEMPT: "Not taxed.",
    },
)


@strawberry.type(description="A property of a product, or what sets a variant apart from its siblings.")
class Attribute:
    """One entry of the stored list."""

    key: str = strawberry.field(description="For programs, such as `color`.")
    labels: strawberry.Private[dict[str, str]]
    values: strawberry.Private[dict[str, str]]
    label = localized(
        "labels", description="What the property is called; null when only its key is known.", required=False
    )
    value = localized("values", description="The property's value, such as `Red`.", required=False)


def _attributes(column: str, description: str) -> Any:
    def resolve(root: Any) -> Any:
        return [Attribute(**entry) for entry in getattr(root, column)]

    return strawberry.field(
        resolver=resolve, graphql_type=list[Attribute], description=description, metadata={READS: (column,)}
    )


@strawberry.type(description="What a variant costs in a channel, including consumption tax.")
class Price(Entity):
    """A row of `listings` with its channel's currency and its product's tax class."""

    price_minor: strawberry.Private[int]
    compare_at_minor: strawberry.Private[int | None]
    currency: strawberry.Private[str]
    tax_class: strawberry.Private[str]
    tax_rounding: strawberry.Private[str]
    is_published: bool = strawberry.field(description="Whether shoppers are shown it.")

    @strawberry.field(description="What a shopper pays for one unit, tax included.")
    def amount(self) -> Money:
        """In the channel's currency."""
        return Money(amount=self.price_minor, currency=self.currency)

    @strawberry.field(description="The earlier price, tax included; null when there is none.")
    def compare_at(self) -> Money | None:
        """Always higher than the price."""
        if self.compare_at_minor is None:
            return None
        return Money(amount=self.compare_at_minor, currency=self.currency)

    @strawberry.field(description="The rate of consumption tax, in percent.")
    def tax_rate_percent(self) -> float:
        """10.0, 8.0 or 0.0."""
        return RATES_BP[TaxClass(self.tax_class)] / 100

    @strawberry.field(
        description="The tax contained in the price of one unit. Documents round once per rate: their tax may differ."
    )
    def tax(self) -> Money:
        """Rounded as the channel's documents are."""
        rate = RATES_BP[TaxClass(self.tax_class)]
        return Money(amount=tax_in_gross(self.price_minor, rate, Rounding(self.tax_rounding)), currency=self.currency)


@strawberry.type(description="From the lowest to the highest price of a product's variants, including tax.")
class PriceRange(Entity):
    """A row of `product_listings`."""

    price_min_minor: strawberry.Private[int]
    price_max_minor: strawberry.Private[int]
    currency: strawberry.Private[str]

    @strawberry.field(description="The lowest price.")
    def minimum(self) -> Money:
        """What lists show as `from …`."""
        return Money(amount=self.price_min_minor, currency=self.currency)

    @strawberry.field(description="The highest price; equal to the lowest when all variants cost the same.")
    def maximum(self) -> Money:
        """Of all variants on sale."""
        return Money(amount=self.price_max_minor, currency=self.currency)


@strawberry.type(description="A picture of a product.")
class Media(Entity):
    """A row of `media`."""

    url: str = strawberry.field(description="Where the picture is.")
    alt = localized("alts", description="What it shows, for those who do not see it.", required=False)
    position: int = strawberry.field(description="Its place among the product's pictures, from 0.")


@strawberry.type(description="A place in the category tree.")
class Category(Entity, Node):
    """A row of `categories`."""

    id = id_field("Category")
    slug: str = strawberry.field(description="Its name in addresses.")
    name = localized("names", description="What it is called.")
    position: int = strawberry.field(description="Its place among its siblings.")
    parent_id: strawberry.Private[int | None]
    parent = relation(
        Annotated["Category", strawberry.lazy("app.catalog.graphql.types")],
        batches.categories_by_id,
        key=lambda row: row.parent_id,
        description="The category above; null at the top.",
    )
    children = relation(
        Annotated["Category", strawberry.lazy("app.catalog.graphql.types")],
        batches.categories_by_parent,
        key=lambda row: row.id,
        many=True,
        description="The categories right below, in their order.",
    )
    ancestors = relation(
        Annotated["Category", strawberry.lazy("app.catalog.graphql.types")],
        batches.ancestors_by_category,
        key=lambda row: row.id,
        many=True,
        description="The way from the top down to the parent: breadcrumbs.",
    )


@strawberry.type(description="A thing as it is described and shown; what is bought is one of its variants.")
class Product(Entity, Node):
    """A row of `products`."""

    id = id_field("Product")
    slug: str = strawberry.field(description="Its name in addresses, unique in the shop.")
    name = localized("names", description="What it is called.")
    description = localized("descriptions", description="What there is to say about it.", required=False)
    brand: str | None = strawberry.field(description="The maker's or label's name.")
    tax_class: TaxClass = strawberry.field(description="Which rate of consumption tax applies.")
    is_active: bool = strawberry.field(description="False when it was taken off sale in all channels.")
    created_at: datetime = strawberry.field(description="When it came into the catalog.")
    attributes = _attributes("attributes", "Its properties, in the order in which they are shown.")
    category_id: strawberry.Private[int | None]
    category = relation(
        Category,
        batches.categories_by_id,
        key=lambda row: row.category_id,
        description="Where it stands in the category tree.",
    )
    media = relation(
        Media,
        batches.media_by_product,
        key=lambda row: row.id,
        many=True,
        description="Its pictures, the main one first.",
    )
    variants = relation(
        Annotated["Variant", strawberry.lazy("app.catalog.graphql.types")],
        batches.variants_by_product,
        key=lambda row: row.id,
        many=True,
        description="What can be bought of it in the channel, in the order in which it is shown.",
    )
    price_range = relation(
        PriceRange,
        batches.price_range_by_product,
        key=lambda row: row.id,
        reads=("id", batches.PRICE_RANGE),
        description="What it costs in the channel; null when it is not sold there.",
    )


@strawberry.type(description="A sellable thing: what has a SKU, a price and stock.")
class Variant(Entity, Node):
    """A row of `variants`."""

    id = id_field("Variant")
    sku: str = strawberry.field(description="The shop's own code, unique.")
    jan: str | None = strawberry.field(description="The JAN (EAN) bar code, 8 or 13 digits.")
    name = localized(
        "names",
        description="What its product's name lacks, such as `Red / M`; null when there is nothing to add.",
        required=False,
    )
    options = _attributes("options", "What sets it apart from its siblings, such as color and size.")
    position: int = strawberry.field(description="Its place among its siblings.")
    weight_g: int | None = strawberry.field(description="Weight when packed, in grams; null when unknown.")
    girth_cm: int | None = strawberry.field(
        description="Length + width + height when packed, in centimeters; null when unknown."
    )
    length_mm: int | None = strawberry.field(description="Length when packed, in millimeters; null when unknown.")
    width_mm: int | None = strawberry.field(description="Width when packed, in millimeters; null when unknown.")
    height_mm: int | None = strawberry.field(description="Height when packed, in millimeters; null when unknown.")
    temperature: Temperature = strawberry.field(description="How cold it is kept on its way.")
    is_chilled: bool = strawberry.field(description="Whether it must be kept cold on its way, chilled or frozen.")
    is_active: bool = strawberry.field(description="False when it was taken off sale in all channels.")
    product_id: strawberry.Private[int]
    product = relation(
        Product,
        batches.products_by_id,
        key=lambda row: row.product_id,
        required=True,
        description="What it is a variant of.",
    )
    price = relation(
        Price,
        batches.price_by_variant,
        key=lambda row: row.id,
        reads=("id", batches.PRICE),
        description="What it costs in the channel; null when it is not sold there.",
    )
    availability = relation(
        Annotated["VariantAvailability", strawberry.lazy("app.inventory.graphql.availability_types")],
        availability_by_variant,
        key=lambda row: row.id,
        required=True,
        description="How many units the request's channel can sell, now or from which day on, in all and per location.",
    )
    selling = relation(
        Annotated["VariantSelling", strawberry.lazy("app.inventory.graphql.selling.types")],
        selling_by_variant,
        key=lambda row: row.id,
        required=True,
        description="Whether it is sold ahead of its units, and what it is made of when it is a bundle.",
    )


@strawberry.type(description="A page of a list of products.")
class ProductConnection(Connection[Product]):
    """The count is a relation, so that counting costs only those who ask for it."""

    selection: strawberry.Private[Selection]
    total_count = relation(
        int,
        batches.count_by_selection,
        key=lambda page: page.selection,
        required=True,
        description="How many products the list has, counted up to 10,000.",
    )


class ProductPage:
    """What stands for a `ProductConnection`: its parts are made when they are asked for."""

    def __init__(self, page: Page, selection: Selection) -> None:
        self._page = page
        self.selection = selection
        self.nodes: list[Row] = page.rows

    @cached_property
    def edges(self) -> list[Edge[Any]]:
        """The rows with their cursors."""
        return [Edge(cursor=cursor, node=row) for cursor, row in zip(self._page.cursors, self.nodes, strict=True)]

    @cached_property
    def page_info(self) -> PageInfo:
        """Where the page stands."""
        return page_info(self._page)


NODE_TYPES["Product"] = NodeType(int, batches.visible_products_by_id)
NODE_TYPES["Variant"] = NodeType(int, batches.visible_variants_by_id)
NODE_TYPES["Category"] = NodeType(int, batches.categories_by_id, bits=31)
