"""The ledger is the only way in: its inserts move the counters of `stock` and tell the outbox.

Counter and ledger cannot drift apart, also not through a bug: nothing else may write the counters, and history
cannot be changed.
"""

from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"

# Rows are made, then locked, each in key order, so that two writers of the same keys never wait for each other in a
# circle. (Locking before making does: the maker of one row would wait for the holder of another that waits for it.)
APPLY_LEDGER = """
CREATE FUNCTION apply_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
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
           allocated = s.allocated + d.allocated, safety = s.safety + d.safety, version = s.version + d.entries
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

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on % is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = '42501';
END $$
"""

# Rows outside all months (a clock far off) land in the default partition; nothing is ever refused for want of one.
ENSURE_PARTITIONS = """
CREATE FUNCTION ensure_ledger_partitions(first_day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  month date := date_trunc('month', first_day)::date;
BEGIN
  FOR i IN 0..3 LOOP
    BEGIN
      EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF ledger FOR VALUES FROM (%L) TO (%L)',
                     'ledger_' || to_char(month, 'YYYY_MM'), month::timestamp AT TIME ZONE 'UTC',
                     (month + interval '1 month')::timestamp AT TIME ZONE 'UTC');
    EXCEPTION WHEN check_violation THEN
      RAISE WARNING 'rows of % are in the default partition of the ledger already', to_char(month, 'YYYY-MM');
    END;
    month := (month + interval '1 month')::date;
  END LOOP;
END $$
"""

TRIGGERS = (
    """CREATE TRIGGER ledger_moves_stock AFTER INSERT ON ledger REFERENCING NEW TABLE AS new_rows
       FOR EACH STATEMENT EXECUTE FUNCTION apply_ledger()""",
    """CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON ledger
       FOR EACH ROW EXECUTE FUNCTION refuse_change('history cannot be changed')""",
    """CREATE TRIGGER ledger_is_never_truncated BEFORE TRUNCATE ON ledger
       FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('history cannot be changed')""",
    """CREATE TRIGGER stock_is_born_empty BEFORE INSERT ON stock
       FOR EACH ROW WHEN (pg_trigger_depth() = 0
                          AND (NEW.on_hand, NEW.reserved, NEW.allocated, NEW.safety, NEW.version) <> (0, 0, 0, 0, 0))
       EXECUTE FUNCTION refuse_change('write the ledger instead')""",
    """CREATE TRIGGER stock_moves_by_ledger BEFORE UPDATE OR DELETE ON stock
       FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change('write the ledger instead')""",
    """CREATE TRIGGER stock_is_never_truncated BEFORE TRUNCATE ON stock
       FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('write the ledger instead')""",
)


def upgrade() -> None:
    """Create functions, triggers, the first partitions and the place of goods under way."""
    for statement in (APPLY_LEDGER, REFUSE_CHANGE, ENSURE_PARTITIONS, *TRIGGERS):
        op.execute(statement)
    op.execute("CREATE TABLE ledger_rest PARTITION OF ledger DEFAULT")
    op.execute("SELECT ensure_ledger_partitions(current_date)")
    op.execute("""
        INSERT INTO locations (code, kind, names, holds_stock, ships_orders, hands_over)
        VALUES ('IN-TRANSIT', 'IN_TRANSIT', '{"ja": "輸送中", "en": "In transit"}', true, false, false)
    """)


def downgrade() -> None:
    """Drop them; the partitions go with the ledger."""
    op.execute("DELETE FROM locations WHERE kind = 'IN_TRANSIT'")
    for trigger in ("ledger_moves_stock", "ledger_is_append_only", "ledger_is_never_truncated"):
        op.execute(f"DROP TRIGGER {trigger} ON ledger")
    for trigger in ("stock_is_born_empty", "stock_moves_by_ledger", "stock_is_never_truncated"):
        op.execute(f"DROP TRIGGER {trigger} ON stock")
    for function in ("apply_ledger()", "refuse_change()", "ensure_ledger_partitions(date)"):
        op.execute(f"DROP FUNCTION {function}")
