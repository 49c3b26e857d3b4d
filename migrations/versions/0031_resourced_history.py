"""Histories tell of units that come from another location than was planned."""

from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"

KINDS = (
    "'CREATED', 'PLACED', 'WORK_PLANNED', 'BACKORDER_ALLOCATED', {}'PICKED', 'SHIPPED', 'TRANSFER_SHIPPED', "
    "'TRANSFER_RECEIVED', 'PICKUP_READY', 'PICKUP_ARRIVED', 'PICKUP_CODE_VERIFIED', 'PICKUP_CODE_REFUSED', "
    "'PICKUP_LOCKED', 'PICKUP_UNLOCKED', 'PICKUP_COLLECTED', 'PICKUP_EXPIRED', 'PARTIALLY_FULFILLED', 'COMPLETED', "
    "'UNITS_CANCELED', 'CANCELED', 'PAYMENT_CHANGED', 'LATE_AUTHORIZATION'"
)


def _constrain(more: str) -> None:
    op.execute("ALTER TABLE order_history DROP CONSTRAINT order_history_kind_known")
    op.execute(
        f"ALTER TABLE order_history ADD CONSTRAINT order_history_kind_known CHECK (kind IN ({KINDS.format(more)}))"
    )


def upgrade() -> None:
    """One more kind of entry."""
    _constrain("'RESOURCED', ")


def downgrade() -> None:
    """Take it back, with the entries."""
    op.execute("DELETE FROM order_history WHERE kind = 'RESOURCED'")
    _constrain("")
