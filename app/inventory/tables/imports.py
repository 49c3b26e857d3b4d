"""Tables of imports of stock files."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.kit.tables import instant, metadata

# An import of a file: known by what it holds and how it was to be applied, so that the same file is applied once.
stock_imports = Table(
    "stock_imports",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("source_hash", LargeBinary, nullable=False),
    Column("mode", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("row_count", BigInteger, nullable=True),
    instant("created_at"),
    instant("finished_at", nullable=True),
    Index("ix_stock_imports_source_hash", "source_hash"),
    CheckConstraint("mode IN ('ABSOLUTE', 'DELTA')", "stock_import_mode_known"),
)

# The parts of a file that are applied, committed together with what they moved. `turn`: rows that name a key of an
# earlier row are applied after all of these.
stock_import_chunks = Table(
    "stock_import_chunks",
    metadata,
    Column("import_id", Uuid, ForeignKey("stock_imports.id"), primary_key=True),
    Column("turn", Integer, primary_key=True),
    Column("first_row", BigInteger, primary_key=True),
    Column("changed", Integer, nullable=False, server_default="0"),
    Column("unchanged", Integer, nullable=False, server_default="0"),
    Column("refused", Integer, nullable=False, server_default="0"),
)

stock_import_refusals = Table(
    "stock_import_refusals",
    metadata,
    Column("import_id", Uuid, ForeignKey("stock_imports.id"), primary_key=True),
    Column("line_no", BigInteger, primary_key=True),
    Column("code", Text, nullable=False),
    Column("given", JSONB, nullable=False),
    Column("facts", JSONB, nullable=False),
)

# Rows that took promised units off: `missing` ones were promised, `moved` ones other places serve now, `ended` ones
# nobody does; null while it is but a rehearsal.
stock_import_releases = Table(
    "stock_import_releases",
    metadata,
    Column("import_id", Uuid, ForeignKey("stock_imports.id"), primary_key=True),
    Column("line_no", BigInteger, primary_key=True),
    Column("given", JSONB, nullable=False),
    Column("missing", Integer, nullable=False),
    Column("moved", Integer, nullable=True),
    Column("ended", Integer, nullable=True),
    CheckConstraint(
        "missing > 0 AND moved >= 0 AND ended >= 0 AND moved + ended >= missing", "released_what_was_missing"
    ),
)
