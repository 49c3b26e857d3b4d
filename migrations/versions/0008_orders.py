"""Orders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision: str = "0008"
down_revision: str | None = "0007"


def upgrade() -> None:
    """Create the tables."""
    op.execute("CREATE SEQUENCE order_numbers START WITH 10000001")

    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("source_system", sa.Text(), nullable=False),
        sa.Column("external_reference", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("payment_status", sa.Text(), nullable=False),
        sa.Column("fulfillment_status", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("subtotal_minor", sa.Integer(), nullable=False),
        sa.Column("shipping_minor", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total_minor", sa.Integer(), nullable=False),
        sa.Column("tax_minor", sa.Integer(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("canceled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "fulfillment_status IN ('UNFULFILLED', 'PARTIALLY_FULFILLED', 'FULFILLED', 'CANCELED')",
            name=op.f("fulfillment_status_known"),
        ),
        sa.CheckConstraint(
            "payment_status IN ('PENDING', 'AUTHORIZED', 'DUE_AT_PICKUP', 'CAPTURED', 'VOIDED', 'REFUNDED', 'FAILED')",
            name=op.f("order_payment_status_known"),
        ),
        sa.CheckConstraint(
            "status IN ('PENDING_PAYMENT', 'PLACED', 'COMPLETED', 'CANCELED', 'RETURNED')",
            name=op.f("order_status_known"),
        ),
        sa.CheckConstraint("total_minor = subtotal_minor + shipping_minor", name=op.f("order_total_adds_up")),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_orders_channel_id")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_orders_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
        sa.UniqueConstraint("source_system", "external_reference", name="uq_orders_source"),
    )
    op.create_index("ix_orders_channel_id", "orders", ["channel_id"], unique=False)
    op.create_index("ix_orders_email", "orders", ["email"], unique=False)
    op.create_index("ix_orders_member_id", "orders", ["member_id"], unique=False)
    op.create_index("ix_orders_placed_at", "orders", ["placed_at", "id"], unique=False)
    op.create_table(
        "order_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=True),
        sa.Column("address", postgresql.JSONB(astext_type=Text()), nullable=True),
        sa.CheckConstraint(
            "mode IN ('HOME_DELIVERY', 'STORE_PICKUP', 'CONVENIENCE_STORE_PICKUP', 'LOCKER_PICKUP', 'TAKE_AWAY')",
            name=op.f("order_delivery_mode_known"),
        ),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_order_deliveries_location_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_deliveries_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_deliveries")),
    )
    op.create_index("ix_order_deliveries_location_id", "order_deliveries", ["location_id"], unique=False)
    op.create_index("ix_order_deliveries_order_id", "order_deliveries", ["order_id"], unique=False)
    op.create_table(
        "order_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "kind IN ('CREATED', 'PLACED', 'WORK_PLANNED', 'PICKED', 'SHIPPED', 'TRANSFER_SHIPPED', 'TRANSFER_RECEIVED', 'PICKUP_READY', 'PICKUP_ARRIVED', 'PICKUP_CODE_VERIFIED', 'PICKUP_CODE_REFUSED', 'PICKUP_LOCKED', 'PICKUP_UNLOCKED', 'PICKUP_COLLECTED', 'PICKUP_EXPIRED', 'PARTIALLY_FULFILLED', 'COMPLETED', 'UNITS_CANCELED', 'CANCELED', 'PAYMENT_CHANGED', 'LATE_AUTHORIZATION')",
            name=op.f("order_history_kind_known"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_history_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_history")),
    )
    op.create_index("ix_order_history_order_id", "order_history", ["order_id", "id"], unique=False)
    op.create_table(
        "order_taxes",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("taxable_minor", sa.Integer(), nullable=False),
        sa.Column("tax_minor", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_taxes_order_id")),
        sa.PrimaryKeyConstraint("order_id", "rate_bp", name=op.f("pk_order_taxes")),
    )
    op.create_table(
        "order_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("fulfilled_quantity", sa.Integer(), server_default="0", nullable=False),
        sa.Column("canceled_quantity", sa.Integer(), server_default="0", nullable=False),
        sa.Column("short_quantity", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unit_price_minor", sa.Integer(), nullable=False),
        sa.Column("tax_class", sa.Text(), nullable=False),
        sa.Column("tax_rate_bp", sa.Integer(), nullable=False),
        sa.Column("total_minor", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "quantity < 0 OR fulfilled_quantity + canceled_quantity + short_quantity <= quantity",
            name=op.f("order_line_quantities_within"),
        ),
        sa.CheckConstraint("quantity <> 0", name=op.f("order_quantity_not_zero")),
        sa.CheckConstraint("total_minor = quantity * unit_price_minor", name=op.f("order_line_total_adds_up")),
        sa.ForeignKeyConstraint(["delivery_id"], ["order_deliveries.id"], name=op.f("fk_order_lines_delivery_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_order_lines_variant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint("order_id", "line_no", name="uq_order_lines_line_no"),
    )
    op.create_index("ix_order_lines_delivery_id", "order_lines", ["delivery_id"], unique=False)
    op.create_index("ix_order_lines_variant_id", "order_lines", ["variant_id"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_order_lines_variant_id", table_name="order_lines")
    op.drop_index("ix_order_lines_delivery_id", table_name="order_lines")
    op.drop_table("order_lines")
    op.drop_table("order_taxes")
    op.drop_index("ix_order_history_order_id", table_name="order_history")
    op.drop_table("order_history")
    op.drop_index("ix_order_deliveries_order_id", table_name="order_deliveries")
    op.drop_index("ix_order_deliveries_location_id", table_name="order_deliveries")
    op.drop_table("order_deliveries")
    op.drop_index("ix_orders_placed_at", table_name="orders")
    op.drop_index("ix_orders_member_id", table_name="orders")
    op.drop_index("ix_orders_email", table_name="orders")
    op.drop_index("ix_orders_channel_id", table_name="orders")
    op.drop_table("orders")

    op.execute("DROP SEQUENCE order_numbers")
