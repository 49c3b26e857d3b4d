"""Carts count how often they were reserved anew."""

import sqlalchemy as sa
from alembic import op

revision: str = "0036"
down_revision: str | None = "0035"


def upgrade() -> None:
    """Add the columns: carts of before begin at none."""
    op.add_column("carts", sa.Column("reservations_begun", sa.Integer, nullable=False, server_default="0"))
    op.add_column("carts", sa.Column("reservations_since", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("reservations_are_counted_from_an_instant"),
        "carts",
        "reservations_begun >= 0 AND (reservations_begun > 0) = (reservations_since IS NOT NULL)",
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_constraint(op.f("reservations_are_counted_from_an_instant"), "carts")
    op.drop_column("carts", "reservations_since")
    op.drop_column("carts", "reservations_begun")
