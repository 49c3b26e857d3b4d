"""Products with their variants, by the thousand: for the demo shop, imports and connectors."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from app.catalog.errors import CodeTaken, UnknownReference
from app.catalog.model import ProductDraft, check_products, search_entry, sort_name
from app.catalog.sql import writes
from app.engine.relations import groups_by, rows_by
from app.kit.db import Row, WriteTx

# Products per round of statements: bounds the size of one message to the database.
ROUND: Final = 2_000


async def save_products(tx: WriteTx, products: Sequence[ProductDraft], now: datetime) -> dict[str, int]:
    """Add products and variants, or change those whose slug or SKU is stored. Returns variant ids by SKU.

    A stored variant that its product's draft leaves out stays; an SKU that stands in another product's
    draft moves there. Nine statements per 2,000 products. now: the instant of creation and change, UTC.
    Raises, before anything is changed, InvalidDraft, UnknownReference (category) or CodeTaken (a JAN code
    of another SKU).
    """
    check_products(products)
    if not products:
        return {}
    await writes.lock_catalog(tx)
    categories = await _categories(tx, products)
    await _refuse_taken_jans(tx, products)
    variant_ids: dict[str, int] = {}
    for start in range(0, len(products), ROUND):
        variant_ids |= await _save_round(tx, products[start : start + ROUND], categories, now)
    return variant_ids


async def _save_round(
    tx: WriteTx, products: Sequence[ProductDraft], categories: dict[str, int], now: datetime
) -> dict[str, int]:
    skus = [variant.sku for product in products for variant in product.variants]
    stored = await writes.stored_products(tx, [product.slug for product in products], skus)
    moved, drafted = set(skus), {product.slug for product in products}
    kept = [row for row in stored if row["sku"] is not None and row["sku"] not in moved]
    product_ids = await writes.upsert_products(tx, _product_rows(products, categories, kept), now)
    variant_ids = await writes.upsert_variants(tx, _variant_rows(products, product_ids)) if skus else {}
    await writes.renew_search(tx, _robbed_rows([row for row in stored if row["slug"] not in drafted], kept))
    with_media = [product for product in products if product.media is not None]
    if with_media:
        await writes.replace_media(
            tx, [product_ids[product.slug] for product in with_media], _media_rows(with_media, product_ids)
        )
    if stored:
        await writes.sum_up_listings(tx, sorted({*product_ids.values(), *(row["id"] for row in stored)}))
    return variant_ids


async def _categories(tx: WriteTx, products: Sequence[ProductDraft]) -> dict[str, int]:
    wanted = {product.category_slug for product in products if product.category_slug is not None}
    found = await writes.category_ids(tx, sorted(wanted)) if wanted else {}
    for slug in sorted(wanted - found.keys()):
        raise UnknownReference(f"There is no category {slug}.", subject=slug)
    return found


async def _refuse_taken_jans(tx: WriteTx, products: Sequence[ProductDraft]) -> None:
    skus = {variant.jan: variant.sku for product in products for variant in product.variants if variant.jan is not None}
    for jan, owner in (await writes.jan_owners(tx, sorted(skus)) if skus else {}).items():
        if skus[jan] != owner:
            message = f"The JAN code {jan} of {skus[jan]} belongs to {owner}."
            raise CodeTaken(message, value=jan, owner=owner, subject=owner)


def _product_rows(
    products: Sequence[ProductDraft], categories: dict[str, int], kept: Sequence[Row]
) -> list[dict[str, Any]]:
    kept_by_slug = groups_by(kept, "slug")
    rows: list[dict[str, Any]] = []
    for product in products:
        drafted = [
            (variant.sku, variant.jan, variant.names, [asdict(option) for option in variant.options])
            for variant in product.variants
        ]
        others = _described(kept_by_slug.get(product.slug, []))
        entry = search_entry(product.names, product.descriptions, product.brand, [*drafted, *others])
        rows.append(
            {
                "slug": product.slug,
                "names": product.names,
                "descriptions": product.descriptions,
                "brand": product.brand,
                "category_id": categories.get(product.category_slug or ""),
                "attributes": [asdict(attribute) for attribute in product.attributes],
                "tax_class": product.tax_class,
                "sort_name_ja": sort_name(product.names, "ja"),
                "sort_name_en": sort_name(product.names, "en"),
                "search_text": entry.text,
                "search_grams": entry.terms,
                "is_active": product.is_active,
            }
        )
    return rows


def _robbed_rows(stored: Sequence[Row], kept: Sequence[Row]) -> list[dict[str, Any]]:
    """New search entries of products that lost an SKU to a drafted one."""
    left = groups_by(kept, "id")
    rows: list[dict[str, Any]] = []
    for product in rows_by(stored, "id").values():
        others = _described(left.get(product["id"], []))
        entry = search_entry(product["names"], product["descriptions"], product["brand"], others)
        rows.append({"id": product["id"], "text": entry.text, "terms": entry.terms})
    return rows


def _described(rows: Sequence[Row]) -> list[tuple[str, str | None, dict[str, str], list[Any]]]:
    return [(row["sku"], row["jan"], row["variant_names"], row["options"]) for row in rows]


def _variant_rows(products: Sequence[ProductDraft], product_ids: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "product_id": product_ids[product.slug],
            "sku": variant.sku,
            "jan": variant.jan,
            "names": variant.names,
            "options": [asdict(option) for option in variant.options],
            "position": position,
            "weight_g": variant.weight_g,
            "girth_cm": variant.girth_cm,
            **dict(zip(_SIDES, variant.sides_mm or (None, None, None), strict=True)),
            "temperature": variant.temperature,
            "is_active": variant.is_active,
        }
        for product in products
        for position, variant in enumerate(product.variants)
    ]


_SIDES: Final = ("length_mm", "width_mm", "height_mm")


def _media_rows(products: Sequence[ProductDraft], product_ids: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "product_id": product_ids[product.slug],
            "url": medium.url,
            "alts": medium.alts,
            "position": position,
        }
        for product in products
        for position, medium in enumerate(product.media or ())
    ]
