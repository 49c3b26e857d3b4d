"""Stock knows the transaction that changed it last, as the outbox does: what a listener has missed is told by its row."""

from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"

# As before, with one more column to set.
APPLY_LEDGER = """
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

  -- A statement of its own: its snapshot is taken after the wait for the locks.
  WITH moved AS (
    UPDATE stock s
       SET on_hand = s.on_hand + d.on_hand, reserved = s.reserved + d.reserved,
           allocated = s.allocated + d.allocated, safety = s.safety + d.safety, version = s.version + d.entries{xid}
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
SET_XID = ", xid = pg_current_xact_id()::text::bigint"


def upgrade() -> None:
    """Rows that are there already were changed before any listener's memory begins."""
    op.execute("ALTER TABLE stock ADD COLUMN xid bigint DEFAULT 0 NOT NULL")
    op.execute(APPLY_LEDGER.format(xid=SET_XID))


def downgrade() -> None:
    """The function no longer sets the column, then it goes."""
    op.execute(APPLY_LEDGER.format(xid=""))
    op.execute("ALTER TABLE stock DROP COLUMN xid")
