"""Tables of count sessions."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Sequence,
    Table,
    Text,
    Uuid,
)

from app.kit.tables import instant, metadata

count_numbers = Sequence("count_numbers", start=70_000_001, metadata=metadata)

# has_all_lines: the variants were named when it was opened; otherwise every recorded one makes its line.
# closed_by: who approved or canceled it.
count_sessions = Table(
    "count_sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("location_id", Integer, ForeignKey("locations.id"), nullable=False),
    Column("status", Text, nullable=False),
    Column("has_all_lines", Boolean, nullable=False),
    Column("needs_four_eyes", Boolean, nullable=False),
    Column("note", Text, nullable=True),
    Column("opened_by", Text, nullable=False),
    instant("created_at"),
    Column("closed_by", Text, nullable=True),
    instant("closed_at", nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Index("ix_count_sessions_location_id", "location_id", "status"),
    CheckConstraint("status IN ('OPEN', 'APPROVED', 'CANCELED')", "count_status_known"),
    CheckConstraint(
        "(status = 'OPEN') = (closed_at IS NULL) AND (status = 'OPEN') = (closed_by IS NULL)",
        "closed_counts_have_a_time_and_a_person",
    ),
)

# location_id and is_open are the session's, so that a variant is in one open session of a location at most: two would
# correct the same difference twice. difference: what the approval made of it.
count_lines = Table(
    "count_lines",
    metadata,
    Column("count_id", Uuid, ForeignKey("count_sessions.id"), primary_key=True),
    Column("variant_id", BigInteger, ForeignKey("variants.id"), primary_key=True, autoincrement=False),
    Column("location_id", Integer, nullable=False),
    Column("is_open", Boolean, nullable=False, server_default="true"),
    Column("pass_no", Integer, nullable=False, server_default="1"),
    Column("recount_note", Text, nullable=True),
    Column("difference", Integer, nullable=True),
    Index("ix_count_lines_variant_id", "variant_id"),
    Index(
        "uq_count_lines_open",
        "location_id",
        "variant_id",
        unique=True,
        postgresql_where=Column("is_open", Boolean),
    ),
    CheckConstraint("pass_no >= 1", "count_pass_positive"),
    CheckConstraint("difference IS NULL OR NOT is_open", "open_counts_have_corrected_nothing"),
)

# What somebody counted, beside what the ledger said at that moment. Never changed: a later record takes its place.
count_records = Table(
    "count_records",
    metadata,
    Column("count_id", Uuid, primary_key=True),
    Column("variant_id", BigInteger, primary_key=True, autoincrement=False),
    Column("record_no", Integer, primary_key=True, autoincrement=False),
    Column("pass_no", Integer, nullable=False),
    Column("counted_quantity", Integer, nullable=False),
    Column("ledger_quantity", Integer, nullable=False),
    Column("counted_by", Text, nullable=False),
    instant("counted_at"),
    ForeignKeyConstraint(["count_id", "variant_id"], ["count_lines.count_id", "count_lines.variant_id"]),
    CheckConstraint("counted_quantity >= 0 AND ledger_quantity >= 0", "counts_not_negative"),
    CheckConstraint("pass_no >= 1 AND record_no >= 1", "count_record_numbered"),
)
