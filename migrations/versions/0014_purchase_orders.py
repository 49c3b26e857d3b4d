"""What suppliers are to deliver, and when units under way are to arrive."""

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"


def upgrade() -> None:
    """Create the tables and the column."""
    op.add_column("transfers", sa.Column("expected_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("CREATE SEQUENCE purchase_order_numbers START WITH 60000001")
    op.create_table(
        "purchase_orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("supplier_name", sa.Text(), nullable=False),
        sa.Column("supplier_reference", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "status IN ('DRAFT', 'ORDERED', 'PARTIALLY_RECEIVED', 'RECEIVED', 'CLOSED_SHORT', 'CANCELED')",
            name=op.f("purchase_order_status_known"),
        ),
        sa.CheckConstraint(
            "(closed_at IS NOT NULL) = (status IN ('RECEIVED', 'CLOSED_SHORT', 'CANCELED'))",
            name=op.f("closed_purchase_orders_have_a_time"),
        ),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_purchase_orders_location_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_purchase_orders_number")),
    )
    op.create_index("ix_purchase_orders_location_id", "purchase_orders", ["location_id", "status"])
    op.create_table(
        "purchase_order_lines",
        sa.Column("purchase_order_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("received_quantity", sa.Integer(), server_default="0", nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("purchase_quantity_positive")),
        sa.CheckConstraint(
            "received_quantity BETWEEN 0 AND 2 * quantity::bigint", name=op.f("purchase_received_plausible")
        ),
        sa.ForeignKeyConstraint(
            ["purchase_order_id"], ["purchase_orders.id"], name=op.f("fk_purchase_order_lines_purchase_order_id")
        ),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_purchase_order_lines_variant_id")),
        sa.PrimaryKeyConstraint("purchase_order_id", "line_no", name=op.f("pk_purchase_order_lines")),
    )
    op.create_index("ix_purchase_order_lines_variant_id", "purchase_order_lines", ["variant_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("purchase_order_lines")
    op.drop_table("purchase_orders")
    op.execute("DROP SEQUENCE purchase_order_numbers")
    op.drop_column("transfers", "expected_at")
