"""Selling rules: units sold ahead with a limit and a date, bundles of components, and what a channel leaves for others."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0019"
down_revision: str | None = "0018"

# Rows are locked in key order before they are counted. The new number is what the constraint looks at.
COUNT_WAITING = """
CREATE FUNCTION count_waiting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    PERFORM 1 FROM selling_rules r JOIN (SELECT DISTINCT variant_id FROM changed_rows) d USING (variant_id)
      ORDER BY r.variant_id FOR NO KEY UPDATE OF r;
    UPDATE selling_rules r SET waiting = r.waiting + d.units * CAST(TG_ARGV[0] AS int)
      FROM (SELECT variant_id, sum(quantity)::int AS units FROM changed_rows GROUP BY 1) d
     WHERE r.variant_id = d.variant_id;
  END IF;
  -- Whoever stood behind those who left may be served now, and so may who waits for good since this moment.
  INSERT INTO outbox (topic, key, payload)
  SELECT 'units_for_waiting', r.variant_id::text, jsonb_build_object('variant_id', r.variant_id)
    FROM selling_rules r
   WHERE TG_OP <> 'INSERT' AND r.waiting > 0 AND r.variant_id IN (SELECT variant_id FROM changed_rows)
   ORDER BY r.variant_id;
  RETURN NULL;
END $$
"""

# Whatever frees units of a variant that somebody waits for tells so in the same commit: receipts, transfers, counts,
# releases, expiries, less safety stock. Bundles get no stock of their own.
TELL_OF_UNITS = """
CREATE FUNCTION tell_units_for_waiting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM new_rows n WHERE n.d_on_hand > 0
                AND EXISTS (SELECT FROM bundle_components b WHERE b.bundle_variant_id = n.variant_id)) THEN
    RAISE EXCEPTION 'a bundle has no stock of its own'
      USING ERRCODE = '23514', CONSTRAINT = 'bundle_has_no_stock';
  END IF;
  INSERT INTO outbox (topic, key, payload)
  SELECT 'units_for_waiting', r.variant_id::text, jsonb_build_object('variant_id', r.variant_id)
    FROM selling_rules r
   WHERE r.waiting > 0
     AND r.variant_id IN (SELECT variant_id FROM new_rows WHERE d_on_hand > d_reserved + d_allocated + d_safety)
   ORDER BY r.variant_id;
  RETURN NULL;
