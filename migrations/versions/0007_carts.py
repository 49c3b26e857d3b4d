"""Carts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision: str = "0007"
down_revision: str | None = "0006"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "carts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("status IN ('OPEN', 'COMPLETED')", name=op.f("cart_status_known")),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_carts_channel_id")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_carts_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carts")),
    )
    op.create_index("ix_carts_channel_id", "carts", ["channel_id"], unique=False)
    op.create_index(
        "ix_carts_expires_at", "carts", ["expires_at"], unique=False, postgresql_where=sa.text("status = 'OPEN'")
    )
    op.create_index("ix_carts_member_id", "carts", ["member_id"], unique=False)
    op.create_table(
        "cart_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cart_id", sa.Uuid(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=True),
        sa.Column("address", postgresql.JSONB(astext_type=Text()), nullable=True),
        sa.CheckConstraint(
            "(mode = 'HOME_DELIVERY') = (address IS NOT NULL)", name=op.f("cart_deliveries_home_name_an_address")
        ),
        sa.CheckConstraint(
            "(mode = 'HOME_DELIVERY') = (location_id IS NULL)", name=op.f("cart_pickups_name_a_location")
        ),
        sa.CheckConstraint(
            "mode IN ('HOME_DELIVERY', 'STORE_PICKUP', 'CONVENIENCE_STORE_PICKUP', 'LOCKER_PICKUP')",
            name=op.f("cart_delivery_mode_known"),
        ),
        sa.ForeignKeyConstraint(["cart_id"], ["carts.id"], name=op.f("fk_cart_deliveries_cart_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_cart_deliveries_location_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cart_deliveries")),
    )
    op.create_index("ix_cart_deliveries_cart_id", "cart_deliveries", ["cart_id"], unique=False)
    op.create_index("ix_cart_deliveries_location_id", "cart_deliveries", ["location_id"], unique=False)
    op.create_table(
        "cart_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cart_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price_minor", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("quantity BETWEEN 1 AND 9999", name=op.f("cart_quantity_reasonable")),
        sa.ForeignKeyConstraint(["cart_id"], ["carts.id"], name=op.f("fk_cart_lines_cart_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["cart_deliveries.id"], name=op.f("fk_cart_lines_delivery_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_cart_lines_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cart_lines")),
        sa.UniqueConstraint("cart_id", "variant_id", name="uq_cart_lines_variant"),
    )
    op.create_index("ix_cart_lines_delivery_id", "cart_lines", ["delivery_id"], unique=False)
    op.create_index("ix_cart_lines_variant_id", "cart_lines", ["variant_id"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_cart_lines_variant_id", table_name="cart_lines")
    op.drop_index("ix_cart_lines_delivery_id", table_name="cart_lines")
    op.drop_table("cart_lines")
    op.drop_index("ix_cart_deliveries_location_id", table_name="cart_deliveries")
    op.drop_index("ix_cart_deliveries_cart_id", table_name="cart_deliveries")
    op.drop_table("cart_deliveries")
    op.drop_index("ix_carts_member_id", table_name="carts")
    op.drop_index("ix_carts_expires_at", table_name="carts", postgresql_where=sa.text("status = 'OPEN'"))
    op.drop_index("ix_carts_channel_id", table_name="carts")
    op.drop_table("carts")
