"""Units that are there but not sold, and since when a promise holds."""

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"

# A trigger of its own, after the one that moves `stock`: its name comes later. That one has locked the rows of stock,
# so that two writers of one key are never here at once. Movements without a state cost one look at the new rows.
SET_ASIDE = """
CREATE FUNCTION set_stock_aside() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM new_rows WHERE state IS NOT NULL) THEN
    RETURN NULL;
  END IF;
  INSERT INTO stock_states (variant_id, location_id, state)
  SELECT DISTINCT variant_id, location_id, state FROM new_rows WHERE state IS NOT NULL
  ON CONFLICT DO NOTHING;
  WITH moved AS (
    UPDATE stock_states s SET quantity = s.quantity + d.quantity
      FROM (SELECT variant_id, location_id, state, sum(d_state)::int AS quantity
              FROM new_rows WHERE state IS NOT NULL GROUP BY 1, 2, 3) d
     WHERE s.variant_id = d.variant_id AND s.location_id = d.location_id AND s.state = d.state
    RETURNING s.*)
  INSERT INTO outbox (topic, key, payload)
  SELECT 'stock_state', variant_id || ':' || location_id,
         jsonb_build_object('variant_id', variant_id, 'location_id', location_id, 'state', m.state,
                            'quantity', m.quantity, 'version', s.version)
    FROM moved m JOIN stock s USING (variant_id, location_id) ORDER BY variant_id, location_id, m.state;
  RETURN NULL;
END $$
"""
TRIGGERS = (
    """CREATE TRIGGER ledger_sets_aside AFTER INSERT ON ledger REFERENCING NEW TABLE AS new_rows
       FOR EACH STATEMENT EXECUTE FUNCTION set_stock_aside()""",
    """CREATE TRIGGER stock_states_move_by_ledger BEFORE INSERT OR UPDATE OR DELETE ON stock_states
       FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change('write the ledger instead')""",
    """CREATE TRIGGER stock_states_are_never_truncated BEFORE TRUNCATE ON stock_states
       FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('write the ledger instead')""",
)
KINDS = (
    "kind IN ('RECEIVED', 'RESERVED', 'RESERVATION_RELEASED', 'RESERVATION_EXPIRED', 'ALLOCATED', "
    "'RESERVATION_ALLOCATED', 'RESERVATION_CONVERTED', 'RESERVATION_MOVED', 'ALLOCATION_RELEASED', "
    "'SHIPPED', 'HANDED_OVER', 'TRANSFERRED_OUT', "
    "'TRANSFERRED_IN', 'LOST_IN_TRANSIT', 'RETURNED', 'ADJUSTED', {more}'SAFETY_SET')"
)
MOVES = "d_on_hand <> 0 OR d_reserved <> 0 OR d_allocated <> 0 OR d_safety <> 0"


def _check(name: str, claim: str) -> None:
    op.execute(f"ALTER TABLE ledger DROP CONSTRAINT IF EXISTS {name}")
    op.execute(f"ALTER TABLE ledger ADD CONSTRAINT {name} CHECK ({claim})")


def upgrade() -> None:
    """Create table, columns and trigger; let the ledger tell of states."""
    op.execute("ALTER TABLE holds ADD COLUMN held_at timestamptz NOT NULL DEFAULT clock_timestamp()")
    op.create_table(
        "stock_states",
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("stock_state_not_negative")),
        sa.CheckConstraint("state IN ('DAMAGED', 'QUALITY_CONTROL', 'DISPLAY')", name=op.f("stock_state_known")),
        sa.PrimaryKeyConstraint("variant_id", "location_id", "state", name=op.f("pk_stock_states")),
        postgresql_with={"fillfactor": "70"},
    )
    op.execute("""
        ALTER TABLE ledger ADD COLUMN state text, ADD COLUMN d_state integer NOT NULL DEFAULT 0, ADD COLUMN note text
    """)
    _check("movement_kind_known", KINDS.format(more="'COUNTED', 'STATE_CHANGED', 'WRITTEN_OFF', "))
    _check("ledger_moves_something", f"{MOVES} OR d_state <> 0")
    _check("ledger_state_with_units", "(state IS NULL) = (d_state = 0)")
    op.execute(SET_ASIDE)
    for trigger in TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    """Only of a ledger that tells of no states: history is never deleted."""
    op.execute("DROP TRIGGER ledger_sets_aside ON ledger")
    op.drop_table("stock_states")
    op.execute("DROP FUNCTION set_stock_aside()")
    op.execute("ALTER TABLE ledger DROP CONSTRAINT ledger_state_with_units")
    _check("movement_kind_known", KINDS.format(more=""))
    op.execute("ALTER TABLE ledger DROP CONSTRAINT ledger_moves_something")
    op.execute("ALTER TABLE ledger DROP COLUMN state, DROP COLUMN d_state, DROP COLUMN note")
    op.execute(f"ALTER TABLE ledger ADD CONSTRAINT ledger_moves_something CHECK ({MOVES})")
    op.execute("ALTER TABLE holds DROP COLUMN held_at")
