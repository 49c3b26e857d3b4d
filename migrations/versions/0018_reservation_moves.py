"""The ledger tells of reservations that serve an order now, and of those that were moved to another location."""

from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"

BEFORE = (
    "RECEIVED",
    "RESERVED",
    "RESERVATION_RELEASED",
    "RESERVATION_EXPIRED",
    "ALLOCATED",
    "RESERVATION_ALLOCATED",
    "ALLOCATION_RELEASED",
    "SHIPPED",
    "HANDED_OVER",
    "TRANSFERRED_OUT",
    "TRANSFERRED_IN",
    "LOST_IN_TRANSIT",
    "RETURNED",
    "ADJUSTED",
    "SAFETY_SET",
)
ADDED = ("RESERVATION_CONVERTED", "RESERVATION_MOVED")


def know(kinds: tuple[str, ...]) -> None:
    """The check on the kinds of movements."""
    op.execute("ALTER TABLE ledger DROP CONSTRAINT movement_kind_known")
    op.execute(f"ALTER TABLE ledger ADD CONSTRAINT movement_kind_known CHECK (kind IN {kinds})")


def upgrade() -> None:
    """Two kinds more."""
    know(BEFORE + ADDED)


def downgrade() -> None:
    """Refused while the ledger has movements of these kinds."""
    know(BEFORE)
