"""Histories tell of backordered units that have come; what an order's lines claim, in units of the lines."""

from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"

KINDS = (
    "'CREATED', 'PLACED', 'WORK_PLANNED', {}'PICKED', 'SHIPPED', 'TRANSFER_SHIPPED', 'TRANSFER_RECEIVED', "
    "'PICKUP_READY', 'PICKUP_ARRIVED', 'PICKUP_CODE_VERIFIED', 'PICKUP_CODE_REFUSED', 'PICKUP_LOCKED', "
    "'PICKUP_UNLOCKED', 'PICKUP_COLLECTED', 'PICKUP_EXPIRED', 'PARTIALLY_FULFILLED', 'COMPLETED', "
    "'UNITS_CANCELED', 'CANCELED', 'PAYMENT_CHANGED', 'LATE_AUTHORIZATION'"
)


def _constrain(more: str) -> None:
    op.execute("ALTER TABLE order_history DROP CONSTRAINT order_history_kind_known")
    op.execute(
        f"ALTER TABLE order_history ADD CONSTRAINT order_history_kind_known CHECK (kind IN ({KINDS.format(more)}))"
    )


def upgrade() -> None:
    """The components of a bundle at one place make whole bundles; other units are their own line's."""
    _constrain("'BACKORDER_ALLOCATED', ")
    op.execute("""
        CREATE VIEW claimed_line_units AS
        SELECT hold.owner_id AS order_id, hold.line_no, hold.location_id,
               min(hold.quantity / coalesce(part.quantity, 1))::int AS units
          FROM holds AS hold
          LEFT JOIN order_line_components AS part
            ON part.order_id = hold.owner_id AND part.line_no = hold.line_no AND part.variant_id = hold.variant_id
         WHERE hold.state = 'A'
         GROUP BY hold.owner_id, hold.line_no, hold.location_id
    """)


def downgrade() -> None:
    """Take them back; entries of the new kind have to be gone."""
    op.execute("DROP VIEW claimed_line_units")
    op.execute("DELETE FROM order_history WHERE kind = 'BACKORDER_ALLOCATED'")
    _constrain("")
