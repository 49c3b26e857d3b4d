"""Relations of the catalog: rows by keys, one statement each.

Objects that other objects lead to (an order line's variant) are loaded whatever their state; `visible_…` loads what
a caller may find by itself. Channels are given by their code; the default is the request's channel.
"""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Final, TypeAlias

import strawberry

from app.catalog.model import is_storable
from app.catalog.sql import product_list, reads
from app.catalog.sql.product_list import ListPlace, Selection
from app.channels.graphql.batches import fetch_in_channel
from app.engine.relations import groups_by, rows_by
from app.kit.db import Row
from app.kit.graphql.context import Context

Columns: TypeAlias = Collection[str]
ChannelCode = Annotated[
    str | None, strawberry.argument(description="Code of the channel; by default that of the request.")
]


# What a relation to a price reads of its parent besides the key: a hint to load the price along with it.
PRICE: Final = "price"
PRICE_RANGE: Final = "price_range"
VARIANTS: Final = "variants"


def sees_all(context: Context) -> bool:
    """Whether the caller sees products that are switched off or not listed."""
    return context.actor.may("stock:read", "catalog:write")


def _code(context: Context, channel: str | None) -> str:
    code = context.channel if channel is None else channel
    return code if is_storable(code) else ""


async def _visible(
    context: Context,
    statement: reads.Visible,
    columns: Columns | None,
    *,
    always: tuple[str, ...],
    hint: str,
    code: str | None = None,
    **values: Any,
) -> list[Row]:
    """What the caller may find in a channel, by default the request's. Prices come along when `hint` is wanted."""
    if sees_all(context):
        return await context.fetch(statement.staff.narrow(columns, always=always), **values)
    code = _code(context, code)
    has_prices = columns is not None and hint in columns
    wanted = (*always, *_ALONG[hint]) if has_prices else always
    rows = await fetch_in_channel(context, statement.shopper, code, columns, always=wanted, **values)
    if has_prices:
        context.prefetched.setdefault((hint, code), {}).update((row["id"], row) for row in rows)
    return rows


# Sorted, so that a statement has one narrow form for a set of columns.
_ALONG: Final[Mapping[str, tuple[str, ...]]] = {
    PRICE: tuple(sorted(reads.OFFER)),
    PRICE_RANGE: tuple(sorted(reads.RANGE)),
}


def _along(
    context: Context, hint: str, code: str, keys: Collection[int], columns: Columns | None
) -> dict[int, Row] | None:
    """The rows that came along for these keys, if they have the wanted columns."""
    known: dict[int, Row] | None = context.prefetched.get((hint, code))
    if known is None or columns is None or not set(columns) <= set(_ALONG[hint]):
        return None
    found = {key: known[key] for key in keys if key in known}
    return found if len(found) == len(keys) else None


async def products_by_id(context: Context, keys: list[int], columns: Columns | None) -> dict[int, Row]:
    """Products in any state."""
    return rows_by(await context.fetch(reads.PRODUCTS_BY_ID.narrow(columns, always=("id",)), ids=keys), "id")


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
    rows = await _visible(context, reads.VISIBLE_PRODUCTS_BY_ID, columns, always=("id",), hint=PRICE_RANGE, ids=keys)
    return rows_by(rows, "id")


async def listed_products(
    context: Context, selection: Selection, place: ListPlace, channel: Row, columns: Columns | None
) -> list[Row]:
    """A page of a list of products in a channel, one statement."""
    has_prices = columns is not None and PRICE_RANGE in columns and product_list.brings_prices(selection, place)
    wanted = frozenset(columns) | reads.RANGE if has_prices and columns is not None else columns
    async with context.read() as tx:
        rows = await product_list.list_products(tx, selection, place, wanted, currency=channel["currency"])
    if has_prices:
        context.prefetched.setdefault((PRICE_RANGE, channel["code"]), {}).update((row["id"], row) for row in rows)
    return rows


