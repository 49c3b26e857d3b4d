"""Tables of the carts slice."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.kit.tables import instant, metadata

# `reservation_id`: whom `holds` names as the owner of what was reserved for the cart last; not the cart's own id, which
# is a permission. `reservations_begun`: how many of them were begun within an hour from `reservations_since` on.
carts = Table(
    "carts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("channel_id", Integer, ForeignKey("channels.id"), nullable=False),
    Column("currency", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("email", Text, nullable=True),
    Column("member_id", Uuid, ForeignKey("members.id"), nullable=True),
    instant("created_at"),
    instant("updated_at"),
    instant("expires_at"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("reservation_id", Uuid, nullable=True),
    Column("reservations_begun", Integer, nullable=False, server_default="0"),
    instant("reservations_since", nullable=True),
    Index(
        "uq_carts_reservation_id", "reservation_id", unique=True, postgresql_where=text("reservation_id IS NOT NULL")
    ),
    Index("ix_carts_channel_id", "channel_id"),
    Index("ix_carts_member_id", "member_id"),
    Index("ix_carts_expires_at", "expires_at", postgresql_where=Column("status") == "OPEN"),
    CheckConstraint("status IN ('OPEN', 'COMPLETED')", "cart_status_known"),
    CheckConstraint(
        "reservations_begun >= 0 AND (reservations_begun > 0) = (reservations_since IS NOT NULL)",
        "reservations_are_counted_from_an_instant",
    ),
)

# How part of a cart is to be handed over. `address` is {"name", "name_kana", "phone", "postal_code",
# "prefecture", "city", "line1", "line2"}, of which name_kana and line2 may be null. `slot_begins`, `slot_ends`: the
# pickup slot that was chosen; nothing is kept for a cart.
cart_deliveries = Table(
    "cart_deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("cart_id", Uuid, ForeignKey("carts.id", ondelete="CASCADE"), nullable=False),
    Column("mode", Text, nullable=False),
    Column("location_id", Integer, ForeignKey("locations.id"), nullable=True),
    Column("address", JSONB, nullable=True),
    instant("slot_begins", nullable=True),
    instant("slot_ends", nullable=True),
    Index("ix_cart_deliveries_cart_id", "cart_id"),
    Index("ix_cart_deliveries_location_id", "location_id"),
    CheckConstraint(
        "mode IN ('HOME_DELIVERY', 'STORE_PICKUP', 'CONVENIENCE_STORE_PICKUP', 'LOCKER_PICKUP', "
        "'CARRIER_OFFICE_PICKUP')",
        "cart_delivery_mode_known",
    ),
    CheckConstraint("(mode = 'HOME_DELIVERY') = (location_id IS NULL)", "cart_pickups_name_a_location"),
    CheckConstraint("(mode = 'HOME_DELIVERY') = (address IS NOT NULL)", "cart_deliveries_home_name_an_address"),
    CheckConstraint(
        "(slot_begins IS NULL) = (slot_ends IS NULL) AND (slot_begins IS NULL OR mode = 'STORE_PICKUP')",
        "cart_slots_are_of_stores",
    ),
)

# `unit_price_minor` is the price that the buyer has seen; a later change of the listing is a problem to be
# shown.
cart_lines = Table(
    "cart_lines",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("cart_id", Uuid, ForeignKey("carts.id", ondelete="CASCADE"), nullable=False),
    Column("variant_id", BigInteger, ForeignKey("variants.id"), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_price_minor", Integer, nullable=False),
    Column("delivery_id", Uuid, ForeignKey("cart_deliveries.id", ondelete="SET NULL"), nullable=True),
    UniqueConstraint("cart_id", "variant_id", name="uq_cart_lines_variant"),
    Index("ix_cart_lines_variant_id", "variant_id"),
    Index("ix_cart_lines_delivery_id", "delivery_id"),
    CheckConstraint("quantity BETWEEN 1 AND 9999", "cart_quantity_reasonable"),
)
