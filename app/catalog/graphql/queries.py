"""Root fields of the catalog."""

from enum import StrEnum
from typing import Annotated, Any, Final

import strawberry

from app.catalog.graphql import batches
from app.catalog.graphql.types import Category, Product, ProductConnection, ProductPage, Variant
from app.catalog.model import MAX_SEARCH_LENGTH, is_storable, parse_search
from app.catalog.sql import reads
from app.catalog.sql.product_list import ListPlace, ProductOrder, Selection, sort_columns, sort_kinds
from app.channels.graphql.batches import channel_by_code
from app.engine.columns import wanted_columns
from app.inventory.graphql.product_page import product_page
from app.kit.db import Row
from app.kit.errors import InvalidInput, NotFound
from app.kit.graphql.context import Context, Info
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import require_int
from app.kit.paging import Page, decode_cursor, make_page, page_size

MAX_KEYS: Final = 100


class ProductSortField(StrEnum):
    """What lists of products can be sorted by."""

    RELEVANCE = "RELEVANCE"
    NAME = "NAME"
    PRICE = "PRICE"
    NEWEST = "NEWEST"


class SortDirection(StrEnum):
    """Which end comes first."""

    ASC = "ASC"
    DESC = "DESC"


describe_enum(
    ProductSortField,
    "What a list of products is sorted by.",
    {
        ProductSortField.RELEVANCE: "With `search`: a product with exactly this SKU or JAN code, then names that "
        "begin with the words, then all others. Else in the order of making. Has no direction.",
        ProductSortField.NAME: "By name in the language of the request: kana before kanji.",
        ProductSortField.PRICE: "By the lowest price in the channel.",
        ProductSortField.NEWEST: "By when the product came into the catalog; the newest first unless `ASC`.",
    },
)
describe_enum(
    SortDirection,
    "Which end of a list comes first.",
    {
        SortDirection.ASC: "The least first: A, cheap, old.",
        SortDirection.DESC: "The greatest first: Z, expensive, new.",
    },
)


@strawberry.input(description="Conditions on products. All that are given must be met.")
class ProductFilter:
    """Conditions on products."""

    search: str | None = strawberry.field(
        default=None,
        description="Words that must all occur in names, descriptions, brand, options, SKUs or JAN codes; in Japanese "
        "and English, whatever the width, the case or the kind of kana. At most 200 characters. A blank text is no "
        "condition; punctuation alone finds nothing.",
    )
    category_slug: str | None = strawberry.field(default=None, description="In this category or in one below it.")
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="One of these products; at most 100.")
    skus: list[str] | None = strawberry.field(
        default=None, description="With a variant that has one of these SKUs; at most 100."
    )
    price_min: int | None = strawberry.field(
        default=None, description="The lowest price in the channel is at least this, in minor units, tax included."
    )
    price_max: int | None = strawberry.field(
        default=None, description="The lowest price in the channel is at most this, in minor units, tax included."
    )
    brand: str | None = strawberry.field(default=None, description="Of this brand, spelled exactly so.")


@strawberry.input(description="The order of a list of products. Equal products follow in the order of making.")
class ProductSort:
    """Order of a list."""

    field: ProductSortField = strawberry.field(default=ProductSortField.RELEVANCE, description="What to sort by.")
    direction: SortDirection | None = strawberry.field(
        default=None, description="Which end comes first; by default `ASC`, for `NEWEST` `DESC`."
    )


