"""Feeds of stock: facts of many keys in one row of the outbox, imports of files, and how far the feed was forgotten."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0015"
down_revision: str | None = "0014"

# Rows are made, then locked, each in key order, so that two writers of the same keys never wait for each other in a
# circle. (Locking before making does: the maker of one row would wait for the holder of another that waits for it.)
# An import has seen to both itself, and says so; if it is wrong, the count at the end tells. Without hash and merge
# joins rows are updated in the order of `summed`, which is that of the keys.
APPLY_LEDGER = """
CREATE OR REPLACE FUNCTION apply_ledger() RETURNS trigger LANGUAGE plpgsql
  SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  missing bigint;
BEGIN
  IF current_setting('hikiate.stock_rows_are_there', true) IS DISTINCT FROM 'yes' THEN
    INSERT INTO stock (variant_id, location_id)
    SELECT DISTINCT n.variant_id, n.location_id FROM new_rows n
     WHERE NOT EXISTS (SELECT 1 FROM stock s WHERE s.variant_id = n.variant_id AND s.location_id = n.location_id)
     ORDER BY 1, 2
    ON CONFLICT DO NOTHING;

    PERFORM 1 FROM stock s
      JOIN (SELECT DISTINCT variant_id, location_id FROM new_rows) d
        ON s.variant_id = d.variant_id AND s.location_id = d.location_id
     ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s;
  END IF;

  -- A statement of its own: its snapshot is taken after the wait for the locks.
  IF (SELECT count(*) FROM (SELECT FROM new_rows LIMIT 101) few) <= 100
     OR (SELECT count(*) FROM (SELECT DISTINCT variant_id, location_id FROM new_rows LIMIT 101) few) <= 100 THEN
    WITH moved AS (
      UPDATE stock s
         SET on_hand = s.on_hand + d.on_hand, reserved = s.reserved + d.reserved,
             allocated = s.allocated + d.allocated, safety = s.safety + d.safety, version = s.version + d.entries,
             xid = pg_current_xact_id()::text::bigint
        FROM (SELECT variant_id, location_id, sum(d_on_hand)::int AS on_hand, sum(d_reserved)::int AS reserved,
                     sum(d_allocated)::int AS allocated, sum(d_safety)::int AS safety, count(*) AS entries
                FROM new_rows GROUP BY 1, 2 ORDER BY 1, 2) d
       WHERE s.variant_id = d.variant_id AND s.location_id = d.location_id
      RETURNING s.*)
    INSERT INTO outbox (topic, key, payload)
    SELECT 'stock', variant_id || ':' || location_id,
           jsonb_build_object('variant_id', variant_id, 'location_id', location_id, 'on_hand', on_hand,
                              'reserved', reserved, 'allocated', allocated, 'safety', safety, 'version', version)
      FROM moved ORDER BY variant_id, location_id;
    RETURN NULL;
  END IF;

  -- The same in rows that tell of up to 1,000 keys each.
  WITH summed AS MATERIALIZED (
    SELECT variant_id, location_id, sum(d_on_hand)::int AS on_hand, sum(d_reserved)::int AS reserved,
           sum(d_allocated)::int AS allocated, sum(d_safety)::int AS safety, count(*) AS entries
      FROM new_rows GROUP BY 1, 2 ORDER BY 1, 2),
  moved AS (
    UPDATE stock s
       SET on_hand = s.on_hand + d.on_hand, reserved = s.reserved + d.reserved,
           allocated = s.allocated + d.allocated, safety = s.safety + d.safety, version = s.version + d.entries,
           xid = pg_current_xact_id()::text::bigint
      FROM summed d
     WHERE s.variant_id = d.variant_id AND s.location_id = d.location_id
    RETURNING s.*),
  told AS (
    INSERT INTO outbox (topic, key, payload)
    SELECT 'stock', '*', jsonb_build_object('keys', jsonb_build_array('variant_id', 'location_id'), 'facts',
             jsonb_build_object(
               'variant_id', to_jsonb(array_agg(variant_id)), 'location_id', to_jsonb(array_agg(location_id)),
               'on_hand', to_jsonb(array_agg(on_hand)), 'reserved', to_jsonb(array_agg(reserved)),
               'allocated', to_jsonb(array_agg(allocated)), 'safety', to_jsonb(array_agg(safety)),
               'version', to_jsonb(array_agg(version))))
      FROM (SELECT *, (row_number() OVER () - 1) / 1000 AS bundle FROM moved) numbered
     GROUP BY bundle ORDER BY bundle)
  SELECT (SELECT count(*) FROM summed) - (SELECT count(*) FROM moved) INTO missing;
  IF missing <> 0 THEN
    RAISE EXCEPTION '% rows of the ledger have no row of stock', missing USING ERRCODE = '23503';
  END IF;
  RETURN NULL;
