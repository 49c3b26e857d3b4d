"""Reservations say what they are for, and how far their end may be moved."""

from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"

CHECKS = {
    "reservations_have_a_reason": "(state = 'R') = (reason IS NOT NULL)",
    "reservation_reason_known": "reason IN ('CART', 'PAYMENT_PENDING', 'KONBINI_PAYMENT', 'STAFF')",
    "allocations_are_not_extended": "state = 'R' OR (extendable_until IS NULL AND extended_at IS NULL)",
    "reservations_end_within_their_bounds": "expires_at <= extendable_until",
}


def upgrade() -> None:
    """Until now only checkouts reserved, for as long as they waited for a payment."""
    op.execute("""
        ALTER TABLE holds ADD COLUMN reason text, ADD COLUMN extendable_until timestamptz,
                          ADD COLUMN extended_at timestamptz
    """)
    op.execute("UPDATE holds SET reason = 'PAYMENT_PENDING' WHERE state = 'R'")
    for name, claim in CHECKS.items():
        op.execute(f"ALTER TABLE holds ADD CONSTRAINT {name} CHECK ({claim})")


def downgrade() -> None:
    """The checks go with their columns."""
    op.execute("ALTER TABLE holds DROP COLUMN reason, DROP COLUMN extendable_until, DROP COLUMN extended_at")