@strawberry.type
class CatalogQuery:
    """Products, variants and categories."""

    @strawberry.field(
        graphql_type=Product | None,
        description="One product, by exactly one of its keys; null when it is not sold in the request's channel.",
    )
    async def product(
        self,
        info: Info,
        id: Annotated[strawberry.ID | None, strawberry.argument(description="Its global id.")] = None,
        slug: Annotated[str | None, strawberry.argument(description="Its name in addresses.")] = None,
    ) -> Any:
        """Staff find products in any state."""
        _one_of(id=id, slug=slug)
        context = info.context
        if id is not None:
            key = require_int(id, "Product", "id")
            is_found, row = await product_page(info, "id", key)
            return (
                row
                if is_found
                else (await batches.visible_products_by_id(context, [key], wanted_columns(info))).get(key)
            )
        if slug is None or not is_storable(slug):
            return None
        is_found, row = await product_page(info, "slug", slug)
        return (
            row
            if is_found
            else (await batches.visible_products_by_slug(context, [slug], wanted_columns(info))).get(slug)
        )

    @strawberry.field(
        graphql_type=ProductConnection, description="Products that are sold in the channel, page by page."
    )
    async def products(
        self,
        info: Info,
        *,
        first: Annotated[int, strawberry.argument(description="Length of the page, 1 to 100.")] = 24,
        after: Annotated[
            str | None, strawberry.argument(description="Continue behind the row with this cursor.")
        ] = None,
        filter: Annotated[ProductFilter | None, strawberry.argument(description="Which products.")] = None,
        sort: Annotated[
            ProductSort | None, strawberry.argument(description="In which order; by default by relevance.")
        ] = None,
        channel: batches.ChannelCode = None,
    ) -> Any:
        """Staff see products in any state, whether listed in the channel or not."""
        context = info.context
        size = page_size(first)
        order, descending = _order(sort or ProductSort(), context.language)
        row = await _channel(context, context.channel if channel is None else channel)
        selection = _selection(context, filter or ProductFilter(), row["id"])
        position = decode_cursor(after, sort_kinds(order, selection)) if after is not None else None
        if selection.impossible:
            return ProductPage(Page(has_previous=after is not None), selection)
        wanted = wanted_columns(info, ("nodes",), ("edges", "node"))
        place = ListPlace(order, descending=descending, after=position, limit=size + 1)
        rows = await batches.listed_products(context, selection, place, row, wanted)
        return ProductPage(make_page(rows, size, sort_columns(order, selection), after=after), selection)

    @strawberry.field(
        graphql_type=Variant | None,
        description="One variant, by exactly one of its keys; null when it is not sold in the request's channel.",
    )
    async def variant(
        self,
        info: Info,
        sku: Annotated[str | None, strawberry.argument(description="The shop's code.")] = None,
        id: Annotated[strawberry.ID | None, strawberry.argument(description="Its global id.")] = None,
    ) -> Any:
        """Staff find variants in any state."""
        _one_of(sku=sku, id=id)
        if id is not None:
            key = require_int(id, "Variant", "id")
            return (await batches.visible_variants_by_id(info.context, [key], wanted_columns(info))).get(key)
        return (await batches.visible_variants_by_sku(info.context, [sku or ""], wanted_columns(info))).get(sku or "")

    @strawberry.field(
        graphql_type=list[Variant | None],
        description="Variants in the order of the SKUs, for up to 100 of them; null for one that is not sold in "
        "the request's channel.",
    )
    async def variants(
        self, info: Info, skus: Annotated[list[str], strawberry.argument(description="The shop's codes.")]
    ) -> Any:
        """One statement for all."""
        _bounded("skus", skus)
        found = await batches.visible_variants_by_sku(info.context, skus, wanted_columns(info))
        return [found.get(sku) for sku in skus]

    @strawberry.field(
        graphql_type=list[Category], description="The top of the category tree, in order; follow `children` down."
    )
    async def categories(self, info: Info) -> Any:
        """Categories without a parent."""
        return await info.context.fetch(reads.TOP_CATEGORIES)

    @strawberry.field(graphql_type=Category | None, description="One category.")
    async def category(
        self, info: Info, slug: Annotated[str, strawberry.argument(description="Its name in addresses.")]
    ) -> Any:
        """By slug; `node` finds it by id."""
        return await info.context.fetchrow(reads.CATEGORY_BY_SLUG, slug=slug) if is_storable(slug) else None


def _selection(context: Context, conditions: ProductFilter, channel_id: int) -> Selection:
    search = conditions.search if conditions.search and not conditions.search.isspace() else None
    if search is not None and len(search) > MAX_SEARCH_LENGTH:
        message = f"A search has at most {MAX_SEARCH_LENGTH} characters."
        raise InvalidInput(message, path=["filter", "search"])
    low, high = conditions.price_min, conditions.price_max
    if low is not None and high is not None and low > high:
        raise InvalidInput("priceMin is above priceMax.", path=["filter", "priceMin"])
    for name in ("ids", "skus"):
        _bounded(f"filter.{name}", getattr(conditions, name) or ())
    parsed = parse_search(search) if search is not None else None
    ids = conditions.ids
    texts = [conditions.category_slug or "", conditions.brand or "", search or ""]
    empty = conditions.ids == [] or conditions.skus == []
    return Selection(
        channel_id=channel_id,
        sees_all=batches.sees_all(context),
        search=parsed,
        category_slug=conditions.category_slug,
        ids=None if ids is None else tuple(require_int(key, "Product", "filter", "ids") for key in ids),
        skus=None if conditions.skus is None else tuple(filter(is_storable, conditions.skus)),
        price_min=low,
        price_max=high,
        brand=conditions.brand,
        impossible=empty or (search is not None and parsed is None) or not all(map(is_storable, texts)),
    )


def _order(sort: ProductSort, language: str) -> tuple[ProductOrder, bool]:
    if sort.field is ProductSortField.RELEVANCE and sort.direction is not None:
        raise InvalidInput("RELEVANCE has no direction.", path=["sort", "direction"])
    descending = sort.direction is SortDirection.DESC
    if sort.field is ProductSortField.NEWEST:
        return ProductOrder.NEWEST, sort.direction is not SortDirection.ASC
    if sort.field is ProductSortField.NAME:
        return (ProductOrder.NAME_EN if language == "en" else ProductOrder.NAME_JA), descending
    return ProductOrder(sort.field.value), descending


def _one_of(**keys: Any) -> None:
    if sum(key is not None for key in keys.values()) != 1:
        raise InvalidInput(f"Give exactly one of {' and '.join(keys)}.", path=list(keys)[:1])


def _bounded(name: str, values: Any) -> None:
    if len(values) > MAX_KEYS:
        message = f"At most {MAX_KEYS} values are allowed; these are {len(values)}."
        raise InvalidInput(message, path=name.split("."))


async def _channel(context: Context, code: str) -> Row:
    row = await channel_by_code(context, code) if is_storable(code) else None
    if row is None or not row["is_active"]:
        raise NotFound(f"There is no channel {code[:64]!r}.", path=["channel"])
    return row