END $$
"""
BEFORE = """
CREATE OR REPLACE FUNCTION apply_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO stock (variant_id, location_id)
  SELECT DISTINCT n.variant_id, n.location_id FROM new_rows n
   WHERE NOT EXISTS (SELECT 1 FROM stock s WHERE s.variant_id = n.variant_id AND s.location_id = n.location_id)
   ORDER BY 1, 2
  ON CONFLICT DO NOTHING;

  PERFORM 1 FROM stock s
    JOIN (SELECT DISTINCT variant_id, location_id FROM new_rows) d
      ON s.variant_id = d.variant_id AND s.location_id = d.location_id
   ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s;

  WITH moved AS (
    UPDATE stock s
       SET on_hand = s.on_hand + d.on_hand, reserved = s.reserved + d.reserved,
           allocated = s.allocated + d.allocated, safety = s.safety + d.safety, version = s.version + d.entries,
           xid = pg_current_xact_id()::text::bigint
      FROM (SELECT variant_id, location_id, sum(d_on_hand)::int AS on_hand, sum(d_reserved)::int AS reserved,
                   sum(d_allocated)::int AS allocated, sum(d_safety)::int AS safety, count(*) AS entries
              FROM new_rows GROUP BY 1, 2) d
     WHERE s.variant_id = d.variant_id AND s.location_id = d.location_id
    RETURNING s.*)
  INSERT INTO outbox (topic, key, payload)
  SELECT 'stock', variant_id || ':' || location_id,
         jsonb_build_object('variant_id', variant_id, 'location_id', location_id, 'on_hand', on_hand,
                            'reserved', reserved, 'allocated', allocated, 'safety', safety, 'version', version)
    FROM moved ORDER BY variant_id, location_id;
  RETURN NULL;
END $$
"""
# The facts of a row have the ids from the row's own to the next row's.
NEXT_ID = """
SELECT setval(pg_get_serial_sequence('outbox', 'id'),
              (SELECT (coalesce(max(id), 0) / {step} + 1) * {step} FROM outbox), false)
"""


def upgrade() -> None:
    """Facts that are there already keep their ids."""
    op.execute("ALTER TABLE outbox ALTER COLUMN id SET INCREMENT BY 1024")
    op.execute(NEXT_ID.format(step=1024))
    op.execute(APPLY_LEDGER)
    op.create_table(
        "feed_floor",
        sa.Column("is_only", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("xid", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("is_only", name=op.f("feed_floor_is_one_row")),
        sa.PrimaryKeyConstraint("is_only", name=op.f("pk_feed_floor")),
    )
    op.create_table(
        "stock_imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source_hash", sa.LargeBinary(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mode IN ('ABSOLUTE', 'DELTA')", name=op.f("stock_import_mode_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_imports")),
        sa.UniqueConstraint("number", name=op.f("uq_stock_imports_number")),
    )
    op.create_index("ix_stock_imports_source_hash", "stock_imports", ["source_hash"], unique=False)
    op.create_table(
        "stock_import_chunks",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("first_row", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["stock_imports.id"], name=op.f("fk_stock_import_chunks_import_id")),
        sa.PrimaryKeyConstraint("import_id", "turn", "first_row", name=op.f("pk_stock_import_chunks")),
    )
    op.create_table(
        "stock_import_refusals",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("given", JSONB(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["stock_imports.id"], name=op.f("fk_stock_import_refusals_import_id")),
        sa.PrimaryKeyConstraint("import_id", "line_no", name=op.f("pk_stock_import_refusals")),
    )


def downgrade() -> None:
    """Rows that tell of many keys go: nobody could read them any more."""
    op.drop_table("stock_import_refusals")
    op.drop_table("stock_import_chunks")
    op.drop_index("ix_stock_imports_source_hash", table_name="stock_imports")
    op.drop_table("stock_imports")
    op.drop_table("feed_floor")
    op.execute("ALTER FUNCTION apply_ledger() RESET ALL")
    op.execute(BEFORE)
    op.execute("DELETE FROM outbox WHERE key = '*'")
    op.execute("ALTER TABLE outbox ALTER COLUMN id SET INCREMENT BY 1")
