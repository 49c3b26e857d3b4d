"""What the last check of the invariants found."""

import sqlalchemy as sa
from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"


def upgrade() -> None:
    """Empty until the first check."""
    op.create_table(
        "checks",
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("broken_rows", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("claim", name="pk_checks"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("checks")
