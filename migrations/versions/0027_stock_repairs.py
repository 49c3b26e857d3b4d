"""Counters that drifted are brought back to what the ledger and the holds say, and it stands in the ledger."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0027"
down_revision: str | None = "0026"

# First the counters are what the ledger adds up to, then rows of the ledger say what the holds say. Where the ledger itself
# contradicts the constraints, because rows of it were deleted, room is made in between and taken back at the end. The
# row of the repair itself is always written, so that everybody who listens hears the level.
REPAIR = """
CREATE FUNCTION repair_stock() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  l record;
  h record;
  needed int;
  room int;
BEGIN
  INSERT INTO stock (variant_id, location_id) VALUES (NEW.variant_id, NEW.location_id) ON CONFLICT DO NOTHING;
  SELECT to_jsonb(s) - ARRAY['variant_id', 'location_id', 'xid', 'writer'] INTO NEW.before
    FROM stock s WHERE s.variant_id = NEW.variant_id AND s.location_id = NEW.location_id FOR NO KEY UPDATE OF s;

  -- Statements of their own: their snapshots are taken after the wait for the lock.
  SELECT coalesce(sum(d_on_hand), 0)::int AS on_hand, coalesce(sum(d_reserved), 0)::int AS reserved,
         coalesce(sum(d_allocated), 0)::int AS allocated, coalesce(sum(d_safety), 0)::int AS safety, count(*) AS entries
    INTO l FROM ledger WHERE variant_id = NEW.variant_id AND location_id = NEW.location_id;
  SELECT coalesce(sum(quantity) FILTER (WHERE state = 'R'), 0)::int AS reserved,
         coalesce(sum(quantity) FILTER (WHERE state = 'A'), 0)::int AS allocated
    INTO h FROM holds WHERE variant_id = NEW.variant_id AND location_id = NEW.location_id;
  needed := greatest(l.on_hand, h.reserved + h.allocated);
  room := greatest(0, greatest(l.reserved, 0) + greatest(l.allocated, 0) - l.on_hand)
          + greatest(0, -l.reserved) + greatest(0, -l.allocated);

  UPDATE stock
     SET on_hand = l.on_hand + room, reserved = greatest(l.reserved, 0), allocated = greatest(l.allocated, 0),
         safety = greatest(l.safety, 0), version = l.entries
   WHERE variant_id = NEW.variant_id AND location_id = NEW.location_id;
  INSERT INTO stock_states (variant_id, location_id, state, quantity)
  SELECT NEW.variant_id, NEW.location_id, state, greatest(sum(d_state), 0)::int FROM ledger
   WHERE variant_id = NEW.variant_id AND location_id = NEW.location_id AND state IS NOT NULL GROUP BY state
  ON CONFLICT (variant_id, location_id, state) DO UPDATE SET quantity = excluded.quantity;
  UPDATE stock_states s SET quantity = 0
   WHERE s.variant_id = NEW.variant_id AND s.location_id = NEW.location_id
     AND NOT EXISTS (SELECT FROM ledger n WHERE n.variant_id = NEW.variant_id AND n.location_id = NEW.location_id
                        AND n.state = s.state);

  INSERT INTO ledger (variant_id, location_id, d_on_hand, d_reserved, d_allocated, d_safety, state, d_state, kind,
                      reason, note, cause_kind, cause_id, actor)
  SELECT NEW.variant_id, NEW.location_id, needed - l.on_hand, 0, h.allocated - l.allocated,
         greatest(l.safety, 0) - l.safety, NULL, 0, 'REPAIRED', NEW.reason, NEW.note, 'REPAIR', NEW.id, NEW.actor
   UNION ALL
  SELECT NEW.variant_id, NEW.location_id, 0, sum(units), 0, 0, NULL, 0, 'REPAIRED', NEW.reason, NEW.note,
         max(kind), owner_id, NEW.actor
    FROM (SELECT owner_id, owner_kind AS kind, quantity AS units FROM holds
           WHERE variant_id = NEW.variant_id AND location_id = NEW.location_id AND state = 'R'
           UNION ALL
          SELECT cause_id, cause_kind, -d_reserved FROM ledger
           WHERE variant_id = NEW.variant_id AND location_id = NEW.location_id AND d_reserved <> 0) owned
   GROUP BY owner_id HAVING sum(units) <> 0
   UNION ALL
  SELECT NEW.variant_id, NEW.location_id, 0, 0, 0, 0, state, -sum(d_state), 'REPAIRED', NEW.reason, NEW.note,
         'REPAIR', NEW.id, NEW.actor
    FROM ledger
   WHERE variant_id = NEW.variant_id AND location_id = NEW.location_id AND state IS NOT NULL
   GROUP BY state HAVING sum(d_state) < 0;

  IF room > 0 OR l.safety < 0 OR EXISTS (SELECT FROM stock_states s
                          WHERE s.variant_id = NEW.variant_id AND s.location_id = NEW.location_id
                            AND s.quantity <> (SELECT coalesce(sum(d_state), 0) FROM ledger n
                                                WHERE n.variant_id = NEW.variant_id
                                                  AND n.location_id = NEW.location_id AND n.state = s.state)) THEN
    UPDATE stock SET on_hand = needed, reserved = h.reserved, allocated = h.allocated, safety = greatest(l.safety, 0)
     WHERE variant_id = NEW.variant_id AND location_id = NEW.location_id;
    UPDATE stock_states s
       SET quantity = (SELECT coalesce(sum(d_state), 0) FROM ledger n WHERE n.variant_id = NEW.variant_id
                          AND n.location_id = NEW.location_id AND n.state = s.state)
     WHERE s.variant_id = NEW.variant_id AND s.location_id = NEW.location_id;
    INSERT INTO ledger (variant_id, location_id, kind, reason, note, cause_kind, cause_id, actor)
    VALUES (NEW.variant_id, NEW.location_id, 'REPAIRED', NEW.reason, NEW.note, 'REPAIR', NEW.id, NEW.actor);
  END IF;
  SELECT to_jsonb(s) - ARRAY['variant_id', 'location_id', 'xid', 'writer'] INTO NEW.after
    FROM stock s WHERE s.variant_id = NEW.variant_id AND s.location_id = NEW.location_id;
  RETURN NEW;
