"""Products, variants, categories, media and listings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "categories",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["categories.id"], name=op.f("fk_categories_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sa.UniqueConstraint("slug", name=op.f("uq_categories_slug")),
    )
    op.create_index("ix_categories_parent_id", "categories", ["parent_id"], unique=False)
    op.create_table(
        "products",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("descriptions", postgresql.JSONB(astext_type=Text()), server_default="{}", nullable=False),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("attributes", postgresql.JSONB(astext_type=Text()), server_default="[]", nullable=False),
        sa.Column("tax_class", sa.Text(), nullable=False),
        sa.Column("sort_name_ja", sa.Text(collation="C"), nullable=False),
        sa.Column("sort_name_en", sa.Text(collation="C"), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("search_grams", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column(
            "updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("tax_class IN ('STANDARD_10', 'REDUCED_8', 'EXEMPT')", name=op.f("tax_class_known")),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name=op.f("fk_products_category_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
        sa.UniqueConstraint("slug", name=op.f("uq_products_slug")),
    )
    op.create_index("ix_products_brand", "products", ["brand", "id"], unique=False)
    op.create_index("ix_products_category_id", "products", ["category_id", "id"], unique=False)
    op.create_index("ix_products_search_grams", "products", ["search_grams"], unique=False, postgresql_using="gin")
    op.create_index("ix_products_sort_name_en", "products", ["sort_name_en", "id"], unique=False)
    op.create_index("ix_products_sort_name_ja", "products", ["sort_name_ja", "id"], unique=False)
    op.create_table(
        "media",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("alts", postgresql.JSONB(astext_type=Text()), server_default="{}", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_media_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
    )
    op.create_index("ix_media_product_id", "media", ["product_id", "position"], unique=False)
    op.create_table(
        "product_listings",
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("price_min_minor", sa.Integer(), nullable=False),
        sa.Column("price_max_minor", sa.Integer(), nullable=False),
        sa.CheckConstraint("price_min_minor BETWEEN 0 AND price_max_minor", name=op.f("price_range_ordered")),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_product_listings_channel_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_product_listings_product_id")),
        sa.PrimaryKeyConstraint("channel_id", "product_id", name=op.f("pk_product_listings")),
    )
    op.create_index(
        "ix_product_listings_price_min_minor",
        "product_listings",
        ["channel_id", "price_min_minor", "product_id"],
        unique=False,
    )
    op.create_index("ix_product_listings_product_id", "product_listings", ["product_id"], unique=False)
    op.create_table(
        "variants",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("jan", sa.Text(), nullable=True),
        sa.Column("names", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=Text()), server_default="[]", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=True),
        sa.Column("girth_cm", sa.Integer(), nullable=True),
        sa.Column("is_chilled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.CheckConstraint("jan ~ '^[0-9]{8}([0-9]{5})?$'", name=op.f("jan_has_8_or_13_digits")),
        sa.CheckConstraint("weight_g > 0 AND girth_cm > 0", name=op.f("sizes_positive")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_variants_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variants")),
        sa.UniqueConstraint("jan", name=op.f("uq_variants_jan")),
        sa.UniqueConstraint("sku", name=op.f("uq_variants_sku")),
    )
    op.create_index("ix_variants_product_id", "variants", ["product_id", "position"], unique=False)
    op.create_table(
        "listings",
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=False),
        sa.Column("compare_at_minor", sa.Integer(), nullable=True),
        sa.Column("is_published", sa.Boolean(), server_default="true", nullable=False),
        sa.CheckConstraint("compare_at_minor > price_minor", name=op.f("compare_at_above_price")),
        sa.CheckConstraint("price_minor >= 0", name=op.f("price_not_negative")),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_listings_channel_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_listings_variant_id")),
        sa.PrimaryKeyConstraint("channel_id", "variant_id", name=op.f("pk_listings")),
    )
    op.create_index("ix_listings_variant_id", "listings", ["variant_id"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_listings_variant_id", table_name="listings")
    op.drop_table("listings")
    op.drop_index("ix_variants_product_id", table_name="variants")
    op.drop_table("variants")
    op.drop_index("ix_product_listings_product_id", table_name="product_listings")
    op.drop_index("ix_product_listings_price_min_minor", table_name="product_listings")
    op.drop_table("product_listings")
    op.drop_index("ix_media_product_id", table_name="media")
    op.drop_table("media")
    op.drop_index("ix_products_sort_name_ja", table_name="products")
    op.drop_index("ix_products_sort_name_en", table_name="products")
    op.drop_index("ix_products_search_grams", table_name="products", postgresql_using="gin")
    op.drop_index("ix_products_category_id", table_name="products")
    op.drop_index("ix_products_brand", table_name="products")
    op.drop_table("products")
    op.drop_index("ix_categories_parent_id", table_name="categories")
    op.drop_table("categories")
