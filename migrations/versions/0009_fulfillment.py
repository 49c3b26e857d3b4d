"""Fulfillments, work instructions, shipments and pickups."""

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"


def upgrade() -> None:
    """Create the tables."""
    op.execute("CREATE SEQUENCE pickup_numbers START WITH 70000001")

    op.create_table(
        "fulfillments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("kind IN ('SHIP', 'PICKUP')", name=op.f("fulfillment_kind_known")),
        sa.CheckConstraint(
            "status IN ('OPEN', 'SHIPPED', 'COMPLETED', 'CANCELED')", name=op.f("fulfillment_state_known")
        ),
        sa.ForeignKeyConstraint(["delivery_id"], ["order_deliveries.id"], name=op.f("fk_fulfillments_delivery_id")),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_fulfillments_location_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_fulfillments_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fulfillments")),
    )
    op.create_index("ix_fulfillments_delivery_id", "fulfillments", ["delivery_id"], unique=False)
    op.create_index("ix_fulfillments_location_id", "fulfillments", ["location_id", "status"], unique=False)
    op.create_index("ix_fulfillments_order_id", "fulfillments", ["order_id"], unique=False)
    op.create_table(
        "pickups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("code_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("failed_attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_locked", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hold_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(status = 'COLLECTED') = (collected_at IS NOT NULL)", name=op.f("collected_pickups_have_a_time")
        ),
        sa.CheckConstraint(
            "status IN ('REQUESTED', 'PREPARING', 'IN_TRANSIT_TO_POINT', 'READY', 'COLLECTED', 'EXPIRED', 'CANCELED')",
            name=op.f("pickup_status_known"),
        ),
        sa.CheckConstraint("failed_attempts BETWEEN 0 AND 5", name=op.f("failed_attempts_counted_to_five")),
        sa.ForeignKeyConstraint(["delivery_id"], ["order_deliveries.id"], name=op.f("fk_pickups_delivery_id")),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_pickups_location_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_pickups_order_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_pickups_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pickups")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_pickups_delivery_id")),
        sa.UniqueConstraint("number", name=op.f("uq_pickups_number")),
    )
    op.create_index(
        "ix_pickups_hold_until", "pickups", ["hold_until"], unique=False, postgresql_where=sa.text("status = 'READY'")
    )
    op.create_index("ix_pickups_location_id", "pickups", ["location_id", "status"], unique=False)
    op.create_index("ix_pickups_order_id", "pickups", ["order_id"], unique=False)
    op.create_index("ix_pickups_partner_id", "pickups", ["partner_id", "status"], unique=False)
    op.create_table(
        "fulfillment_lines",
        sa.Column("fulfillment_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("fulfillment_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"], ["fulfillments.id"], name=op.f("fk_fulfillment_lines_fulfillment_id")
        ),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_fulfillment_lines_variant_id")),
        sa.PrimaryKeyConstraint("fulfillment_id", "line_no", name=op.f("pk_fulfillment_lines")),
    )
    op.create_index("ix_fulfillment_lines_variant_id", "fulfillment_lines", ["variant_id"], unique=False)
    op.create_table(
        "shipments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fulfillment_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("tracking_number", sa.Text(), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["fulfillment_id"], ["fulfillments.id"], name=op.f("fk_shipments_fulfillment_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_shipments_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipments")),
        sa.UniqueConstraint("carrier", "tracking_number", name="uq_shipments_tracking"),
        sa.UniqueConstraint("fulfillment_id", name="uq_shipments_fulfillment"),
    )
    op.create_index("ix_shipments_order_id", "shipments", ["order_id"], unique=False)
    op.create_table(
        "work_instructions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("fulfillment_id", sa.Uuid(), nullable=True),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(status = 'DONE') = (completed_at IS NOT NULL)", name=op.f("done_work_has_a_time")),
        sa.CheckConstraint(
            "kind IN ('PICK', 'SHIP', 'PREPARE_PICKUP', 'TRANSFER', 'RECEIVE')", name=op.f("work_kind_known")
        ),
        sa.CheckConstraint("status IN ('WAITING', 'OPEN', 'DONE', 'CANCELED')", name=op.f("work_status_known")),
        sa.CheckConstraint("num_nonnulls(fulfillment_id, transfer_id) = 1", name=op.f("work_is_about_one_thing")),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"], ["fulfillments.id"], name=op.f("fk_work_instructions_fulfillment_id")
        ),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_work_instructions_location_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_work_instructions_order_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"], name=op.f("fk_work_instructions_transfer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_instructions")),
        sa.UniqueConstraint("fulfillment_id", "kind", name="uq_work_instructions_fulfillment"),
        sa.UniqueConstraint("transfer_id", "kind", name="uq_work_instructions_transfer"),
    )
    op.create_index(
        "ix_work_instructions_location_id", "work_instructions", ["location_id", "status", "id"], unique=False
    )
    op.create_index("ix_work_instructions_order_id", "work_instructions", ["order_id"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_work_instructions_order_id", table_name="work_instructions")
    op.drop_index("ix_work_instructions_location_id", table_name="work_instructions")
    op.drop_table("work_instructions")
    op.drop_index("ix_shipments_order_id", table_name="shipments")
    op.drop_table("shipments")
    op.drop_index("ix_fulfillment_lines_variant_id", table_name="fulfillment_lines")
    op.drop_table("fulfillment_lines")
    op.drop_index("ix_pickups_partner_id", table_name="pickups")
    op.drop_index("ix_pickups_order_id", table_name="pickups")
    op.drop_index("ix_pickups_location_id", table_name="pickups")
    op.drop_index("ix_pickups_hold_until", table_name="pickups", postgresql_where=sa.text("status = 'READY'"))
    op.drop_table("pickups")
    op.drop_index("ix_fulfillments_order_id", table_name="fulfillments")
    op.drop_index("ix_fulfillments_location_id", table_name="fulfillments")
    op.drop_index("ix_fulfillments_delivery_id", table_name="fulfillments")
    op.drop_table("fulfillments")

    op.execute("DROP SEQUENCE pickup_numbers")
