"""Statements of the catalog. Here: what other slices read of it."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import BigInteger, Integer, Text, bindparam, false, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.catalog.tables import listings, products, variants
from app.channels.tables import channels
from app.kit.db import ReadTx, Row
from app.kit.statement import Statement

_SELLABLES: Final = Statement(
    select(
        variants.c.id,
        variants.c.product_id,
        variants.c.sku,
        products.c.names,
        variants.c.names.label("variant_names"),
        listings.c.price_minor,
        channels.c.currency,
        products.c.tax_class,
        variants.c.weight_g,
        variants.c.girth_cm,
        variants.c.length_mm,
        variants.c.width_mm,
        variants.c.height_mm,
        variants.c.temperature,
        (products.c.is_active & variants.c.is_active & func.coalesce(listings.c.is_published, false())).label(
            "is_sold"
        ),
    )
    .join(products, products.c.id == variants.c.product_id)
    .join(channels, channels.c.id == bindparam("channel_id", type_=Integer))
    .outerjoin(listings, (listings.c.variant_id == variants.c.id) & (listings.c.channel_id == channels.c.id))
    .where(variants.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))
)
_IDS_BY_SKU: Final = Statement(
    select(variants.c.id, variants.c.sku).where(variants.c.sku == func.any(bindparam("skus", type_=ARRAY(Text))))
)
_PRODUCT_IDS_BY_SLUG: Final = Statement(
    select(products.c.id, products.c.slug).where(products.c.slug == func.any(bindparam("slugs", type_=ARRAY(Text))))
)


async def sellables(tx: ReadTx, variant_ids: Sequence[int], channel_id: int) -> dict[int, Row]:
    """What a channel sells variants as, by variant id; unknown variants are left out.

    Columns: id, product_id, sku, names (the product's), variant_names, price_minor (minor units with tax,
    None when the variant is not listed), currency (the channel's), tax_class, weight_g, girth_cm,
    length_mm, width_mm, height_mm, temperature, is_sold (product and variant are active and the listing is published).
    """
    rows = await tx.fetch(_SELLABLES, ids=list(variant_ids), channel_id=channel_id)
    return {row["id"]: row for row in rows}


async def variant_ids_by_sku(tx: ReadTx, skus: Sequence[str]) -> dict[str, int]:
    """Ids by SKU; unknown SKUs are left out."""
    return {row["sku"]: row["id"] for row in await tx.fetch(_IDS_BY_SKU, skus=list(skus))}


async def product_ids_by_slug(tx: ReadTx, slugs: Sequence[str]) -> dict[str, int]:
    """Ids by slug; unknown slugs are left out."""
    return {row["slug"]: row["id"] for row in await tx.fetch(_PRODUCT_IDS_BY_SLUG, slugs=list(slugs))}
