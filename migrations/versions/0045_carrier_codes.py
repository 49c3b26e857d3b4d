"""Carriers give out what is shown at their points."""

import sqlalchemy as sa
from alembic import op

revision: str = "0045"
down_revision: str | None = "0044"

_NETWORK_CHECKS = {
    "network_slip_digits_reasonable": "slip_digits BETWEEN 4 AND 20",
    "network_slip_check_known": "slip_check IN ('NONE', 'MOD_7')",
    "network_authentication_digits_reasonable": "authentication_digits BETWEEN 0 AND 12",
    "network_numbers_are_carriers": (
        "code_issuer = 'CARRIER' OR (slip_check = 'NONE' AND num_nonnulls(slip_digits, authentication_digits) = 0)"
    ),
}
_KINDS = (
    "'ARRIVED', 'READY', 'BLOCKED', 'EXTENDED', 'REMINDED', 'EXPIRED', 'RETURN_SENT', 'COLLECTED', 'RETURN_RECEIVED'"
)


def upgrade() -> None:
    """The codes that are known so far are the shop's own."""
    op.add_column("pickup_networks", sa.Column("slip_digits", sa.Integer(), nullable=True))
    op.add_column("pickup_networks", sa.Column("slip_check", sa.Text(), server_default="NONE", nullable=False))
    op.add_column("pickup_networks", sa.Column("authentication_digits", sa.Integer(), nullable=True))
    for name, condition in _NETWORK_CHECKS.items():
        op.create_check_constraint(op.f(name), "pickup_networks", condition)
    for table in ("pickups", "pickup_reports"):
        op.add_column(table, sa.Column("slip_number", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("sealed_number", sa.LargeBinary(), nullable=True))
    op.drop_constraint(op.f("report_kind_known"), "pickup_reports", type_="check")
    op.create_check_constraint(op.f("report_kind_known"), "pickup_reports", f"kind IN ('CODE_TOLD', {_KINDS})")
    op.create_check_constraint(
        op.f("codes_are_told_by_their_kinds"),
        "pickup_reports",
        "CASE kind WHEN 'CODE_TOLD' THEN num_nonnulls(slip_number, sealed_number) > 0"
        " WHEN 'ARRIVED' THEN true WHEN 'READY' THEN true ELSE num_nonnulls(slip_number, sealed_number) = 0 END",
    )
    op.create_check_constraint(
        op.f("reported_slip_number_is_digits"), "pickup_reports", "slip_number ~ '^[0-9]{4,20}$'"
    )


def downgrade() -> None:
    """What carriers gave out is forgotten."""
    op.execute("DELETE FROM pickup_reports WHERE kind = 'CODE_TOLD'")
    for name in ("reported_slip_number_is_digits", "codes_are_told_by_their_kinds", "report_kind_known"):
        op.drop_constraint(op.f(name), "pickup_reports", type_="check")
    op.create_check_constraint(op.f("report_kind_known"), "pickup_reports", f"kind IN ({_KINDS})")
    for table in ("pickup_reports", "pickups"):
        op.drop_column(table, "sealed_number")
        op.drop_column(table, "slip_number")
    for name in _NETWORK_CHECKS:
        op.drop_constraint(op.f(name), "pickup_networks", type_="check")
    for name in ("authentication_digits", "slip_check", "slip_digits"):
        op.drop_column("pickup_networks", name)
