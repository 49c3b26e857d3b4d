"""Transfers begin as drafts, leave in parts, and arrive damaged, short or with more than was sent."""

import sqlalchemy as sa
from alembic import op

revision: str = "0030"
down_revision: str | None = "0029"

STATES = "status IN ({draft}'READY_TO_SHIP', 'IN_TRANSIT', 'PARTIALLY_RECEIVED', 'RECEIVED', 'CANCELED')"
COUNTS = ("damaged_quantity", "surplus_quantity", "withdrawn_quantity")
CHECKS = {
    "shipped_within_quantity": (
        "shipped_quantity >= 0 AND withdrawn_quantity >= 0 AND shipped_quantity + withdrawn_quantity <= quantity"
    ),
    "damaged_within_received": "damaged_quantity BETWEEN 0 AND received_quantity",
    "transfer_surplus_not_negative": "surplus_quantity >= 0",
    "discrepancy_reason_known": (
        "discrepancy_reason IN ('LOST', 'STOLEN', 'BROKEN', 'NOT_SENT', 'MISCOUNTED', 'UNEXPLAINED')"
    ),
    "discrepancies_have_a_reason": (
        "lost_quantity = 0 AND damaged_quantity = 0 AND surplus_quantity = 0 OR discrepancy_reason IS NOT NULL"
    ),
}


def upgrade() -> None:
    """What was lost so far has no reason that anybody gave."""
    op.drop_constraint(op.f("transfer_status_known"), "transfers")
    op.create_check_constraint(op.f("transfer_status_known"), "transfers", STATES.format(draft="'DRAFT', "))
    for name in COUNTS:
        op.add_column("transfer_lines", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.add_column("transfer_lines", sa.Column("discrepancy_reason", sa.Text(), nullable=True))
    op.execute("UPDATE transfer_lines SET discrepancy_reason = 'UNEXPLAINED' WHERE lost_quantity > 0")
    op.drop_constraint(op.f("shipped_within_quantity"), "transfer_lines")
    for name, rule in CHECKS.items():
        op.create_check_constraint(op.f(name), "transfer_lines", rule)


def downgrade() -> None:
    """Drafts are dropped; which units were damaged or too many is forgotten."""
    for name in CHECKS:
        op.drop_constraint(op.f(name), "transfer_lines")
    op.execute("DELETE FROM transfer_lines WHERE transfer_id IN (SELECT id FROM transfers WHERE status = 'DRAFT')")
    op.execute("DELETE FROM transfers WHERE status = 'DRAFT'")
    for name in (*COUNTS, "discrepancy_reason"):
        op.drop_column("transfer_lines", name)
    op.create_check_constraint(
        op.f("shipped_within_quantity"), "transfer_lines", "shipped_quantity BETWEEN 0 AND quantity"
    )
    op.drop_constraint(op.f("transfer_status_known"), "transfers")
    op.create_check_constraint(op.f("transfer_status_known"), "transfers", STATES.format(draft=""))
