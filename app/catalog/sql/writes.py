"""Statements that write the catalog: each takes thousands of rows at once, as one JSON array.

Whatever writes products, variants or listings takes the catalog's lock first (`lock_catalog`), so that sums
over the variants of a product and terms for search are made from what is really there. Reading is not held
up by it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from app.kit.db import Row, WriteTx
from app.kit.statement import Statement

_LOCK: Final = Statement("SELECT pg_advisory_xact_lock(hashtextextended('catalog', 0))")

# What is stored of the drafted products, and of those that own a drafted SKU now (it may move to another
# product).
_STORED: Final = Statement("""
    SELECT p.id, p.slug, p.names, p.descriptions, p.brand, v.sku, v.jan, v.names AS variant_names, v.options
      FROM products AS p LEFT JOIN variants AS v ON v.product_id = p.id
     WHERE p.slug = ANY(:slugs)
        OR p.id IN (SELECT owner.product_id FROM variants AS owner WHERE owner.sku = ANY(:skus))
     ORDER BY p.id, v.position, v.id
""")
_JANS: Final = Statement("SELECT sku, jan FROM variants WHERE jan = ANY(:jans)")
_CATEGORY_IDS: Final = Statement("SELECT id, slug FROM categories WHERE slug = ANY(:slugs)")

# A product that is saved as it is stands untouched: its version tells of real changes only.
_SAVE_PRODUCTS: Final = Statement("""
    WITH rows AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(:rows) AS r (
            slug text, names jsonb, descriptions jsonb, brand text, category_id integer, attributes jsonb,
            tax_class text, sort_name_ja text, sort_name_en text, search_text text, search_grams text[],
            is_active boolean)),
    saved AS (
        INSERT INTO products AS p (slug, names, descriptions, brand, category_id, attributes, tax_class,
                                   sort_name_ja, sort_name_en, search_text, search_grams, is_active,
                                   created_at, updated_at)
        SELECT r.*, :now, :now FROM rows AS r
        ON CONFLICT (slug) DO UPDATE
           SET names = excluded.names, descriptions = excluded.descriptions, brand = excluded.brand,
               category_id = excluded.category_id, attributes = excluded.attributes,
               tax_class = excluded.tax_class, sort_name_ja = excluded.sort_name_ja,
               sort_name_en = excluded.sort_name_en,
               search_text = excluded.search_text, search_grams = excluded.search_grams,
               is_active = excluded.is_active, version = p.version + 1, updated_at = excluded.updated_at
         WHERE (p.names, p.descriptions, p.brand, p.category_id, p.attributes, p.tax_class, p.sort_name_ja,
                p.sort_name_en, p.search_text, p.search_grams, p.is_active)
               IS DISTINCT FROM
               (excluded.names, excluded.descriptions, excluded.brand, excluded.category_id,
                excluded.attributes, excluded.tax_class, excluded.sort_name_ja, excluded.sort_name_en,
                excluded.search_text, excluded.search_grams, excluded.is_active)
        RETURNING p.id, p.slug)
    SELECT id, slug FROM saved
    UNION
    SELECT p.id, p.slug FROM products AS p JOIN rows USING (slug)
""")
_SAVE_VARIANTS: Final = Statement("""
    WITH rows AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(:rows) AS r (
            product_id bigint, sku text, jan text, names jsonb, options jsonb, position integer,
            weight_g integer, girth_cm integer, length_mm integer, width_mm integer, height_mm integer,
            temperature text, is_active boolean)),
    saved AS (
        INSERT INTO variants AS v (product_id, sku, jan, names, options, position, weight_g, girth_cm,
                                   length_mm, width_mm, height_mm, temperature, is_active)
        SELECT * FROM rows
        ON CONFLICT (sku) DO UPDATE
           SET product_id = excluded.product_id, jan = excluded.jan, names = excluded.names,
               options = excluded.options, position = excluded.position, weight_g = excluded.weight_g,
               girth_cm = excluded.girth_cm, length_mm = excluded.length_mm, width_mm = excluded.width_mm,
               height_mm = excluded.height_mm, temperature = excluded.temperature, is_active = excluded.is_active
         WHERE (v.product_id, v.jan, v.names, v.options, v.position, v.weight_g, v.girth_cm, v.length_mm,
                v.width_mm, v.height_mm, v.temperature, v.is_active)
               IS DISTINCT FROM
               (excluded.product_id, excluded.jan, excluded.names, excluded.options, excluded.position,
                excluded.weight_g, excluded.girth_cm, excluded.length_mm, excluded.width_mm, excluded.height_mm,
                excluded.temperature, excluded.is_active)
        RETURNING v.id, v.sku)
    SELECT id, sku FROM saved
    UNION
    SELECT v.id, v.sku FROM variants AS v JOIN rows USING (sku)
