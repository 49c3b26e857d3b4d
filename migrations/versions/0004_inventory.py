"""Stock, holds, the ledger and transfers."""

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    """Create the tables."""
    op.execute("CREATE SEQUENCE transfer_numbers START WITH 50000001")

    op.create_table(
        "holds",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("owner_kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'R') = (expires_at IS NOT NULL)", name=op.f("reservations_expire_allocations_do_not")
        ),
        sa.CheckConstraint("owner_kind IN ('ORDER', 'CART', 'TRANSFER', 'STAFF')", name=op.f("hold_owner_known")),
        sa.CheckConstraint("state IN ('R', 'A')", name=op.f("hold_state_known")),
        sa.CheckConstraint("quantity > 0", name=op.f("hold_quantity_positive")),
        sa.PrimaryKeyConstraint("owner_id", "line_no", "variant_id", "location_id", name=op.f("pk_holds")),
        postgresql_with={"fillfactor": "90"},
    )
    op.create_index(
        "ix_holds_expires_at", "holds", ["expires_at"], unique=False, postgresql_where=sa.text("state = 'R'")
    )
    op.create_index("ix_holds_variant_id", "holds", ["variant_id", "location_id"], unique=False)
    op.create_table(
        "ledger",
        sa.Column("entry_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("d_on_hand", sa.Integer(), server_default="0", nullable=False),
        sa.Column("d_reserved", sa.Integer(), server_default="0", nullable=False),
        sa.Column("d_allocated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("d_safety", sa.Integer(), server_default="0", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("cause_kind", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('RECEIVED', 'RESERVED', 'RESERVATION_RELEASED', 'RESERVATION_EXPIRED', 'ALLOCATED', 'RESERVATION_ALLOCATED', 'ALLOCATION_RELEASED', 'SHIPPED', 'HANDED_OVER', 'TRANSFERRED_OUT', 'TRANSFERRED_IN', 'LOST_IN_TRANSIT', 'RETURNED', 'ADJUSTED', 'SAFETY_SET')",
            name=op.f("movement_kind_known"),
        ),
        sa.CheckConstraint(
            "d_on_hand <> 0 OR d_reserved <> 0 OR d_allocated <> 0 OR d_safety <> 0",
            name=op.f("ledger_moves_something"),
        ),
        sa.PrimaryKeyConstraint("entry_id", "at", name=op.f("pk_ledger")),
        postgresql_partition_by="RANGE (at)",
    )
    op.create_index("ix_ledger_cause_id", "ledger", ["cause_id"], unique=False)
    op.create_index("ix_ledger_variant_id", "ledger", ["variant_id", "location_id", "entry_id"], unique=False)
    op.create_table(
        "transfers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("from_location_id", sa.Integer(), nullable=False),
        sa.Column("to_location_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("canceled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "status IN ('READY_TO_SHIP', 'IN_TRANSIT', 'PARTIALLY_RECEIVED', 'RECEIVED', 'CANCELED')",
            name=op.f("transfer_status_known"),
        ),
        sa.CheckConstraint("from_location_id <> to_location_id", name=op.f("transfer_goes_somewhere")),
        sa.ForeignKeyConstraint(["from_location_id"], ["locations.id"], name=op.f("fk_transfers_from_location_id")),
        sa.ForeignKeyConstraint(["to_location_id"], ["locations.id"], name=op.f("fk_transfers_to_location_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
        sa.UniqueConstraint("number", name=op.f("uq_transfers_number")),
    )
    op.create_index("ix_transfers_from_location_id", "transfers", ["from_location_id", "status"], unique=False)
    op.create_index("ix_transfers_order_id", "transfers", ["order_id"], unique=False)
    op.create_index("ix_transfers_to_location_id", "transfers", ["to_location_id", "status"], unique=False)
    op.create_table(
        "stock",
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("on_hand", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reserved", sa.Integer(), server_default="0", nullable=False),
        sa.Column("allocated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("safety", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "on_hand >= 0 AND reserved >= 0 AND allocated >= 0 AND safety >= 0", name=op.f("stock_not_negative")
        ),
        sa.CheckConstraint("reserved::bigint + allocated <= on_hand", name=op.f("stock_not_oversold")),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_stock_location_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_stock_variant_id")),
        sa.PrimaryKeyConstraint("variant_id", "location_id", name=op.f("pk_stock")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("ix_stock_location_id", "stock", ["location_id", "variant_id"], unique=False)
    op.create_table(
        "transfer_lines",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("shipped_quantity", sa.Integer(), server_default="0", nullable=False),
        sa.Column("received_quantity", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lost_quantity", sa.Integer(), server_default="0", nullable=False),
        sa.Column("order_line_no", sa.Integer(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("transfer_quantity_positive")),
        sa.CheckConstraint(
            "received_quantity >= 0 AND lost_quantity >= 0 AND received_quantity + lost_quantity <= shipped_quantity",
            name=op.f("received_within_shipped"),
        ),
        sa.CheckConstraint("shipped_quantity BETWEEN 0 AND quantity", name=op.f("shipped_within_quantity")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfers.id"], name=op.f("fk_transfer_lines_transfer_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_transfer_lines_variant_id")),
        sa.PrimaryKeyConstraint("transfer_id", "line_no", name=op.f("pk_transfer_lines")),
    )
    op.create_index("ix_transfer_lines_variant_id", "transfer_lines", ["variant_id"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_transfer_lines_variant_id", table_name="transfer_lines")
    op.drop_table("transfer_lines")
    op.drop_index("ix_stock_location_id", table_name="stock")
    op.drop_table("stock")
    op.drop_index("ix_transfers_to_location_id", table_name="transfers")
    op.drop_index("ix_transfers_order_id", table_name="transfers")
    op.drop_index("ix_transfers_from_location_id", table_name="transfers")
    op.drop_table("transfers")
    op.drop_index("ix_ledger_variant_id", table_name="ledger")
    op.drop_index("ix_ledger_cause_id", table_name="ledger")
    op.drop_table("ledger")
    op.drop_index("ix_holds_variant_id", table_name="holds")
    op.drop_index("ix_holds_expires_at", table_name="holds", postgresql_where=sa.text("state = 'R'"))
    op.drop_table("holds")

    op.execute("DROP SEQUENCE transfer_numbers")
