"""What points report of pickups, and wrong codes said there."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
)

from app.kit.tables import instant, metadata

# Wrong pickup codes by hour: `subject` is a key, a location or a company.
code_refusals = Table(
    "code_refusals",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("hour", DateTime(timezone=True), primary_key=True),
    Column("refused", Integer, nullable=False),
    CheckConstraint("refused > 0", "refusals_are_counted"),
)

# All that was ever reported of pickups at points, with when it happened and when it was heard of. Never changed: what a
# pickup is follows from all of its rows together. (reporter, key): a repetition is the same report.
pickup_reports = Table(
    "pickup_reports",
    metadata,
    Column("reporter", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("pickup_id", Uuid, ForeignKey("pickups.id"), nullable=False),
    Column("kind", Text, nullable=False),
    instant("occurred_at"),
    instant("received_at"),
    Column("actor", Text, nullable=False),
    Column("is_collectable", Boolean, nullable=False),
    instant("hold_until", nullable=True),
    Column("reason", Text, nullable=True),
    Column("compartment", Text, nullable=True),
    Column("return_tracking_number", Text, nullable=True),
    Column("slip_number", Text, nullable=True),
    Column("sealed_number", LargeBinary, nullable=True),
    Column("note", Text, nullable=True),
    Column("body_hash", LargeBinary, nullable=False),
    Index("ix_pickup_reports_pickup_id", "pickup_id"),
    CheckConstraint(
        "kind IN ('CODE_TOLD', 'ARRIVED', 'READY', 'BLOCKED', 'EXTENDED', 'REMINDED', 'EXPIRED', 'RETURN_SENT', "
        "'COLLECTED', 'RETURN_RECEIVED')",
        "report_kind_known",
    ),
    CheckConstraint(
        "CASE kind WHEN 'CODE_TOLD' THEN num_nonnulls(slip_number, sealed_number) > 0"
        " WHEN 'ARRIVED' THEN true WHEN 'READY' THEN true ELSE num_nonnulls(slip_number, sealed_number) = 0 END",
        "codes_are_told_by_their_kinds",
    ),
    CheckConstraint("slip_number ~ '^[0-9]{4,20}$'", "reported_slip_number_is_digits"),
    CheckConstraint("kind NOT IN ('EXTENDED', 'REMINDED') OR hold_until IS NOT NULL", "extensions_have_an_end"),
)
