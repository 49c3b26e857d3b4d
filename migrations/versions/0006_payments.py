"""Payments."""

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("captured_minor", sa.Integer(), server_default="0", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("provider_reference", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("method IN ('CARD', 'PAY_AT_PICKUP', 'EXTERNAL')", name=op.f("payment_method_known")),
        sa.CheckConstraint(
            "status IN ('PENDING', 'AUTHORIZED', 'CAPTURED', 'DUE_AT_PICKUP', 'VOIDED', 'REFUNDED', 'FAILED')",
            name=op.f("payment_status_known"),
        ),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("payment_not_negative")),
        sa.CheckConstraint(
            "captured_minor BETWEEN 0 AND amount_minor", name=op.f("payment_takes_no_more_than_its_amount")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
    )
    op.create_index(
        "ix_payments_open", "payments", ["created_at"], unique=False, postgresql_where=sa.text("status = 'PENDING'")
    )
    op.create_index("ix_payments_order_id", "payments", ["order_id"], unique=False)
    op.create_index(
        "uq_payments_live",
        "payments",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("(status NOT IN ('VOIDED', 'FAILED', 'REFUNDED'))"),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index(
        "uq_payments_live",
        table_name="payments",
        postgresql_where=sa.text("(status NOT IN ('VOIDED', 'FAILED', 'REFUNDED'))"),
    )
    op.drop_index("ix_payments_order_id", table_name="payments")
    op.drop_index("ix_payments_open", table_name="payments", postgresql_where=sa.text("status = 'PENDING'"))
    op.drop_table("payments")
