"""Stores hand over in slots, each for so many orders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0048"
down_revision: str | None = "0047"


def upgrade() -> None:
    """No store has slots before somebody plans them."""
    op.create_table(
        "pickup_slot_plans",
        sa.Column("location_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("week", postgresql.JSONB(), nullable=False),
        sa.Column("days", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("lead_minutes", sa.Integer(), nullable=False),
        sa.Column("transfer_days", sa.Integer(), nullable=False),
        sa.Column("days_ahead", sa.Integer(), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("lead_minutes BETWEEN 0 AND 2880", name=op.f("slot_lead_reasonable")),
        sa.CheckConstraint("transfer_days BETWEEN 0 AND 30", name=op.f("slot_transfers_reasonable")),
        sa.CheckConstraint("days_ahead BETWEEN 0 AND 90", name=op.f("slots_ahead_reasonable")),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_pickup_slot_plans_location_id")),
        sa.PrimaryKeyConstraint("location_id", name=op.f("pk_pickup_slot_plans")),
    )
    op.create_table(
        "pickup_slots",
        sa.Column("location_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("begins", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("booked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ceiling", sa.Integer(), nullable=False),
        sa.CheckConstraint("begins < ends", name=op.f("slots_last")),
        sa.CheckConstraint("booked BETWEEN 0 AND ceiling", name=op.f("slots_never_overbooked")),
        sa.CheckConstraint("capacity BETWEEN 0 AND ceiling", name=op.f("slot_ceiling_reaches_capacity")),
        sa.ForeignKeyConstraint(
            ["location_id"], ["pickup_slot_plans.location_id"], name=op.f("fk_pickup_slots_location_id")
        ),
        sa.PrimaryKeyConstraint("location_id", "begins", name=op.f("pk_pickup_slots")),
    )
    _bookings()
    for column in ("slot_begins", "slot_ends"):
        op.add_column("cart_deliveries", sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("cart_slots_are_of_stores"),
        "cart_deliveries",
        "(slot_begins IS NULL) = (slot_ends IS NULL) AND (slot_begins IS NULL OR mode = 'STORE_PICKUP')",
    )


def _bookings() -> None:
    op.create_table(
        "pickup_slot_bookings",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("begins", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("state IN ('BOOKED', 'RELEASED')", name=op.f("slot_state_known")),
        sa.ForeignKeyConstraint(
            ["location_id", "begins"],
            ["pickup_slots.location_id", "pickup_slots.begins"],
            name=op.f("fk_pickup_slot_bookings_location_id"),
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_pickup_slot_bookings")),
    )
    op.create_index("ix_pickup_slot_bookings_order_id", "pickup_slot_bookings", ["order_id"])
    op.create_index(
        "ix_pickup_slot_bookings_slot",
        "pickup_slot_bookings",
        ["location_id", "begins", "delivery_id"],
        postgresql_where=sa.text("state = 'BOOKED'"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_constraint(op.f("cart_slots_are_of_stores"), "cart_deliveries")
    for column in ("slot_ends", "slot_begins"):
        op.drop_column("cart_deliveries", column)
    for table in ("pickup_slot_bookings", "pickup_slots", "pickup_slot_plans"):
        op.drop_table(table)
