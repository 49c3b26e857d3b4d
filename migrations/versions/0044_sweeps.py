"""Sweeps go through pickups in the order of their ends."""

import sqlalchemy as sa
from alembic import op

revision: str = "0044"
down_revision: str | None = "0043"

_WAITING = sa.text("status IN ('READY', 'EXPIRING')")


def upgrade() -> None:
    """Of equal ends, too, each has one place."""
    op.drop_index("ix_pickups_hold_until", table_name="pickups")
    op.create_index("ix_pickups_hold_until", "pickups", ["hold_until", "id"], postgresql_where=_WAITING)


def downgrade() -> None:
    """As it was."""
    op.drop_index("ix_pickups_hold_until", table_name="pickups")
    op.create_index("ix_pickups_hold_until", "pickups", ["hold_until"], postgresql_where=_WAITING)
