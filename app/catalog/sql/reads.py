"""Reads of the catalog's objects by key: what root fields and relations are made of.

`sees_all`: staff see what is switched off or not listed; shoppers see what is sold in the channel.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Integer,
    Text,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from app.catalog.tables import categories, listings, media, product_listings, products, variants
from app.channels.sql import ChannelColumns, InChannel
from app.channels.tables import channels
from app.kit.db import ReadTx, Row
from app.kit.reference import Kept
from app.kit.statement import Statement

PRODUCT_COLUMNS: Final = (
    products.c.id,
    products.c.slug,
    products.c.names,
    products.c.descriptions,
    products.c.brand,
    products.c.category_id,
    products.c.attributes,
    products.c.tax_class,
    products.c.is_active,
    products.c.created_at,
)
VARIANT_COLUMNS: Final = (
    variants.c.id,
    variants.c.product_id,
    variants.c.sku,
    variants.c.jan,
    variants.c.names,
    variants.c.options,
    variants.c.position,
    variants.c.weight_g,
    variants.c.girth_cm,
    variants.c.length_mm,
    variants.c.width_mm,
    variants.c.height_mm,
    variants.c.temperature,
    variants.c.is_chilled,
    variants.c.is_active,
)
CATEGORY_COLUMNS: Final = (
    categories.c.id,
    categories.c.slug,
    categories.c.names,
    categories.c.parent_id,
    categories.c.position,
)

# Wider than the columns: a made-up id that no column could hold finds nothing, as any unknown one.
_IDS: Final = func.any(bindparam("ids", type_=ARRAY(BigInteger)))
_SEES_ALL: Final = bindparam("sees_all", type_=Boolean)
_ONE: Final = literal_column("1", Integer)

CHANNEL: Final = Statement(
    select(channels.c.id).where(channels.c.code == bindparam("channel", type_=Text), channels.c.is_active)
)
# What comes along with a product or a variant when its price is asked for too.
RANGE: Final = frozenset({"price_min_minor", "price_max_minor", "currency"})
OFFER: Final = frozenset({"price_minor", "compare_at_minor", "currency"})


class Visible(NamedTuple):
    """A SELECT for staff, who see everything, and for shoppers, with columns of the price in the channel."""

    staff: Statement
    shopper: InChannel


# A lateral row each, limited to one, keeps the planner from reading all listings for a page of products.
def _products(condition: ColumnElement[bool]) -> Visible:
    def sold(channel: ChannelColumns) -> Any:
        listed = (
            select(product_listings.c.price_min_minor, product_listings.c.price_max_minor)
            .where(product_listings.c.product_id == products.c.id, product_listings.c.channel_id == channel.id)
            .limit(_ONE)
            .lateral("listed")
        )
        prices = (listed.c.price_min_minor, listed.c.price_max_minor, channel.currency.label("currency"))
        return select(*PRODUCT_COLUMNS, *prices).select_from(products.join(listed, true())).where(condition)

    return Visible(Statement(select(*PRODUCT_COLUMNS).where(condition), generic=True), InChannel(sold))


def _variants(condition: ColumnElement[bool], *, of_product: bool = False) -> Visible:
    """of_product: in the product's order, and without another look at it; else it must be on sale too."""
    order = (variants.c.product_id, variants.c.position, variants.c.id) if of_product else ()

    def sold(channel: ChannelColumns) -> Any:
        offer = (
            select(listings.c.price_minor, listings.c.compare_at_minor, listings.c.is_published)
            .where(listings.c.variant_id == variants.c.id, listings.c.channel_id == channel.id)
            .limit(_ONE)
            .lateral("offer")
        )
        prices = (offer.c.price_minor, offer.c.compare_at_minor, channel.currency.label("currency"))
        sold_variants = variants.join(offer, offer.c.is_published)
        query = select(*VARIANT_COLUMNS, *prices).where(condition, variants.c.is_active).order_by(*order)
        if of_product:
            return query.select_from(sold_variants)
        with_products = sold_variants.join(products, products.c.id == variants.c.product_id)
        return query.select_from(with_products).where(products.c.is_active)

    return Visible(Statement(select(*VARIANT_COLUMNS).where(condition).order_by(*order), generic=True), InChannel(sold))


