"""Products, variants, categories and prices for tests. Defaults are valid and dull."""

from collections.abc import Sequence
from itertools import count
from typing import Any, Final

from sqlalchemy import bindparam, insert

from app.catalog.model import search_entry, sort_name
from app.catalog.tables import categories, media, products, variants
from app.kit.db import WriteTx
from app.kit.statement import Statement

_NUMBERS: Final = count(1)


def _insert(table: Any, columns: Sequence[str]) -> Statement:
    values = {name: bindparam(name, type_=table.c[name].type) for name in columns}
    return Statement(insert(table).values(values).returning(table.c.id))


_CATEGORY: Final = _insert(categories, ("slug", "names", "parent_id", "position"))
_PRODUCT: Final = _insert(
    products,
    (
        "slug", "names", "descriptions", "brand", "category_id", "attributes", "tax_class", "sort_name_ja",
        "sort_name_en", "search_text", "search_grams", "is_active",
    ),
)  # fmt: skip
_VARIANT: Final = _insert(
    variants,
    (
        "product_id", "sku", "jan", "names", "options", "position", "weight_g", "girth_cm", "length_mm",
        "width_mm", "height_mm", "temperature", "is_active",
    ),
)  # fmt: skip
_MEDIA: Final = _insert(media, ("product_id", "url", "alts", "position"))
_SEARCHED: Final = Statement("SELECT * FROM products WHERE id = :id")
_SEARCHED_VARIANTS: Final = Statement(
    "SELECT sku, jan, names, options FROM variants WHERE product_id = :id ORDER BY id"
)
_SET_SEARCH: Final = Statement("UPDATE products SET search_text = :text, search_grams = :terms WHERE id = :id")
_LIST: Final = Statement("""
    INSERT INTO listings (channel_id, variant_id, price_minor, compare_at_minor, is_published)
    VALUES (:channel_id, :variant_id, :price_minor, :compare_at_minor, :is_published)
    ON CONFLICT (channel_id, variant_id) DO UPDATE
       SET price_minor = excluded.price_minor, compare_at_minor = excluded.compare_at_minor,
           is_published = excluded.is_published
""")
_UNLIST: Final = Statement("""
    DELETE FROM product_listings AS o USING variants AS v
     WHERE v.id = :variant_id AND o.product_id = v.product_id
""")
_SUM_UP: Final = Statement("""
    INSERT INTO product_listings (channel_id, product_id, price_min_minor, price_max_minor)
    SELECT l.channel_id, v.product_id, min(l.price_minor), max(l.price_minor)
      FROM variants AS one JOIN variants AS v ON v.product_id = one.product_id AND v.is_active
      JOIN products AS p ON p.id = v.product_id AND p.is_active
      JOIN listings AS l ON l.variant_id = v.id AND l.is_published
     WHERE one.id = :variant_id GROUP BY l.channel_id, v.product_id
""")


async def make_category(
    tx: WriteTx,
    slug: str = "clothes",
    *,
    names: dict[str, str] | None = None,
    parent_id: int | None = None,
    position: int = 0,
) -> int:
    """A category; returns its id."""
    return await tx.fetchval(_CATEGORY, slug=slug, names=names or {"ja": slug}, parent_id=parent_id, position=position)


async def make_product(
    tx: WriteTx,
    *,
    slug: str | None = None,
    names: dict[str, str] | None = None,
    descriptions: dict[str, str] | None = None,
    brand: str | None = None,
    category_id: int | None = None,
    attributes: list[dict[str, Any]] | None = None,
    tax_class: str = "STANDARD_10",
    is_active: bool = True,
    media_urls: Sequence[str] = (),
) -> int:
    """A product without variants; returns its id. Add variants by `make_variant(tx, product_id=…)`."""
    slug = slug or f"product-{next(_NUMBERS)}"
    names = names or {"ja": f"商品 {slug}", "en": f"Product {slug}"}
    entry = search_entry(names, descriptions or {}, brand, [])
    product_id = await tx.fetchval(
        _PRODUCT,
        slug=slug,
        names=names,
        descriptions=descriptions or {},
        brand=brand,
        category_id=category_id,
        attributes=attributes or [],
        tax_class=tax_class,
        sort_name_ja=sort_name(names, "ja"),
        sort_name_en=sort_name(names, "en"),
        search_text=entry.text,
        search_grams=entry.terms,
        is_active=is_active,
    )
    for position, url in enumerate(media_urls):
        await tx.fetchval(_MEDIA, product_id=product_id, url=url, alts={}, position=position)
    return product_id


async def make_variant(
    tx: WriteTx,
    sku: str | None = None,
    *,
    price: int | None = 1980,
    compare_at: int | None = None,
    channel_id: int | None = None,
    is_published: bool = True,
    product_id: int | None = None,
    names: dict[str, str] | None = None,
    jan: str | None = None,
    options: list[dict[str, Any]] | None = None,
    position: int = 0,
    weight_g: int | None = 500,
    girth_cm: int | None = 60,
    sides_mm: tuple[int, int, int] | None = None,
    is_chilled: bool = False,
    temperature: str | None = None,
    is_active: bool = True,
    **product: Any,
) -> int:
    """A variant, with a product of its own unless `product_id` is given; returns its id.

    It is listed at `price` (minor units, tax included) when `channel_id` is given. Other keywords go to
    `make_product`; the product's default slug is the SKU in lower case.
    """
    sku = sku or f"SKU-{next(_NUMBERS)}"
    if product_id is None:
        product_id = await make_product(tx, **{"slug": sku.lower(), **product})
    variant_id = await tx.fetchval(
        _VARIANT,
        product_id=product_id,
        sku=sku,
        jan=jan,
        names=names or {},
        options=options or [],
        position=position,
        weight_g=weight_g,
        girth_cm=girth_cm,
        **dict(zip(("length_mm", "width_mm", "height_mm"), sides_mm or (None,) * 3, strict=True)),
        temperature=temperature or ("CHILLED" if is_chilled else "AMBIENT"),
        is_active=is_active,
    )
    await _renew_search(tx, product_id)
    if channel_id is not None and price is not None:
        await put_price(tx, variant_id, channel_id, price, compare_at=compare_at, is_published=is_published)
    return variant_id


async def put_price(
    tx: WriteTx,
    variant_id: int,
    channel_id: int,
    price: int,
    *,
    compare_at: int | None = None,
    is_published: bool = True,
) -> None:
    """List a variant in a channel, or change its price there."""
    await tx.execute(
        _LIST,
        channel_id=channel_id,
        variant_id=variant_id,
        price_minor=price,
        compare_at_minor=compare_at,
        is_published=is_published,
    )
    await tx.execute(_UNLIST, variant_id=variant_id)
    await tx.execute(_SUM_UP, variant_id=variant_id)


async def _renew_search(tx: WriteTx, product_id: int) -> None:
    row = await tx.fetchrow(_SEARCHED, id=product_id)
    assert row is not None
    described = [tuple(variant) for variant in await tx.fetch(_SEARCHED_VARIANTS, id=product_id)]
    entry = search_entry(row.names, row.descriptions, row.brand, described)
    await tx.execute(_SET_SEARCH, id=product_id, text=entry.text, terms=entry.terms)
