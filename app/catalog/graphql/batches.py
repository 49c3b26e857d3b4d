"""Relations of the catalog: rows by keys, one statement each.

Objects that other objects lead to (an order line's variant) are loaded whatever their state; `visible_…` loads what
a caller may find by itself. Channels are given by their code; the default is the request's channel.
"""

from typing import Annotated, Any, TypeAlias

import strawberry

from app.catalog.model import is_storable
from app.catalog.sql import product_list, reads
from app.catalog.sql.product_list import Selection
from app.engine.relations import groups_by, rows_by
from app.kit.db import Row
from app.kit.graphql.context import Context

Columns: TypeAlias = Any
ChannelCode = Annotated[
    str | None, strawberry.argument(description="Code of the channel; by default that of the request.")
]


def sees_all(context: Context) -> bool:
    """Whether the caller sees products that are switched off or not listed."""
    return context.actor.may("stock:read", "catalog:write")


def _code(context: Context, channel: str | None) -> str:
    code = context.channel if channel is None else channel
    return code if is_storable(code) else ""


async def products_by_id(context: Context, keys: list[int], columns: Columns | None) -> dict[int, Row]:
    """Products in any state."""
    del columns
    return rows_by(await context.fetch(reads.PRODUCTS_BY_ID, ids=keys), "id")


async def products_of_list(
    context: Context, keys: list[tuple[int, ...]], columns: Columns | None
) -> dict[tuple[int, ...], list[Row]]:
    """Products in any state, in the order of the ids that were saved together."""
    found = await products_by_id(context, sorted({one for key in keys for one in key}), columns)
    return {key: [found[one] for one in key if one in found] for key in keys}


async def variants_of_list(
    context: Context, keys: list[tuple[int, ...]], columns: Columns | None
) -> dict[tuple[int, ...], list[Row]]:
    """Variants in any state, in the order of the ids that were saved together."""
    found = await variants_by_id(context, sorted({one for key in keys for one in key}), columns)
    return {key: [found[one] for one in key if one in found] for key in keys}


async def categories_of_list(
    context: Context, keys: list[tuple[int, ...]], columns: Columns | None
) -> dict[tuple[int, ...], list[Row]]:
    """Categories in the order of the ids that were saved together."""
    found = await categories_by_id(context, sorted({one for key in keys for one in key}), columns)
    return {key: [found[one] for one in key if one in found] for key in keys}


async def visible_products_by_id(context: Context, keys: list[int], columns: Columns | None) -> dict[int, Row]:
    """Products that the caller may find in the request's channel."""
    del columns
    rows = await context.fetch(
        reads.VISIBLE_PRODUCTS_BY_ID, ids=keys, channel=context.channel, sees_all=sees_all(context)
    )
    return rows_by(rows, "id")


async def visible_products_by_slug(context: Context, keys: list[str], columns: Columns | None) -> dict[str, Row]:
    """Products that the caller may find in the request's channel, by their names in addresses."""
    del columns
    rows = await context.fetch(
        reads.VISIBLE_PRODUCTS_BY_SLUG,
        slugs=[key for key in keys if is_storable(key)],
        channel=context.channel,
        sees_all=sees_all(context),
    )
    return rows_by(rows, "slug")


async def visible_variants_by_sku(context: Context, keys: list[str], columns: Columns | None) -> dict[str, Row]:
    """Variants that the caller may find in the request's channel, by the shop's codes."""
    del columns
    rows = await context.fetch(
        reads.VISIBLE_VARIANTS_BY_SKU,
        skus=[key for key in keys if is_storable(key)],
        channel=context.channel,
        sees_all=sees_all(context),
    )
    return rows_by(rows, "sku")


async def variants_by_id(context: Context, keys: list[int], columns: Columns | None) -> dict[int, Row]:
    """Variants in any state."""
    del columns
    return rows_by(await context.fetch(reads.VARIANTS_BY_ID, ids=keys), "id")


async def visible_variants_by_id(context: Context, keys: list[int], columns: Columns | None) -> dict[int, Row]:
    """Variants that the caller may find in the request's channel."""
    del columns
    rows = await context.fetch(
        reads.VISIBLE_VARIANTS_BY_ID, ids=keys, channel=context.channel, sees_all=sees_all(context)
    )
    return rows_by(rows, "id")


async def variants_by_product(
    context: Context, keys: list[int], columns: Columns | None, *, channel: ChannelCode = None
) -> dict[int, list[Row]]:
    """A product's variants in their order; shoppers see those sold in the channel."""
    del columns
    rows = await context.fetch(
        reads.VARIANTS_BY_PRODUCT,
        ids=keys,
        channel=_code(context, channel),
        sees_all=sees_all(context),
    )
    return groups_by(rows, "product_id")


async def price_by_variant(
    context: Context, keys: list[int], columns: Columns | None, *, channel: ChannelCode = None
) -> dict[int, Row]:
    """What each variant costs in the channel; unpublished prices are for staff."""
    del columns
    rows = await context.fetch(
        reads.PRICES_BY_VARIANT, ids=keys, channel=_code(context, channel), sees_all=sees_all(context)
    )
    return rows_by(rows, "variant_id")


async def price_range_by_product(
    context: Context, keys: list[int], columns: Columns | None, *, channel: ChannelCode = None
) -> dict[int, Row]:
    """The lowest and highest published price of each product's active variants."""
    del columns
    rows = await context.fetch(reads.PRICE_RANGES_BY_PRODUCT, ids=keys, channel=_code(context, channel))
    return rows_by(rows, "product_id")


async def media_by_product(context: Context, keys: list[int], columns: Columns | None) -> dict[int, list[Row]]:
    """A product's pictures in their order."""
    del columns
    return groups_by(await context.fetch(reads.MEDIA_BY_PRODUCT, ids=keys), "product_id")


async def categories_by_id(context: Context, keys: list[int], columns: Columns | None) -> dict[int, Row]:
    """Categories by id."""
    del columns
    return rows_by(await context.fetch(reads.CATEGORIES_BY_ID, ids=keys), "id")


async def categories_by_parent(context: Context, keys: list[int], columns: Columns | None) -> dict[int, list[Row]]:
    """The categories right below each."""
    del columns
    return groups_by(await context.fetch(reads.CATEGORIES_BY_PARENT, ids=keys), "parent_id")


async def ancestors_by_category(context: Context, keys: list[int], columns: Columns | None) -> dict[int, list[Row]]:
    """The way from the top of the tree down to each category's parent."""
    del columns
    return groups_by(await context.fetch(reads.ANCESTORS_BY_CATEGORY, ids=keys), "below_id")


async def count_by_selection(context: Context, keys: list[Selection], columns: Columns | None) -> dict[Selection, int]:
    """How many products each list has, counted up to 10,000: one statement per list of the document."""
    del columns
    counts: dict[Selection, int] = {}
    async with context.read() as tx:
        for selection in keys:
            impossible = selection.impossible
            counts[selection] = 0 if impossible else await product_list.count_products(tx, selection)
    return counts