END $$
"""
TRIGGERS = (
    """CREATE TRIGGER repairs_set_stock BEFORE INSERT ON stock_repairs
       FOR EACH ROW EXECUTE FUNCTION repair_stock()""",
    """CREATE TRIGGER repairs_are_append_only BEFORE UPDATE OR DELETE ON stock_repairs
       FOR EACH ROW EXECUTE FUNCTION refuse_change('history cannot be changed')""",
    """CREATE TRIGGER repairs_are_never_truncated BEFORE TRUNCATE ON stock_repairs
       FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('history cannot be changed')""",
)
KINDS = (
    "kind IN ('RECEIVED', 'RESERVED', 'RESERVATION_RELEASED', 'RESERVATION_EXPIRED', 'ALLOCATED', "
    "'RESERVATION_ALLOCATED', 'RESERVATION_CONVERTED', 'RESERVATION_MOVED', 'ALLOCATION_RELEASED', "
    "'SHIPPED', 'HANDED_OVER', 'TRANSFERRED_OUT', "
    "'TRANSFERRED_IN', 'LOST_IN_TRANSIT', 'RETURNED', 'ADJUSTED', 'COUNTED', 'STATE_CHANGED', "
    "'WRITTEN_OFF', {}'SAFETY_SET')"
)
MOVES = "d_on_hand <> 0 OR d_reserved <> 0 OR d_allocated <> 0 OR d_safety <> 0 OR d_state <> 0"


def _check(name: str, claim: str) -> None:
    op.execute(f"ALTER TABLE ledger DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE ledger ADD CONSTRAINT {name} CHECK ({claim})")


def upgrade() -> None:
    """Create the tables and the function; the ledger may tell of repairs, also of those that move nothing."""
    op.create_table(
        "stock_repairs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("before", JSONB(), nullable=True),
        sa.Column("after", JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_repairs")),
    )
    op.create_index("ix_stock_repairs_variant_id", "stock_repairs", ["variant_id", "location_id"])
    op.create_table(
        "stock_drifts",
        sa.Column("variant_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("location_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("variant_id", "location_id", name=op.f("pk_stock_drifts")),
    )
    _check("movement_kind_known", KINDS.format("'REPAIRED', "))
    _check("ledger_moves_something", f"{MOVES} OR kind = 'REPAIRED'")
    op.execute(REPAIR)
    for trigger in TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    """Only of a ledger that tells of no repair: history is never deleted."""
    _check("movement_kind_known", KINDS.format(""))
    _check("ledger_moves_something", MOVES)
    op.drop_table("stock_drifts")
    op.drop_table("stock_repairs")
    op.execute("DROP FUNCTION repair_stock()")
