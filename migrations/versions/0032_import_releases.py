"""Stock files may release promises, and keep what was released for each row."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0032"
down_revision: str | None = "0031"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "stock_import_releases",
        sa.Column("import_id", sa.Uuid, sa.ForeignKey("stock_imports.id"), primary_key=True),
        sa.Column("line_no", sa.BigInteger, primary_key=True),
        sa.Column("given", JSONB, nullable=False),
        sa.Column("missing", sa.Integer, nullable=False),
        sa.Column("moved", sa.Integer, nullable=True),
        sa.Column("ended", sa.Integer, nullable=True),
        sa.CheckConstraint(
            "missing > 0 AND moved >= 0 AND ended >= 0 AND moved + ended >= missing",
            name=op.f("released_what_was_missing"),
        ),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("stock_import_releases")
