"""Tables of the channels slice."""

from sqlalchemy import ARRAY, Boolean, CheckConstraint, Column, ForeignKey, Identity, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from app.kit.tables import metadata

# `location_group_id`: the locations that this channel sells from and hands over at.
channels = Table(
    "channels",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("names", JSONB, nullable=False),
    Column("currency", Text, nullable=False),
    Column("languages", ARRAY(Text), nullable=False),
    Column("location_group_id", Integer, ForeignKey("location_groups.id"), nullable=False),
    Column("payment_methods", ARRAY(Text), nullable=False),
    Column("tax_rounding", Text, nullable=False, server_default="DOWN"),
    Column("shipping_fee_minor", Integer, nullable=False, server_default="0"),
    Column("free_shipping_from_minor", Integer, nullable=True),
    Column("is_active", Boolean, nullable=False, server_default="true"),
    Index("ix_channels_location_group_id", "location_group_id"),
    CheckConstraint("currency ~ '^[A-Z]{3}$'", "channel_currency_is_iso_4217"),
    CheckConstraint("tax_rounding IN ('DOWN', 'HALF_UP', 'UP')", "tax_rounding_known"),
    CheckConstraint("shipping_fee_minor >= 0", "shipping_fee_not_negative"),
)
