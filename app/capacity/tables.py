"""Tables of the capacity slice."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint

from app.kit.tables import instant, metadata

# Locations whose compartments the shop knows. Whoever decides about any of them locks this row first. `lead_days`: from
# an order to the day on which its parcel arrives.
locker_stations = Table(
    "locker_stations",
    metadata,
    Column("location_id", Integer, ForeignKey("locations.id"), primary_key=True, autoincrement=False),
    Column("lead_days", Integer, nullable=False, server_default="2"),
    CheckConstraint("lead_days BETWEEN 0 AND 60", "lead_days_reasonable"),
)

# A row is one door. The sides are those inside, the longest first.
locker_compartments = Table(
    "locker_compartments",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("location_id", Integer, ForeignKey("locker_stations.location_id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("size", Text, nullable=False),
    Column("temperature", Text, nullable=False),
    Column("length_mm", Integer, nullable=False),
    Column("width_mm", Integer, nullable=False),
    Column("height_mm", Integer, nullable=False),
    Column("status", Text, nullable=False, server_default="FREE"),
    Column("fault", Text, nullable=True),
    Column("is_active", Boolean, nullable=False, server_default="true"),
    Column("version", Integer, nullable=False, server_default="1"),
    UniqueConstraint("location_id", "code", name="uq_locker_compartments_code"),
    CheckConstraint("size IN ('S', 'M', 'L', 'XL')", "compartment_size_known"),
    CheckConstraint("temperature IN ('AMBIENT', 'CHILLED', 'FROZEN')", "compartment_temperature_known"),
    CheckConstraint("status IN ('FREE', 'RESERVED', 'OCCUPIED', 'EXPIRED', 'FAULTED')", "compartment_status_known"),
    CheckConstraint("(status = 'FAULTED') = (fault IS NOT NULL)", "faulted_compartments_have_a_reason"),
    CheckConstraint("length_mm >= width_mm AND width_mm >= height_mm AND height_mm > 0", "compartment_sides_ordered"),
)

# What one delivery claims at a station. `parcel` is what has to fit, so that another compartment can be found at any
# time. A claim that has ended remembers its compartment. Of the live ones no two overlap in one compartment: PostgreSQL
# looks at the end of each statement, so that several can change places in one. The number stands in a range of its own
# because ranges need no extension.
compartment_reservations = Table(
    "compartment_reservations",
    metadata,
    Column("delivery_id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("location_id", Integer, ForeignKey("locker_stations.location_id"), nullable=False),
    Column("compartment_id", Integer, ForeignKey("locker_compartments.id"), nullable=True),
    Column("state", Text, nullable=False),
    Column("temperature", Text, nullable=False),
    Column("parcel", JSONB, nullable=False),
    Column("period", TSTZRANGE, nullable=False),
    instant("refused_at", nullable=True),
    Column("refused_compartment_id", Integer, ForeignKey("locker_compartments.id"), nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Index("ix_compartment_reservations_order_id", "order_id"),
    Index("ix_compartment_reservations_location_id", "location_id", postgresql_where=text("state <> 'ENDED'")),
    Index("ix_compartment_reservations_compartment_id", "compartment_id"),
    Index("ix_compartment_reservations_refused_compartment_id", "refused_compartment_id"),
    Index(
        "ix_compartment_reservations_ends",
        literal_column("upper(period)"),
        postgresql_where=text("state IN ('OCCUPYING', 'OVERDUE')"),
    ),
    CheckConstraint(
        "state IN ('PLANNED', 'UNPLACED', 'OCCUPYING', 'OVERDUE', 'ENDED')", "compartment_reservation_state_known"
    ),
    CheckConstraint("temperature IN ('AMBIENT', 'CHILLED', 'FROZEN')", "compartment_reservation_temperature_known"),
    CheckConstraint("NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period)", "reserved_for_a_while"),
    CheckConstraint("state <> 'PLANNED' OR compartment_id IS NOT NULL", "planned_claims_have_a_compartment"),
    CheckConstraint("state <> 'UNPLACED' OR compartment_id IS NULL", "unplaced_claims_have_none"),
    ExcludeConstraint(
        (literal_column("int4range(compartment_id, compartment_id, '[]')"), "&&"),
        ("period", "&&"),
        where=text("compartment_id IS NOT NULL AND state <> 'ENDED'"),
        using="gist",
        deferrable=True,
        name="one_delivery_at_a_time_in_a_compartment",
    ),
)

# When a store hands over, on its clocks: {"mon": [["10:00", "12:00", 5]], …}, 5 orders; `days` has dates with
# windows of their own, none for closed. Who books a slot shares the lock of this row, who saves it has it alone.
pickup_slot_plans = Table(
    "pickup_slot_plans",
    metadata,
    Column("location_id", Integer, ForeignKey("locations.id"), primary_key=True, autoincrement=False),
    Column("week", JSONB, nullable=False),
    Column("days", JSONB, nullable=False, server_default="{}"),
    Column("lead_minutes", Integer, nullable=False),
    Column("transfer_days", Integer, nullable=False),
    Column("days_ahead", Integer, nullable=False),
    Column("is_required", Boolean, nullable=False),
    Column("is_on", Boolean, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("lead_minutes BETWEEN 0 AND 2880", "slot_lead_reasonable"),
    CheckConstraint("transfer_days BETWEEN 0 AND 30", "slot_transfers_reasonable"),
    CheckConstraint("days_ahead BETWEEN 0 AND 90", "slots_ahead_reasonable"),
)

# A slot that somebody booked. `capacity`: as planned now, 0 when it is planned no more. `ceiling`: what it may never
# exceed: the capacity, or what was booked already when that was lowered.
pickup_slots = Table(
    "pickup_slots",
    metadata,
    Column("location_id", Integer, ForeignKey("pickup_slot_plans.location_id"), primary_key=True, autoincrement=False),
    Column("begins", DateTime(timezone=True), primary_key=True),
    instant("ends"),
    Column("capacity", Integer, nullable=False),
    Column("booked", Integer, nullable=False, server_default="0"),
    Column("ceiling", Integer, nullable=False),
    CheckConstraint("begins < ends", "slots_last"),
    CheckConstraint("booked BETWEEN 0 AND ceiling", "slots_never_overbooked"),
    CheckConstraint("capacity BETWEEN 0 AND ceiling", "slot_ceiling_reaches_capacity"),
)

# The slot of one delivery of an order. One that moves keeps its row.
pickup_slot_bookings = Table(
    "pickup_slot_bookings",
    metadata,
    Column("delivery_id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("location_id", Integer, nullable=False),
    instant("begins"),
    instant("ends"),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Index("ix_pickup_slot_bookings_order_id", "order_id"),
    Index(
        "ix_pickup_slot_bookings_slot",
        "location_id",
        "begins",
        "delivery_id",
        postgresql_where=text("state = 'BOOKED'"),
    ),
    ForeignKeyConstraint(("location_id", "begins"), ("pickup_slots.location_id", "pickup_slots.begins")),
    CheckConstraint("state IN ('BOOKED', 'RELEASED')", "slot_state_known"),
)
