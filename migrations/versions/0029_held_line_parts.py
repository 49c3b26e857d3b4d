"""What holds know of order lines: how many units of a component one unit of a bundle is made of."""

from alembic import op

revision: str = "0029"
down_revision: str | None = "0028"


def upgrade() -> None:
    """As it was when the bundle was sold."""
    op.execute("""
        CREATE VIEW held_line_parts AS
        SELECT order_id AS owner_id, line_no, variant_id, quantity AS each FROM order_line_components
    """)


def downgrade() -> None:
    """Drop it."""
    op.execute("DROP VIEW held_line_parts")