END $$
"""

TRIGGERS = (
    """CREATE TRIGGER backorders_count_in AFTER INSERT ON backorders REFERENCING NEW TABLE AS changed_rows
       FOR EACH STATEMENT EXECUTE FUNCTION count_waiting('1')""",
    """CREATE TRIGGER backorders_count_out AFTER DELETE ON backorders REFERENCING OLD TABLE AS changed_rows
       FOR EACH STATEMENT EXECUTE FUNCTION count_waiting('-1')""",
    """CREATE TRIGGER backorders_become_final AFTER UPDATE ON backorders REFERENCING NEW TABLE AS changed_rows
       FOR EACH STATEMENT EXECUTE FUNCTION count_waiting('0')""",
    """CREATE TRIGGER backorders_keep_their_units BEFORE UPDATE OF variant_id, quantity ON backorders
       FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('a line waits as a whole')""",
    """CREATE TRIGGER backorders_are_never_truncated BEFORE TRUNCATE ON backorders
       FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('delete the rows instead')""",
    """CREATE TRIGGER waiting_moves_by_backorders BEFORE UPDATE OF waiting ON selling_rules
       FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change('write backorders instead')""",
    """CREATE TRIGGER ledger_tells_of_units AFTER INSERT ON ledger REFERENCING NEW TABLE AS new_rows
       FOR EACH STATEMENT EXECUTE FUNCTION tell_units_for_waiting()""",
)
# Columns: a queue that moves is of no interest.
WATCHED = {"selling_rules": "policy, limit_units, promised_on", "bundle_components": "", "channel_shares": ""}


def upgrade() -> None:
    """Create the tables, then what moves and tells."""
    _make_rules()
    _make_bundles()
    for statement in (COUNT_WAITING, TELL_OF_UNITS, *TRIGGERS):
        op.execute(statement)
    for table, columns in WATCHED.items():
        update = f"UPDATE OF {columns}" if columns else "UPDATE"
        op.execute(f"""
            CREATE TRIGGER tell_reference_change AFTER INSERT OR {update} OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION tell_reference_change()
        """)
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER tell_reference_change")


def _make_rules() -> None:
    op.create_table(
        "selling_rules",
        sa.Column("variant_id", sa.BigInteger, sa.ForeignKey("variants.id"), primary_key=True, autoincrement=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("limit_units", sa.Integer, nullable=False, server_default="0"),
        sa.Column("waiting", sa.Integer, nullable=False, server_default="0"),
        sa.Column("promised_on", sa.Date),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.CheckConstraint("policy IN ('ON_HAND_ONLY', 'BACKORDER', 'PREORDER')", name=op.f("selling_policy_known")),
        sa.CheckConstraint("waiting BETWEEN 0 AND limit_units", name=op.f("not_sold_ahead_past_the_limit")),
        sa.CheckConstraint("policy = 'ON_HAND_ONLY' OR promised_on IS NOT NULL", name=op.f("sold_ahead_with_a_date")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_table(
        "backorders",
        sa.Column("owner_id", sa.Uuid, primary_key=True),
        sa.Column("line_no", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entry_id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("owner_kind", sa.Text, nullable=False),
        sa.Column("variant_id", sa.BigInteger, sa.ForeignKey("selling_rules.variant_id"), nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("promised_on", sa.Date, nullable=False),
        sa.Column("candidates", postgresql.ARRAY(sa.Integer), nullable=False),
        sa.Column("may_split", sa.Boolean, nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("backorder_quantity_positive")),
        sa.CheckConstraint("kind IN ('BACKORDER', 'PREORDER')", name=op.f("backorder_kind_known")),
        sa.CheckConstraint(
            "state IN ('R', 'A') AND (state = 'R') = (expires_at IS NOT NULL)", name=op.f("backorder_state_known")
        ),
    )
    op.create_index("ix_backorders_variant_id", "backorders", ["variant_id", "entry_id"])
    op.create_index("ix_backorders_entry_id", "backorders", ["entry_id"], unique=True)
    op.create_index("ix_backorders_expires_at", "backorders", ["expires_at"], postgresql_where=sa.text("state = 'R'"))


def _make_bundles() -> None:
    op.create_table(
        "bundle_components",
        sa.Column(
            "bundle_variant_id", sa.BigInteger, sa.ForeignKey("variants.id"), primary_key=True, autoincrement=False
        ),
        sa.Column(
            "component_variant_id", sa.BigInteger, sa.ForeignKey("variants.id"), primary_key=True, autoincrement=False
        ),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.CheckConstraint("quantity BETWEEN 1 AND 1000", name=op.f("component_quantity_sane")),
        sa.CheckConstraint("bundle_variant_id <> component_variant_id", name=op.f("bundle_is_not_its_own_component")),
    )
    op.create_index("ix_bundle_components_component_variant_id", "bundle_components", ["component_variant_id"])
    op.create_table(
        "channel_shares",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("channel_id", sa.Integer, sa.ForeignKey("channels.id"), nullable=False),
        sa.Column("variant_id", sa.BigInteger, sa.ForeignKey("variants.id")),
        sa.Column("category_id", sa.Integer, sa.ForeignKey("categories.id")),
        sa.Column("kept_units", sa.Integer, nullable=False, server_default="0"),
        sa.Column("kept_percent", sa.Integer, nullable=False, server_default="0"),
        sa.CheckConstraint("num_nonnulls(variant_id, category_id) <= 1", name=op.f("share_is_of_one_thing")),
        sa.CheckConstraint(
            "kept_units BETWEEN 0 AND 1000000 AND kept_percent BETWEEN 0 AND 100", name=op.f("share_sane")
        ),
    )
    op.create_index(
        "uq_channel_shares_subject",
        "channel_shares",
        ["channel_id", "variant_id", "category_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_channel_shares_variant_id", "channel_shares", ["variant_id"])
    op.create_index("ix_channel_shares_category_id", "channel_shares", ["category_id"])
    op.create_table(
        "order_line_components",
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("orders.id"), primary_key=True),
        sa.Column("line_no", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("variant_id", sa.BigInteger, sa.ForeignKey("variants.id"), primary_key=True, autoincrement=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("line_component_quantity_positive")),
    )
    op.create_index("ix_order_line_components_variant_id", "order_line_components", ["variant_id"])


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TRIGGER ledger_tells_of_units ON ledger")
    for table in ("order_line_components", "channel_shares", "bundle_components", "backorders", "selling_rules"):
        op.drop_table(table)
    op.execute("DROP FUNCTION tell_units_for_waiting()")
    op.execute("DROP FUNCTION count_waiting()")
