"""Tables of counters that differ from their history, and of their repairs."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from app.kit.tables import instant, metadata

# What audits have found. Whether a row still differs is looked at whenever somebody asks.
stock_drifts = Table(
    "stock_drifts",
    metadata,
    Column("variant_id", BigInteger, primary_key=True, autoincrement=False),
    Column("location_id", Integer, primary_key=True, autoincrement=False),
    instant("found_at"),
)

# Append-only. A trigger on its inserts sets the counters to what the ledger adds up to, writes into the ledger what the
# holds say beyond that, and fills in `before` and `after`: the counters.
stock_repairs = Table(
    "stock_repairs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("variant_id", BigInteger, nullable=False),
    Column("location_id", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=True),
    Column("actor", Text, nullable=False),
    instant("at", default_now=True),
    Column("before", JSONB, nullable=True),
    Column("after", JSONB, nullable=True),
    Index("ix_stock_repairs_variant_id", "variant_id", "location_id"),
)
