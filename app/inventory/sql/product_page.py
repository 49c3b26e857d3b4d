"""A product with its variants, their prices and their stock in one statement: the page that is looked at most.

Of the stock only where it can be bought comes along, as two arrays for each variant. A row for each variant; a product
without variants has one row whose variant is null.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from app.inventory.sql.availability import FREE
from app.kit.statement import Statement

PRODUCT: Final = frozenset({
    "id", "slug", "names", "descriptions", "brand", "category_id", "attributes", "tax_class", "is_active", "created_at",
    "price_min_minor", "price_max_minor", "currency",
})  # fmt: skip
VARIANT: Final = frozenset({
    "id", "product_id", "sku", "jan", "names", "options", "position", "weight_g", "girth_cm", "length_mm",
    "width_mm", "height_mm", "temperature", "is_chilled", "is_active", "price_minor", "compare_at_minor", "currency",
})  # fmt: skip
# A product with more variants is read in several statements: its own columns come with each row.
MAX_VARIANTS: Final = 40
_OF_LISTING: Final = {"price_min_minor": "x", "price_max_minor": "x", "price_minor": "l", "compare_at_minor": "l"}


class PageStatement(NamedTuple):
    """Where the values of a row belong: first those of the product, then those of the variant, then the two arrays."""

    statement: Statement
    product: tuple[str, ...]
    variant: tuple[str, ...]
    with_stock: bool


@lru_cache(maxsize=256)
def page_statement(key: str, product: frozenset[str], variant: frozenset[str], *, with_stock: bool) -> PageStatement:
    """key: `id` or `slug`, also the name of a parameter; the others are channel_id and channel_currency.

    product, variant: wanted columns, some of PRODUCT and of VARIANT; their ids are always there and come first.
    """
    of_product = ("id", *sorted(product - {"id"}))
    of_variant = ("id", *sorted(variant - {"id"}))
    columns = [*(_column(name, "p") for name in of_product), *(_column(name, "v") for name in of_variant)]
    stock = ""
    if with_stock:
        columns += ["s.location_ids", "s.units"]
        stock = f"""
          LEFT JOIN LATERAL (
               SELECT array_agg(s.location_id) AS location_ids, array_agg({FREE}) AS units
                 FROM stock AS s
                WHERE s.variant_id = v.id AND {FREE} > 0) AS s ON true"""  # noqa: S608  # names of ours
    statement = Statement(
        f"""
        SELECT {", ".join(columns)}
          FROM products AS p
          JOIN LATERAL (SELECT price_min_minor, price_max_minor FROM product_listings
                         WHERE product_id = p.id AND channel_id = CAST(:channel_id AS int) LIMIT 1) AS x ON true
          LEFT JOIN (variants AS v
               JOIN LATERAL (SELECT price_minor, compare_at_minor, is_published FROM listings
                              WHERE variant_id = v.id AND channel_id = CAST(:channel_id AS int) LIMIT 1) AS l
                 ON l.is_published)
            ON v.product_id = p.id AND v.is_active{stock}
         WHERE p.{key} = :{key}
         ORDER BY v.position, v.id
         LIMIT {MAX_VARIANTS + 1}""",  # noqa: S608  # names of ours
        generic=True,
    )
    return PageStatement(statement, of_product, of_variant, with_stock)


def _column(name: str, table: str) -> str:
    if name == "currency":
        return f"CAST(:channel_currency AS text) AS {table}_currency"
    return f"{_OF_LISTING.get(name, table)}.{name} AS {table}_{name}"
