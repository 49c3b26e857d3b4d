"""Money goes back to buyers, in parts, by the company that took it."""

import sqlalchemy as sa
from alembic import op

revision: str = "0051"
down_revision: str | None = "0050"

KINDS = (
    "'CREATED', 'PLACED', 'WORK_PLANNED', 'BACKORDER_ALLOCATED', 'RESOURCED', 'PICKED', 'SHIPPED', "
    "'TRANSFER_SHIPPED', 'TRANSFER_RECEIVED', 'PICKUP_READY', 'PICKUP_ARRIVED', 'PICKUP_CODE_VERIFIED', "
    "'PICKUP_CODE_REFUSED', 'PICKUP_LOCKED', 'PICKUP_UNLOCKED', 'PICKUP_COLLECTED', 'PICKUP_EXPIRED', "
    "'PICKUP_BLOCKED', 'PICKUP_EXPIRING', 'PICKUP_EXTENDED', 'PICKUP_CHANGED', 'PICKUP_RETURNING', "
    "'PICKUP_RETURNED', 'PARCEL_OUT_FOR_DELIVERY', 'PARCEL_ATTEMPTED', 'PARCEL_DELIVERED', 'PARCEL_REFUSED', "
    "'PARCEL_LOST', 'PARCEL_RETURNING', 'PARCEL_RETURNED', 'PARCEL_TAKEN_BACK', 'PARTIALLY_FULFILLED', "
    "'COMPLETED', 'UNITS_CANCELED', 'CANCELED', 'PAYMENT_CHANGED', {}'LATE_AUTHORIZATION'"
)
NEW_KINDS = "'REFUND_STARTED', 'REFUND_DONE', 'REFUND_FAILED', "
RULES = {
    "something_is_refunded": "amount_minor > 0",
    "refund_status_known": "status IN ('PENDING', 'DONE', 'FAILED')",
    "refund_reason_known": "reason IN ('GOODS_RETURNED', 'NOT_DELIVERED', 'GOODWILL', 'OTHER')",
    "settled_refunds_have_a_time": "(status = 'PENDING') = (settled_at IS NULL)",
    "failed_refunds_say_why": "(status = 'FAILED') = (failure IS NOT NULL)",
}


def _history(kinds: str) -> None:
    op.drop_constraint(op.f("order_history_kind_known"), "order_history")
    op.create_check_constraint(op.f("order_history_kind_known"), "order_history", f"kind IN ({kinds})")


def upgrade() -> None:
    """So far nothing was given back through here."""
    _history(KINDS.format(NEW_KINDS))
    op.add_column("payments", sa.Column("refunded_minor", sa.Integer(), server_default="0", nullable=False))
    op.create_check_constraint(
        op.f("no_more_is_refunded_than_was_taken"), "payments", "refunded_minor BETWEEN 0 AND captured_minor"
    )
    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("currency", "status", "reason")),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("note", "provider_reference", "failure")),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(name)) for name, rule in RULES.items()),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_refunds_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
    )
    op.create_index("ix_refunds_order_id", "refunds", ["order_id", "id"])
    op.create_index("ix_refunds_payment_id", "refunds", ["payment_id"])


def downgrade() -> None:
    """What was given back is forgotten, here."""
    op.drop_table("refunds")
    op.drop_constraint(op.f("no_more_is_refunded_than_was_taken"), "payments")
    op.drop_column("payments", "refunded_minor")
    op.execute("DELETE FROM order_history WHERE kind IN ('REFUND_STARTED', 'REFUND_DONE', 'REFUND_FAILED')")
    _history(KINDS.format(""))
