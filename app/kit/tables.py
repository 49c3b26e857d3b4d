"""The metadata that every slice's tables register in, and the cellar's own tables."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
# Tables whose triggers write facts: whoever writes to one of them wakes the readers of the feed.
TELLING: Final[set[str]] = set()


def instant(name: str, *, nullable: bool = False, default_now: bool = False) -> Column[object]:
    """A column for an instant, in UTC."""
    default = func.clock_timestamp() if default_now else None
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=default)


# A row of the outbox can tell of many keys at once: their facts have the ids from the row's own to the next row's.
SPAN: Final = 1024
OWN_XID: Final = "(pg_current_xact_id()::text)::bigint"
NEWEST_ENDED_XID: Final = "((pg_snapshot_xmax(pg_current_snapshot()))::text)::bigint - 1"

# The one ordered feed of facts: by `xid`, then `id`. Readers follow the transaction horizon, because ids are drawn
# before the commit and become visible out of order. A transaction may draw its own id long before it gets the lock on
# what a fact is about. So `xid` is the newest transaction that had ended when the fact was written, if that is newer
# than the one that writes: it is never before an earlier fact of the same key. `writer` is that one (null: `xid`).
outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True, increment=SPAN), primary_key=True),
    Column("xid", BigInteger, nullable=False, server_default=text(f"GREATEST({OWN_XID}, {NEWEST_ENDED_XID})")),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    instant("created_at", default_now=True),
    Column("writer", BigInteger, nullable=True, server_default=text(OWN_XID)),
    Index("ix_outbox_xid_id", "xid", "id"),
)

# How far each named reader of the feed has come.
feed_cursors = Table(
    "feed_cursors",
    metadata,
    Column("reader", Text, primary_key=True),
    Column("xid", BigInteger, nullable=False),
    Column("id", BigInteger, nullable=False),
    instant("updated_at", default_now=True),
)

# All facts up to here may have been deleted.
feed_floor = Table(
    "feed_floor",
    metadata,
    Column("is_only", Boolean, primary_key=True, server_default=text("true")),
    Column("xid", BigInteger, nullable=False),
    Column("id", BigInteger, nullable=False),
    CheckConstraint("is_only", "feed_floor_is_one_row"),
)

# What the last check of the invariants found.
checks = Table(
    "checks",
    metadata,
    Column("claim", Text, primary_key=True),
    Column("broken_rows", BigInteger, nullable=False),
    instant("checked_at"),
)

# The answer to each command that carried an idempotency key, committed together with its effects. Two partitions, each
# with the primary key (caller, key): `requests_now` is written, `requests_before` is looked at until it is dropped.
requests = Table(
    "requests",
    metadata,
    Column("caller", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("body_hash", LargeBinary, nullable=False),
    Column("answer", JSONB, nullable=True),
    instant("created_at", default_now=True),
    Column("period", Date, nullable=False),
    postgresql_partition_by="LIST (period)",
)
