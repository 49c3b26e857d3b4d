"""A cart knows what is reserved for it: the owner of its holds has an id of its own."""

import sqlalchemy as sa
from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"


def upgrade() -> None:
    """Add the column; carts of before have nothing reserved."""
    op.add_column("carts", sa.Column("reservation_id", sa.Uuid, nullable=True))
    op.create_index(
        "uq_carts_reservation_id",
        "carts",
        ["reservation_id"],
        unique=True,
        postgresql_where=sa.text("reservation_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop it; what is reserved goes back on sale at its end."""
    op.drop_index("uq_carts_reservation_id", "carts")
    op.drop_column("carts", "reservation_id")
