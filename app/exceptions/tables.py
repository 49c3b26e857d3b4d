"""Tables of the exceptions slice."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.kit.tables import TELLING, instant, metadata

# Subjects are of every slice, so that their ids are kept as text. `location_id`, `partner_id` and `order_id` say whom
# it concerns. A closed case is history: the trouble that comes back opens
# another one, unless a person closed it, who knew all of its `causes`.
TELLING.add("exception_cases")
exception_cases = Table(
    "exception_cases",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="OPEN"),
    Column("location_id", Integer, nullable=True),
    Column("partner_id", Uuid, nullable=True),
    Column("order_id", Uuid, nullable=True),
    Column("facts", JSONB, nullable=False, server_default="{}"),
    Column("causes", ARRAY(Text), nullable=False, server_default="{}"),
    Column("assignee", Text, nullable=True),
    instant("opened_at"),
    instant("closed_at", nullable=True),
    Column("closed_by", Text, nullable=True),
    Column("note", Text, nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Index(
        "uq_exception_cases_open",
        "kind",
        "subject_kind",
        "subject_id",
        unique=True,
        postgresql_where=text("status = 'OPEN'"),
    ),
    Index("ix_exception_cases_location_id", "location_id", "status", "id"),
    Index("ix_exception_cases_subject_id", "subject_id"),
    Index("ix_exception_cases_status", "status", "id"),
    CheckConstraint("status IN ('OPEN', 'CLOSED')", "case_status_known"),
    CheckConstraint("(status = 'CLOSED') = (closed_at IS NOT NULL)", "closed_cases_have_a_time"),
    CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", "closed_cases_were_closed_by_somebody"),
)
