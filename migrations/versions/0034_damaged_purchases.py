"""Units of purchase orders may come damaged."""

import sqlalchemy as sa
from alembic import op

revision: str = "0034"
down_revision: str | None = "0033"


def upgrade() -> None:
    """Add the column: all that has come so far was sound."""
    op.add_column("purchase_order_lines", sa.Column("damaged_quantity", sa.Integer, nullable=False, server_default="0"))
    op.create_check_constraint(
        op.f("purchase_damaged_within_received"),
        "purchase_order_lines",
        "damaged_quantity BETWEEN 0 AND received_quantity",
    )


def downgrade() -> None:
    """Drop it; damaged units stay set aside."""
    op.drop_constraint(op.f("purchase_damaged_within_received"), "purchase_order_lines")
    op.drop_column("purchase_order_lines", "damaged_quantity")