""")
_RENEW_SEARCH: Final = Statement("""
    UPDATE products AS p SET search_text = r.text, search_grams = r.terms
      FROM jsonb_to_recordset(:rows) AS r (id bigint, text text, terms text[])
     WHERE p.id = r.id AND p.search_text <> r.text
""")
_CLEAR_MEDIA: Final = Statement("DELETE FROM media WHERE product_id = ANY(:product_ids)")
_ADD_MEDIA: Final = Statement("""
    INSERT INTO media (product_id, url, alts, position)
    SELECT r.* FROM jsonb_to_recordset(:rows) AS r (product_id bigint, url text, alts jsonb, position integer)
""")

_SAVE_PRICES: Final = Statement("""
    INSERT INTO listings AS l (channel_id, variant_id, price_minor, compare_at_minor, is_published)
    SELECT :channel_id, r.*
      FROM jsonb_to_recordset(:rows) AS r (variant_id bigint, price_minor integer, compare_at_minor integer,
                                           is_published boolean)
    ON CONFLICT (channel_id, variant_id) DO UPDATE
       SET price_minor = excluded.price_minor, compare_at_minor = excluded.compare_at_minor,
           is_published = excluded.is_published
     WHERE (l.price_minor, l.compare_at_minor, l.is_published)
           IS DISTINCT FROM (excluded.price_minor, excluded.compare_at_minor, excluded.is_published)
""")
_PRODUCTS_OF: Final = Statement("SELECT id, product_id FROM variants WHERE id = ANY(:ids)")
_SUM_UP_LISTINGS: Final = Statement("""
    WITH due AS MATERIALIZED (
        SELECT l.channel_id, v.product_id, min(l.price_minor) AS low, max(l.price_minor) AS high
          FROM variants AS v
          JOIN products AS p ON p.id = v.product_id AND p.is_active
          JOIN listings AS l ON l.variant_id = v.id AND l.is_published
         WHERE v.product_id = ANY(:product_ids) AND v.is_active
         GROUP BY l.channel_id, v.product_id),
    gone AS (
        DELETE FROM product_listings AS kept
         WHERE kept.product_id = ANY(:product_ids)
           AND NOT EXISTS (SELECT FROM due
                            WHERE (due.channel_id, due.product_id) = (kept.channel_id, kept.product_id)))
    INSERT INTO product_listings AS kept (channel_id, product_id, price_min_minor, price_max_minor)
    SELECT channel_id, product_id, low, high FROM due
    ON CONFLICT (channel_id, product_id) DO UPDATE
       SET price_min_minor = excluded.price_min_minor, price_max_minor = excluded.price_max_minor
     WHERE (kept.price_min_minor, kept.price_max_minor)
           IS DISTINCT FROM (excluded.price_min_minor, excluded.price_max_minor)
""")

# Parents are set in a statement of their own: they may have been made by the one before.
_SAVE_CATEGORIES: Final = Statement("""
    INSERT INTO categories AS c (slug, names, position)
    SELECT r.slug, r.names, r.position
      FROM jsonb_to_recordset(:rows) AS r (slug text, names jsonb, position integer)
    ON CONFLICT (slug) DO UPDATE SET names = excluded.names, position = excluded.position
     WHERE (c.names, c.position) IS DISTINCT FROM (excluded.names, excluded.position)
