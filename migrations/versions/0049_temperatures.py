"""Variants are ambient, chilled or frozen, and places say what can wait there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0049"
down_revision: str | None = "0048"

_CLASSES = "temperatures <@ ARRAY['AMBIENT', 'CHILLED', 'FROZEN'] AND cardinality(temperatures) > 0"


def upgrade() -> None:
    """What was chilled is; stations take what their compartments take."""
    op.add_column("variants", sa.Column("temperature", sa.Text(), server_default="AMBIENT", nullable=False))
    op.execute("UPDATE variants SET temperature = 'CHILLED' WHERE is_chilled")
    op.create_check_constraint(
        op.f("variant_temperature_known"), "variants", "temperature IN ('AMBIENT', 'CHILLED', 'FROZEN')"
    )
    op.drop_column("variants", "is_chilled")
    op.add_column(
        "variants",
        sa.Column("is_chilled", sa.Boolean(), sa.Computed("temperature <> 'AMBIENT'", persisted=True), nullable=False),
    )
    classes = postgresql.ARRAY(sa.Text())
    op.add_column("pickup_networks", sa.Column("temperatures", classes, server_default="{AMBIENT}", nullable=False))
    op.create_check_constraint(op.f("network_temperatures_known"), "pickup_networks", _CLASSES)
    op.add_column("locations", sa.Column("temperatures", classes, nullable=True))
    op.create_check_constraint(op.f("location_temperatures_known"), "locations", _CLASSES)
    op.execute("""
        UPDATE locations AS place SET temperatures = known.temperatures
          FROM (SELECT location_id, array_agg(DISTINCT temperature ORDER BY temperature) AS temperatures
                  FROM locker_compartments WHERE is_active GROUP BY location_id) AS known
         WHERE place.id = known.location_id
    """)


def downgrade() -> None:
    """What is frozen is kept cold at least."""
    op.drop_constraint(op.f("location_temperatures_known"), "locations", type_="check")
    op.drop_column("locations", "temperatures")
    op.drop_constraint(op.f("network_temperatures_known"), "pickup_networks", type_="check")
    op.drop_column("pickup_networks", "temperatures")
    op.drop_column("variants", "is_chilled")
    op.add_column("variants", sa.Column("is_chilled", sa.Boolean(), server_default="false", nullable=False))
    op.execute("UPDATE variants SET is_chilled = true WHERE temperature <> 'AMBIENT'")
    op.drop_constraint(op.f("variant_temperature_known"), "variants", type_="check")
    op.drop_column("variants", "temperature")
