"""Wrong pickup codes are counted by who said them and where."""

import sqlalchemy as sa
from alembic import op

revision: str = "0040"
down_revision: str | None = "0039"


def upgrade() -> None:
    """Nothing is counted so far."""
    op.create_table(
        "code_refusals",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.CheckConstraint("refused > 0", name=op.f("refusals_are_counted")),
        sa.PrimaryKeyConstraint("subject", "hour", name=op.f("pk_code_refusals")),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("code_refusals")
