"""Cases know what they were opened for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0046"
down_revision: str | None = "0045"


def upgrade() -> None:
    """Nobody knows it of those that are there."""
    op.add_column(
        "exception_cases", sa.Column("causes", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False)
    )


def downgrade() -> None:
    """Closed cases come back with the next report."""
    op.drop_column("exception_cases", "causes")