PRODUCTS_BY_ID: Final = Statement(select(*PRODUCT_COLUMNS).where(products.c.id == _IDS), generic=True)
VISIBLE_PRODUCTS_BY_ID: Final = _products(products.c.id == _IDS)
VISIBLE_PRODUCTS_BY_SLUG: Final = _products(products.c.slug == func.any(bindparam("slugs", type_=ARRAY(Text))))
VARIANTS_BY_ID: Final = Statement(select(*VARIANT_COLUMNS).where(variants.c.id == _IDS), generic=True)
VARIANTS_BY_PRODUCT: Final = _variants(variants.c.product_id == _IDS, of_product=True)
VISIBLE_VARIANTS_BY_ID: Final = _variants(variants.c.id == _IDS)
VISIBLE_VARIANTS_BY_SKU: Final = _variants(variants.c.sku == func.any(bindparam("skus", type_=ARRAY(Text))))


def _prices(channel: ChannelColumns) -> Any:
    # Looked up by the keys of the few rows, as above.
    tax_class = (
        select(products.c.tax_class)
        .join(variants, variants.c.product_id == products.c.id)
        .where(variants.c.id == listings.c.variant_id)
        .scalar_subquery()
    )
    return select(
        listings.c.variant_id,
        listings.c.price_minor,
        listings.c.compare_at_minor,
        listings.c.is_published,
        channel.currency.label("currency"),
        channel.tax_rounding.label("tax_rounding"),
        tax_class.label("tax_class"),
    ).where(
        listings.c.variant_id == _IDS,
        listings.c.channel_id == channel.id,
        or_(_SEES_ALL, listings.c.is_published),
    )


def _price_ranges(channel: ChannelColumns) -> Any:
    return select(
        product_listings.c.product_id,
        product_listings.c.price_min_minor,
        product_listings.c.price_max_minor,
        channel.currency.label("currency"),
    ).where(product_listings.c.product_id == _IDS, product_listings.c.channel_id == channel.id)


PRICES_BY_VARIANT: Final = InChannel(_prices)
PRICE_RANGES_BY_PRODUCT: Final = InChannel(_price_ranges)
MEDIA_BY_PRODUCT: Final = Statement(
    select(media.c.product_id, media.c.url, media.c.alts, media.c.position)
    .where(media.c.product_id == _IDS)
    .order_by(media.c.product_id, media.c.position, media.c.id),
    generic=True,
)

CATEGORIES_BY_ID: Final = Statement(select(*CATEGORY_COLUMNS).where(categories.c.id == _IDS), generic=True)
CATEGORY_BY_SLUG: Final = Statement(select(*CATEGORY_COLUMNS).where(categories.c.slug == bindparam("slug", type_=Text)))
TOP_CATEGORIES: Final = Statement(
    select(*CATEGORY_COLUMNS).where(categories.c.parent_id.is_(None)).order_by(categories.c.position, categories.c.id)
)
CATEGORIES_BY_PARENT: Final = Statement(
    select(*CATEGORY_COLUMNS).where(categories.c.parent_id == _IDS).order_by(categories.c.position, categories.c.id)
)
# From the top of the tree down to the parent; a tree deeper than 32 is cut off at its top.
ANCESTORS_BY_CATEGORY: Final = Statement("""
    WITH RECURSIVE up (below_id, id, depth) AS (
        SELECT id, parent_id, 1 FROM categories WHERE id = ANY(CAST(:ids AS integer[])) AND parent_id IS NOT NULL
        UNION ALL
        SELECT up.below_id, c.parent_id, up.depth + 1
          FROM up JOIN categories AS c ON c.id = up.id WHERE c.parent_id IS NOT NULL AND up.depth < 32)
    SELECT up.below_id, c.id, c.slug, c.names, c.parent_id, c.position
      FROM up JOIN categories AS c ON c.id = up.id ORDER BY up.below_id, up.depth DESC
""")


async def _load_categories(tx: ReadTx, ids: list[int]) -> Mapping[int, Row]:
    return {row["id"]: row for row in await tx.fetch(CATEGORIES_BY_ID, ids=ids)}


KEPT_CATEGORIES: Final = Kept(frozenset({"categories"}), _load_categories)
