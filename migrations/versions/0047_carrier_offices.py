"""Post offices keep parcels, and days may end when a point closes."""

import sqlalchemy as sa
from alembic import op

revision: str = "0047"
down_revision: str | None = "0046"

# table -> (constraint, column, what was known before)
_KNOWN = {
    "locations": (
        "location_kind_known",
        "kind",
        "'EC_WAREHOUSE', 'STORE', 'CONVENIENCE_STORE', 'LOCKER_STATION', 'IN_TRANSIT'",
        "CARRIER_OFFICE",
    ),
    "cart_deliveries": (
        "cart_delivery_mode_known",
        "mode",
        "'HOME_DELIVERY', 'STORE_PICKUP', 'CONVENIENCE_STORE_PICKUP', 'LOCKER_PICKUP'",
        "CARRIER_OFFICE_PICKUP",
    ),
    "order_deliveries": (
        "order_delivery_mode_known",
        "mode",
        "'HOME_DELIVERY', 'STORE_PICKUP', 'CONVENIENCE_STORE_PICKUP', 'LOCKER_PICKUP', 'TAKE_AWAY'",
        "CARRIER_OFFICE_PICKUP",
    ),
}


def upgrade() -> None:
    """What is there stays what it is."""
    for table, (name, column, before, new) in _KNOWN.items():
        op.drop_constraint(op.f(name), table, type_="check")
        op.create_check_constraint(op.f(name), table, f"{column} IN ({before}, '{new}')")
    op.add_column("pickup_networks", sa.Column("day_ends", sa.Text(), server_default="MIDNIGHT", nullable=False))
    op.create_check_constraint(
        op.f("network_day_ends_known"), "pickup_networks", "day_ends IN ('MIDNIGHT', 'CLOSING_TIME')"
    )


def downgrade() -> None:
    """Only while no office has been used."""
    op.drop_constraint(op.f("network_day_ends_known"), "pickup_networks", type_="check")
    op.drop_column("pickup_networks", "day_ends")
    for table, (name, column, before, _) in _KNOWN.items():
        op.drop_constraint(op.f(name), table, type_="check")
        op.create_check_constraint(op.f(name), table, f"{column} IN ({before})")
