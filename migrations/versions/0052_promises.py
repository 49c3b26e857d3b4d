"""Buyers are told by when their goods are at the store, and told anew when these are late."""

import sqlalchemy as sa
from alembic import op

revision: str = "0052"
down_revision: str | None = "0051"

KINDS = (
    "'CREATED', 'PLACED', 'WORK_PLANNED', 'BACKORDER_ALLOCATED', 'RESOURCED', 'PICKED', 'SHIPPED', "
    "'TRANSFER_SHIPPED', 'TRANSFER_RECEIVED', 'PICKUP_READY', 'PICKUP_ARRIVED', 'PICKUP_CODE_VERIFIED', "
    "'PICKUP_CODE_REFUSED', 'PICKUP_LOCKED', 'PICKUP_UNLOCKED', 'PICKUP_COLLECTED', 'PICKUP_EXPIRED', "
    "'PICKUP_BLOCKED', 'PICKUP_EXPIRING', 'PICKUP_EXTENDED', 'PICKUP_CHANGED', 'PICKUP_RETURNING', "
    "'PICKUP_RETURNED', 'PARCEL_OUT_FOR_DELIVERY', 'PARCEL_ATTEMPTED', 'PARCEL_DELIVERED', 'PARCEL_REFUSED', "
    "'PARCEL_LOST', 'PARCEL_RETURNING', 'PARCEL_RETURNED', 'PARCEL_TAKEN_BACK', 'PARTIALLY_FULFILLED', "
    "'COMPLETED', 'UNITS_CANCELED', 'CANCELED', 'PAYMENT_CHANGED', "
    "'REFUND_STARTED', 'REFUND_DONE', 'REFUND_FAILED', {}'LATE_AUTHORIZATION'"
)


def _history(kinds: str) -> None:
    op.drop_constraint(op.f("order_history_kind_known"), "order_history")
    op.create_check_constraint(op.f("order_history_kind_known"), "order_history", f"kind IN ({kinds})")


def upgrade() -> None:
    """Of pickups that are under way the next look at their transfers says it."""
    _history(KINDS.format("'PROMISE_REDATED', "))
    op.add_column("pickups", sa.Column("ready_by", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_pickups_ready_by", "pickups", ["ready_by", "id"], postgresql_where=sa.text("status = 'REQUESTED'")
    )


def downgrade() -> None:
    """Nobody is told."""
    op.drop_index("ix_pickups_ready_by", table_name="pickups")
    op.drop_column("pickups", "ready_by")
    op.execute("DELETE FROM order_history WHERE kind = 'PROMISE_REDATED'")
    _history(KINDS.format(""))
