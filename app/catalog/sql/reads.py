"""Reads of the catalog's objects by key: what root fields and relations are made of.

`sees_all`: staff see what is switched off or not listed; shoppers see what is sold in the channel.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Text, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.catalog.tables import categories, listings, media, product_listings, products, variants
from app.channels.tables import channels
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

# The channel's id is looked up inside the statement; an unknown or inactive channel has nothing.
CHANNEL_ID: Final = (
    select(channels.c.id)
    .where(channels.c.code == bindparam("channel", type_=Text), channels.c.is_active)
    .scalar_subquery()
)
CHANNEL: Final = Statement(select(CHANNEL_ID))
_PRODUCT_IS_SOLD: Final = (
    select(product_listings.c.product_id)
    .where(product_listings.c.product_id == products.c.id, product_listings.c.channel_id == CHANNEL_ID)
    .correlate(products)
    .exists()
)
_VARIANT_IS_SOLD: Final = variants.c.is_active & (
    select(listings.c.variant_id)
    .where(listings.c.variant_id == variants.c.id, listings.c.channel_id == CHANNEL_ID, listings.c.is_published)
    .correlate(variants)
    .exists()
)

PRODUCTS_BY_ID: Final = Statement(select(*PRODUCT_COLUMNS).where(products.c.id == _IDS))
VISIBLE_PRODUCTS_BY_ID: Final = Statement(
    select(*PRODUCT_COLUMNS).where(products.c.id == _IDS, or_(_SEES_ALL, _PRODUCT_IS_SOLD))
)
VISIBLE_PRODUCT_BY_SLUG: Final = Statement(
    select(*PRODUCT_COLUMNS).where(products.c.slug == bindparam("slug", type_=Text), or_(_SEES_ALL, _PRODUCT_IS_SOLD))
)

VISIBLE_PRODUCTS_BY_SLUG: Final = Statement(
    select(*PRODUCT_COLUMNS).where(
        products.c.slug == func.any(bindparam("slugs", type_=ARRAY(Text))), or_(_SEES_ALL, _PRODUCT_IS_SOLD)
    )
)

VARIANTS_BY_ID: Final = Statement(select(*VARIANT_COLUMNS).where(variants.c.id == _IDS))
VARIANTS_BY_PRODUCT: Final = Statement(
    select(*VARIANT_COLUMNS)
    .where(variants.c.product_id == _IDS, or_(_SEES_ALL, _VARIANT_IS_SOLD))
    .order_by(variants.c.product_id, variants.c.position, variants.c.id)
)
_VISIBLE_VARIANTS: Final = (
    select(*VARIANT_COLUMNS)
    .join(products, products.c.id == variants.c.product_id)
    .where(or_(_SEES_ALL, products.c.is_active & _VARIANT_IS_SOLD))
)
VISIBLE_VARIANTS_BY_ID: Final = Statement(_VISIBLE_VARIANTS.where(variants.c.id == _IDS))
VISIBLE_VARIANTS_BY_SKU: Final = Statement(
    _VISIBLE_VARIANTS.where(variants.c.sku == func.any(bindparam("skus", type_=ARRAY(Text))))
)

PRICES_BY_VARIANT: Final = Statement(
    select(
        listings.c.variant_id,
        listings.c.price_minor,
        listings.c.compare_at_minor,
        listings.c.is_published,
        channels.c.currency,
        channels.c.tax_rounding,
        products.c.tax_class,
    )
    .join(channels, channels.c.id == listings.c.channel_id)
    .join(variants, variants.c.id == listings.c.variant_id)
    .join(products, products.c.id == variants.c.product_id)
    .where(
        listings.c.variant_id == _IDS,
        listings.c.channel_id == CHANNEL_ID,
        or_(_SEES_ALL, listings.c.is_published),
    )
)
PRICE_RANGES_BY_PRODUCT: Final = Statement(
    select(
        product_listings.c.product_id,
        product_listings.c.price_min_minor,
        product_listings.c.price_max_minor,
        channels.c.currency,
    )
    .join(channels, channels.c.id == product_listings.c.channel_id)
    .where(product_listings.c.product_id == _IDS, product_listings.c.channel_id == CHANNEL_ID)
)
MEDIA_BY_PRODUCT: Final = Statement(
    select(media.c.product_id, media.c.url, media.c.alts, media.c.position)
    .where(media.c.product_id == _IDS)
    .order_by(media.c.product_id, media.c.position, media.c.id)
)

CATEGORIES_BY_ID: Final = Statement(select(*CATEGORY_COLUMNS).where(categories.c.id == _IDS))
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