""")
_SET_PARENTS: Final = Statement("""
    UPDATE categories AS c SET parent_id = r.parent_id
      FROM jsonb_to_recordset(:rows) AS r (id integer, parent_id integer)
     WHERE c.id = r.id AND c.parent_id IS DISTINCT FROM r.parent_id
""")
_CIRCLES: Final = Statement("""
    WITH RECURSIVE up (id, above) AS (
        SELECT id, parent_id FROM categories WHERE id = ANY(:ids) AND parent_id IS NOT NULL
        UNION
        SELECT up.id, c.parent_id FROM up JOIN categories AS c ON c.id = up.above
         WHERE c.parent_id IS NOT NULL)
    SELECT c.slug FROM up JOIN categories AS c USING (id) WHERE up.id = up.above ORDER BY c.id LIMIT 1
""")


async def lock_catalog(tx: WriteTx) -> None:
    """Wait until no other transaction writes the catalog; held until the end of this one."""
    await tx.execute(_LOCK)


async def stored_products(tx: WriteTx, slugs: Sequence[str], skus: Sequence[str]) -> list[Row]:
    """A row per product and variant (SKU None for a product without any) of all products that a save may
    touch.
    """
    return await tx.fetch(_STORED, slugs=list(slugs), skus=list(skus))


async def jan_owners(tx: WriteTx, jans: Sequence[str]) -> dict[str, str]:
    """SKUs by JAN code."""
    return {row["jan"]: row["sku"] for row in await tx.fetch(_JANS, jans=list(jans))}


async def category_ids(tx: WriteTx, slugs: Sequence[str]) -> dict[str, int]:
    """Category ids by slug; unknown slugs are left out."""
    return {row["slug"]: row["id"] for row in await tx.fetch(_CATEGORY_IDS, slugs=list(slugs))}


async def upsert_products(tx: WriteTx, rows: Sequence[dict[str, Any]], now: datetime) -> dict[str, int]:
    """Product ids by slug, for all rows."""
    return {row["slug"]: row["id"] for row in await tx.fetch(_SAVE_PRODUCTS, rows=rows, now=now)}


async def upsert_variants(tx: WriteTx, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Variant ids by SKU, for all rows."""
    return {row["sku"]: row["id"] for row in await tx.fetch(_SAVE_VARIANTS, rows=rows)}


async def renew_search(tx: WriteTx, rows: Sequence[dict[str, Any]]) -> None:
    """Store what finds the products: id, text, terms."""
    await tx.execute(_RENEW_SEARCH, rows=rows)


async def replace_media(tx: WriteTx, product_ids: Sequence[int], rows: Sequence[dict[str, Any]]) -> None:
    """Give the products these media in place of what they have."""
    await tx.execute(_CLEAR_MEDIA, product_ids=list(product_ids))
    await tx.execute(_ADD_MEDIA, rows=rows)


async def upsert_prices(tx: WriteTx, channel_id: int, rows: Sequence[dict[str, Any]]) -> int:
    """How many listings were added or changed."""
    return await tx.execute(_SAVE_PRICES, channel_id=channel_id, rows=rows)


async def product_ids_of(tx: WriteTx, variant_ids: Sequence[int]) -> dict[int, int]:
    """Product ids by variant id; unknown variants are left out."""
    return {row["id"]: row["product_id"] for row in await tx.fetch(_PRODUCTS_OF, ids=list(variant_ids))}


async def sum_up_listings(tx: WriteTx, product_ids: Sequence[int]) -> None:
    """Make `product_listings` right for these products."""
    await tx.execute(_SUM_UP_LISTINGS, product_ids=list(product_ids))


async def upsert_categories(tx: WriteTx, rows: Sequence[dict[str, Any]]) -> None:
    """Add or change categories, without their parents."""
    await tx.execute(_SAVE_CATEGORIES, rows=rows)


async def set_parents(tx: WriteTx, rows: Sequence[dict[str, Any]]) -> str | None:
    """Put categories (id) under others (parent_id); the slug of one that came to lie below itself, if any."""
    await tx.execute(_SET_PARENTS, rows=rows)
    return await tx.fetchval(_CIRCLES, ids=[row["id"] for row in rows])
