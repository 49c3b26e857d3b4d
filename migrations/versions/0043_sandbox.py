"""Partners try the API in a sandbox."""

import sqlalchemy as sa
from alembic import op

revision: str = "0043"
down_revision: str | None = "0042"


def upgrade() -> None:
    """Whoever is there is no test."""
    op.add_column("partners", sa.Column("is_sandbox", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("pickups", sa.Column("is_sandbox", sa.Boolean(), server_default="false", nullable=False))
    op.create_index(
        "ix_pickups_sandbox", "pickups", ["partner_id", "created_at"], postgresql_where=sa.text("is_sandbox")
    )


def downgrade() -> None:
    """Tests become real, so nobody should."""
    op.drop_index("ix_pickups_sandbox", table_name="pickups", postgresql_where=sa.text("is_sandbox"))
    op.drop_column("pickups", "is_sandbox")
    op.drop_column("partners", "is_sandbox")
