"""Tables of the catalog slice. Texts are objects from language to text: {"ja": …, "en": …}."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.kit.tables import instant, metadata

categories = Table(
    "categories",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("names", JSONB, nullable=False),
    Column("parent_id", Integer, ForeignKey("categories.id"), nullable=True),
    Column("position", Integer, nullable=False, server_default="0"),
    Index("ix_categories_parent_id", "parent_id"),
)

# `search_text`, `search_grams` and the two sort names are made by `app.catalog.model` from the other texts
# and the variants' codes; `attributes` is [{"key": "material", "labels": {"ja": "素材"}, "values": {"ja":
# "綿"}}, …].
products = Table(
    "products",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("names", JSONB, nullable=False),
    Column("descriptions", JSONB, nullable=False, server_default="{}"),
    Column("brand", Text, nullable=True),
    Column("category_id", Integer, ForeignKey("categories.id"), nullable=True),
    Column("attributes", JSONB, nullable=False, server_default="[]"),
    Column("tax_class", Text, nullable=False),
    Column("sort_name_ja", Text(collation="C"), nullable=False),
    Column("sort_name_en", Text(collation="C"), nullable=False),
    Column("search_text", Text, nullable=False),
    Column("search_grams", ARRAY(Text), nullable=False),
    Column("is_active", Boolean, nullable=False, server_default="true"),
    Column("version", Integer, nullable=False, server_default="1"),
    instant("created_at", default_now=True),
    instant("updated_at", default_now=True),
    Index("ix_products_category_id", "category_id", "id"),
    Index("ix_products_brand", "brand", "id"),
    Index("ix_products_sort_name_ja", "sort_name_ja", "id"),
    Index("ix_products_sort_name_en", "sort_name_en", "id"),
    Index("ix_products_search_grams", "search_grams", postgresql_using="gin"),
    CheckConstraint("tax_class IN ('STANDARD_10', 'REDUCED_8', 'EXEMPT')", "tax_class_known"),
)

# `options` tells what sets the variant apart, in the shape of the product's attributes: color, size.
# Sizes and weight decide which delivery modes take it, the three sides of one packed unit which lockers.
variants = Table(
    "variants",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("product_id", BigInteger, ForeignKey("products.id"), nullable=False),
    Column("sku", Text, nullable=False, unique=True),
    Column("jan", Text, nullable=True, unique=True),
    Column("names", JSONB, nullable=False),
    Column("options", JSONB, nullable=False, server_default="[]"),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("weight_g", Integer, nullable=True),
    Column("girth_cm", Integer, nullable=True),
    Column("length_mm", Integer, nullable=True),
    Column("width_mm", Integer, nullable=True),
    Column("height_mm", Integer, nullable=True),
    Column("temperature", Text, nullable=False, server_default="AMBIENT"),
    Column("is_chilled", Boolean, Computed("temperature <> 'AMBIENT'", persisted=True), nullable=False),
    Column("is_active", Boolean, nullable=False, server_default="true"),
    Index("ix_variants_product_id", "product_id", "position"),
    CheckConstraint("jan ~ '^[0-9]{8}([0-9]{5})?$'", "jan_has_8_or_13_digits"),
    CheckConstraint("weight_g > 0 AND girth_cm > 0", "sizes_positive"),
    CheckConstraint("temperature IN ('AMBIENT', 'CHILLED', 'FROZEN')", "variant_temperature_known"),
    CheckConstraint("length_mm > 0 AND width_mm > 0 AND height_mm > 0", "sides_positive"),
    CheckConstraint("num_nulls(length_mm, width_mm, height_mm) IN (0, 3)", "sides_are_known_together"),
)

media = Table(
    "media",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("product_id", BigInteger, ForeignKey("products.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("alts", JSONB, nullable=False, server_default="{}"),
    Column("position", Integer, nullable=False, server_default="0"),
    Index("ix_media_product_id", "product_id", "position"),
)

# Prices include consumption tax.
listings = Table(
    "listings",
    metadata,
    Column("channel_id", Integer, ForeignKey("channels.id"), primary_key=True),
    Column("variant_id", BigInteger, ForeignKey("variants.id"), primary_key=True),
    Column("price_minor", Integer, nullable=False),
    Column("compare_at_minor", Integer, nullable=True),
    Column("is_published", Boolean, nullable=False, server_default="true"),
    Index("ix_listings_variant_id", "variant_id"),
    CheckConstraint("price_minor >= 0", "price_not_negative"),
    CheckConstraint("compare_at_minor > price_minor", "compare_at_above_price"),
)

# What a channel shows of a product: a row for each active product with a published listing of an active
# variant, with the lowest and the highest of these prices. Kept by the actions of this slice, so that lists
# need not aggregate.
product_listings = Table(
    "product_listings",
    metadata,
    Column("channel_id", Integer, ForeignKey("channels.id"), primary_key=True),
    Column("product_id", BigInteger, ForeignKey("products.id"), primary_key=True),
    Column("price_min_minor", Integer, nullable=False),
    Column("price_max_minor", Integer, nullable=False),
    Index("ix_product_listings_product_id", "product_id"),
    Index("ix_product_listings_price_min_minor", "channel_id", "price_min_minor", "product_id"),
    CheckConstraint("price_min_minor BETWEEN 0 AND price_max_minor", "price_range_ordered"),
)
