"""Tables of the locations slice."""

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.kit.tables import instant, metadata

_CLASSES: Final = "temperatures <@ ARRAY['AMBIENT', 'CHILLED', 'FROZEN'] AND cardinality(temperatures) > 0"

# A carrier's or chain's points, with their rules. `counts_from`: hold days begin on the day of arrival, or on the next
# one; `day_ends`: when the last of them is over. `code_issuer`: who makes what the shopper shows at the point; if the
# carrier does, what its numbers look like.
pickup_networks = Table(
    "pickup_networks",
    metadata,
    Column("code", Text, primary_key=True),
    Column("names", JSONB, nullable=False),
    Column("hold_days", Integer, nullable=False),
    Column("counts_from", Text, nullable=False, server_default="ARRIVAL_DAY"),
    Column("day_ends", Text, nullable=False, server_default="MIDNIGHT"),
    Column("reminder_hours", Integer, nullable=False, server_default="24"),
    Column("grace_hours", Integer, nullable=False, server_default="24"),
    Column("extension_days", Integer, nullable=False, server_default="0"),
    Column("code_issuer", Text, nullable=False, server_default="SHOP"),
    Column("slip_digits", Integer, nullable=True),
    Column("slip_check", Text, nullable=False, server_default="NONE"),
    Column("authentication_digits", Integer, nullable=True),
    Column("temperatures", ARRAY(Text), nullable=False, server_default="{AMBIENT}"),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint(_CLASSES, "network_temperatures_known"),
    CheckConstraint("hold_days BETWEEN 1 AND 60", "network_hold_days_reasonable"),
    CheckConstraint("counts_from IN ('ARRIVAL_DAY', 'NEXT_DAY')", "network_counts_from_known"),
    CheckConstraint("day_ends IN ('MIDNIGHT', 'CLOSING_TIME')", "network_day_ends_known"),
    CheckConstraint("reminder_hours BETWEEN 1 AND 240", "network_reminder_reasonable"),
    CheckConstraint("grace_hours BETWEEN 0 AND 240", "network_grace_reasonable"),
    CheckConstraint("extension_days BETWEEN 0 AND 30", "network_extension_reasonable"),
    CheckConstraint("code_issuer IN ('SHOP', 'CARRIER')", "network_code_issuer_known"),
    CheckConstraint("slip_digits BETWEEN 4 AND 20", "network_slip_digits_reasonable"),
    CheckConstraint("slip_check IN ('NONE', 'MOD_7')", "network_slip_check_known"),
    CheckConstraint("authentication_digits BETWEEN 0 AND 12", "network_authentication_digits_reasonable"),
    CheckConstraint(
        "code_issuer = 'CARRIER' OR (slip_check = 'NONE' AND num_nonnulls(slip_digits, authentication_digits) = 0)",
        "network_numbers_are_carriers",
    ),
)

# `hours` is {"mon": [["10:00", "20:00"]], …}; {} means always open. `address` is the part behind the prefecture.
# `temperatures`: how cold goods can wait there; null: as the network has it. The location with kind IN_TRANSIT holds
# units that travel between two others; there is one.
locations = Table(
    "locations",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("names", JSONB, nullable=False),
    Column("partner_id", Uuid, ForeignKey("partners.id"), nullable=True),
    Column("prefecture", SmallInteger, nullable=True),
    Column("postal_code", Text, nullable=True),
    Column("address", Text, nullable=False, server_default=""),
    Column("latitude", Float, nullable=True),
    Column("longitude", Float, nullable=True),
    Column("hours", JSONB, nullable=False, server_default="{}"),
    Column("timezone", Text, nullable=False, server_default="Asia/Tokyo"),
    Column("holds_stock", Boolean, nullable=False),
    Column("ships_orders", Boolean, nullable=False),
    Column("hands_over", Boolean, nullable=False),
    Column("hold_days", Integer, nullable=False, server_default="7"),
    Column("temperatures", ARRAY(Text), nullable=True),
    Column("network_code", Text, ForeignKey("pickup_networks.code"), nullable=True),
    Column("is_active", Boolean, nullable=False, server_default="true"),
    Column("version", Integer, nullable=False, server_default="1"),
    instant("created_at", default_now=True),
    Index("ix_locations_partner_id", "partner_id"),
    Index("ix_locations_network_code", "network_code"),
    Index("uq_locations_in_transit", "kind", unique=True, postgresql_where=Column("kind") == "IN_TRANSIT"),
    CheckConstraint(
        "kind IN ('EC_WAREHOUSE', 'STORE', 'CONVENIENCE_STORE', 'LOCKER_STATION', 'CARRIER_OFFICE', 'IN_TRANSIT')",
        "location_kind_known",
    ),
    CheckConstraint("prefecture BETWEEN 1 AND 47", "prefecture_is_jis_x_0401"),
    CheckConstraint("postal_code ~ '^[0-9]{7}$'", "postal_code_has_seven_digits"),
    CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", "coordinates_on_earth"),
    CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", "coordinates_are_a_pair"),
    CheckConstraint("hold_days BETWEEN 1 AND 60", "hold_days_reasonable"),
    CheckConstraint(_CLASSES, "location_temperatures_known"),
)

location_groups = Table(
    "location_groups",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("names", JSONB, nullable=False),
)

location_group_members = Table(
    "location_group_members",
    metadata,
    Column("group_id", Integer, ForeignKey("location_groups.id"), primary_key=True),
    Column("location_id", Integer, ForeignKey("locations.id"), primary_key=True),
    Index("ix_location_group_members_location_id", "location_id"),
)

# Where a postal code lies: the longest known prefix wins (7, 5, 3 or 2 digits).
postal_areas = Table(
    "postal_areas",
    metadata,
    Column("prefix", Text, primary_key=True),
    Column("prefecture", SmallInteger, nullable=False),
    Column("latitude", Float, nullable=False),
    Column("longitude", Float, nullable=False),
    CheckConstraint("prefix ~ '^[0-9]{2,7}$'", "postal_prefix_is_digits"),
    CheckConstraint("prefecture BETWEEN 1 AND 47", "postal_prefecture_is_jis_x_0401"),
)
