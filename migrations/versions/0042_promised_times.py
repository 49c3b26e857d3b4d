"""Deliveries have a promised time, and histories tell when it changes."""

from alembic import op

revision: str = "0042"
down_revision: str | None = "0041"

KINDS = (
    "'CREATED', 'PLACED', 'WORK_PLANNED', 'BACKORDER_ALLOCATED', 'RESOURCED', 'PICKED', 'SHIPPED', "
    "'TRANSFER_SHIPPED', 'TRANSFER_RECEIVED', 'PICKUP_READY', 'PICKUP_ARRIVED', 'PICKUP_CODE_VERIFIED', "
    "'PICKUP_CODE_REFUSED', 'PICKUP_LOCKED', 'PICKUP_UNLOCKED', 'PICKUP_COLLECTED', 'PICKUP_EXPIRED', "
    "'PICKUP_BLOCKED', 'PICKUP_EXPIRING', 'PICKUP_EXTENDED', 'PICKUP_CHANGED', 'PICKUP_RETURNING', "
    "'PICKUP_RETURNED', 'PARCEL_OUT_FOR_DELIVERY', 'PARCEL_ATTEMPTED', 'PARCEL_DELIVERED', 'PARCEL_REFUSED', "
    "'PARCEL_LOST', 'PARCEL_RETURNING', 'PARCEL_RETURNED', 'PARCEL_TAKEN_BACK', {}'PARTIALLY_FULFILLED', 'COMPLETED', 'UNITS_CANCELED', 'CANCELED', 'PAYMENT_CHANGED', "
    "'LATE_AUTHORIZATION'"
)


def _constrain(more: str) -> None:
    op.execute("ALTER TABLE order_history DROP CONSTRAINT order_history_kind_known")
    op.execute(
        f"ALTER TABLE order_history ADD CONSTRAINT order_history_kind_known CHECK (kind IN ({KINDS.format(more)}))"
    )


def upgrade() -> None:
    """Nothing is promised of what is planned already, until its transfers or its preparation move."""
    op.execute("ALTER TABLE order_deliveries ADD COLUMN ready_by timestamptz")
    _constrain("'PROMISE_REDATED', ")


def downgrade() -> None:
    """Take it back, with the entries."""
    op.execute("DELETE FROM order_history WHERE kind = 'PROMISE_REDATED'")
    _constrain("")
    op.execute("ALTER TABLE order_deliveries DROP COLUMN ready_by")
