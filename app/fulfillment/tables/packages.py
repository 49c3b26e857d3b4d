"""Parcels, their carriers, and what carriers tell of them."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.kit.tables import instant, metadata

# Who brings parcels. partner_id: the company whose keys may tell of its parcels. tracking_url: the page that people
# follow a parcel on, with {number}.
carriers = Table(
    "carriers",
    metadata,
    Column("code", Text, primary_key=True),
    Column("names", JSONB, nullable=False),
    Column("tracking_url", Text, nullable=True),
    Column("number_rule", Text, nullable=False, server_default="ANY"),
    Column("partner_id", Uuid, ForeignKey("partners.id"), nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Index("ix_carriers_partner_id", "partner_id"),
    CheckConstraint("number_rule IN ('ANY', 'TWELVE_MOD_7')", "carrier_number_rule_known"),
)

# The parcels of a shipment, numbered from 1. carrier: a code of `carriers` where it is one of them. What is known of
# where it is follows from `tracking_reports`.
packages = Table(
    "packages",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("shipment_id", Uuid, ForeignKey("shipments.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("tracking_number", Text, nullable=False),
    Column("service", Text, nullable=True),
    Column("length_mm", Integer, nullable=True),
    Column("width_mm", Integer, nullable=True),
    Column("height_mm", Integer, nullable=True),
    Column("weight_g", Integer, nullable=True),
    Column("temperature", Text, nullable=False, server_default="NORMAL"),
    Column("is_number_plausible", Boolean, nullable=False, server_default="true"),
    Column("status", Text, nullable=False, server_default="LABELED"),
    instant("status_at", nullable=True),
    instant("delivered_at", nullable=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("place_name", Text, nullable=True),
    Column("note", Text, nullable=True),
    Column("return_tracking_number", Text, nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    UniqueConstraint("shipment_id", "number", name="uq_packages_number"),
    UniqueConstraint("carrier", "tracking_number", name="uq_packages_tracking"),
    Index("ix_packages_tracking_number", "tracking_number"),
    Index("ix_packages_status", "status", "id"),
    CheckConstraint("number > 0", "package_number_positive"),
    CheckConstraint("temperature IN ('NORMAL', 'CHILLED', 'FROZEN')", "package_temperature_known"),
    CheckConstraint(
        "status IN ('LABELED', 'HANDED_OVER', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERY_ATTEMPTED', 'AT_POINT', "
        "'REFUSED', 'LOST', 'RETURNING', 'RETURNED', 'DELIVERED', 'TAKEN_BACK')",
        "package_status_known",
    ),
    CheckConstraint("(status = 'DELIVERED') = (delivered_at IS NOT NULL)", "delivered_packages_have_a_time"),
    CheckConstraint("num_nulls(length_mm, width_mm, height_mm) IN (0, 3)", "package_sides_together"),
    CheckConstraint("length_mm > 0 AND width_mm > 0 AND height_mm > 0 AND weight_g > 0", "package_sizes_positive"),
)

# All that carriers ever told of parcels. Never changed, as `pickup_reports`.
tracking_reports = Table(
    "tracking_reports",
    metadata,
    Column("reporter", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("package_id", Uuid, ForeignKey("packages.id"), nullable=False),
    Column("kind", Text, nullable=False),
    instant("occurred_at"),
    instant("received_at"),
    Column("actor", Text, nullable=False),
    Column("place_name", Text, nullable=True),
    Column("note", Text, nullable=True),
    Column("return_tracking_number", Text, nullable=True),
    Column("body_hash", LargeBinary, nullable=False),
    Index("ix_tracking_reports_package_id", "package_id"),
    CheckConstraint(
        "kind IN ('HANDED_OVER', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERY_ATTEMPTED', 'AT_POINT', 'REFUSED', "
        "'LOST', 'RETURNING', 'RETURNED', 'DELIVERED', 'TAKEN_BACK')",
        "tracking_kind_known",
    ),
)