async def visible_products_by_slug(context: Context, keys: list[str], columns: Columns | None) -> dict[str, Row]:
    """Products that the caller may find in the request's channel, by their names in addresses."""
    slugs = [key for key in keys if is_storable(key)]
    statement = reads.VISIBLE_PRODUCTS_BY_SLUG
    rows = await _visible(context, statement, columns, always=("id", "slug"), hint=PRICE_RANGE, slugs=slugs)
    return rows_by(rows, "slug")


async def visible_variants_by_sku(context: Context, keys: list[str], columns: Columns | None) -> dict[str, Row]:
    """Variants that the caller may find in the request's channel, by the shop's codes."""
    skus = [key for key in keys if is_storable(key)]
    statement = reads.VISIBLE_VARIANTS_BY_SKU
    rows = await _visible(context, statement, columns, always=("id", "sku"), hint=PRICE, skus=skus)
    return rows_by(rows, "sku")


async def variants_by_id(context: Context, keys: list[int], columns: Columns | None) -> dict[int, Row]:
    """Variants in any state."""
    return rows_by(await context.fetch(reads.VARIANTS_BY_ID.narrow(columns, always=("id",)), ids=keys), "id")


async def visible_variants_by_id(context: Context, keys: list[int], columns: Columns | None) -> dict[int, Row]:
    """Variants that the caller may find in the request's channel."""
    rows = await _visible(context, reads.VISIBLE_VARIANTS_BY_ID, columns, always=("id",), hint=PRICE, ids=keys)
    return rows_by(rows, "id")


async def variants_by_product(
    context: Context, keys: list[int], columns: Columns | None, *, channel: ChannelCode = None
) -> dict[int, list[Row]]:
    """A product's variants in their order; shoppers see those sold in the channel."""
    along: tuple[Columns, dict[int, list[Row]]] = context.prefetched.get((VARIANTS, _code(context, channel)), ((), {}))
    if columns is not None and along[1].keys() >= set(keys) and set(columns) <= set(along[0]):
        return along[1]
    statement, always = reads.VARIANTS_BY_PRODUCT, ("id", "product_id")
    rows = await _visible(context, statement, columns, always=always, hint=PRICE, code=channel, ids=keys)
    return groups_by(rows, "product_id")


async def price_by_variant(
    context: Context, keys: list[int], columns: Columns | None, *, channel: ChannelCode = None
) -> dict[int, Row]:
    """What each variant costs in the channel; unpublished prices are for staff."""
    code = _code(context, channel)
    found = _along(context, PRICE, code, keys, columns)
    if found is not None:
        return found
    rows = await fetch_in_channel(
        context,
        reads.PRICES_BY_VARIANT,
        code,
        columns,
        always=("variant_id",),
        ids=keys,
        sees_all=sees_all(context),
    )
    return rows_by(rows, "variant_id")


async def price_range_by_product(
    context: Context, keys: list[int], columns: Columns | None, *, channel: ChannelCode = None
) -> dict[int, Row]:
    """The lowest and highest published price of each product's active variants."""
    code = _code(context, channel)
    found = _along(context, PRICE_RANGE, code, keys, columns)
    if found is not None:
        return found
    statement = reads.PRICE_RANGES_BY_PRODUCT
    rows = await fetch_in_channel(context, statement, code, columns, always=("product_id",), ids=keys)
    return rows_by(rows, "product_id")


async def media_by_product(context: Context, keys: list[int], columns: Columns | None) -> dict[int, list[Row]]:
    """A product's pictures in their order."""
    statement = reads.MEDIA_BY_PRODUCT.narrow(columns, always=("product_id",))
    return groups_by(await context.fetch(statement, ids=keys), "product_id")


async def categories_by_id(context: Context, keys: list[int], columns: Columns | None) -> dict[int, Row]:
    """Categories by id."""
    del columns
    return await context.find(reads.KEPT_CATEGORIES, keys)


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
