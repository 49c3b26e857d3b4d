"""Facts of one key are read in the order in which they were written, whichever transaction began first.

`xid` of a fact is not always its transaction's own id any more, but at least the newest transaction that had ended when
the fact was written, and so never less than that of an earlier fact of its key. Whose fact it is says `writer`.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0026"
down_revision: str | None = "0025"

OWN = "(pg_current_xact_id()::text)::bigint"
TURN = f"GREATEST({OWN}, ((pg_snapshot_xmax(pg_current_snapshot()))::text)::bigint - 1)"
# Pieces of `apply_ledger`, before and after. The turn is taken behind the locks.
PIECES = (
    (
        "DECLARE\n  missing bigint;\n",
        f"DECLARE\n  missing bigint;\n  own bigint := {OWN};\n  turn bigint;\n",
    ),
    (
        "  -- A statement of its own: its snapshot is taken after the wait for the locks.\n",
        f"  -- Statements of their own: their snapshots are taken after the wait for the locks.\n  turn := {TURN};\n",
    ),
    (
        "             xid = pg_current_xact_id()::text::bigint\n",
        "             xid = turn, writer = own\n",
    ),
    (
        "    INSERT INTO outbox (topic, key, payload)\n    SELECT 'stock', variant_id",
        "    INSERT INTO outbox (xid, writer, topic, key, payload)\n    SELECT turn, own, 'stock', variant_id",
    ),
    (
        "           xid = pg_current_xact_id()::text::bigint\n      FROM summed d\n",
        "           xid = turn, writer = own\n      FROM summed d\n",
    ),
    (
        "    INSERT INTO outbox (topic, key, payload)\n    SELECT 'stock', '*',",
        "    INSERT INTO outbox (xid, writer, topic, key, payload)\n    SELECT turn, own, 'stock', '*',",
    ),
)


def _rewrite(pieces: list[tuple[str, str]]) -> None:
    text = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('apply_ledger'::regproc)"))
    for old, new in pieces:
        if text.count(old) != 1:
            message = f"The function apply_ledger is another one than was expected: {old!r}"
            raise RuntimeError(message)
        text = text.replace(old, new)
    op.get_bind().exec_driver_sql(text)


def upgrade() -> None:
    """Facts and levels that are there already were written by the transactions that their `xid` names."""
    op.execute("ALTER TABLE outbox ADD COLUMN writer bigint")
    op.execute(f"ALTER TABLE outbox ALTER COLUMN writer SET DEFAULT {OWN}, ALTER COLUMN xid SET DEFAULT {TURN}")
    op.execute("ALTER TABLE stock ADD COLUMN writer bigint DEFAULT 0 NOT NULL")
    _rewrite(list(PIECES))


def downgrade() -> None:
    """The order of facts that are there stays as it is."""
    _rewrite([(new, old) for old, new in PIECES])
    op.execute("ALTER TABLE stock DROP COLUMN writer")
    op.execute("ALTER TABLE outbox DROP COLUMN writer")
    op.execute(f"ALTER TABLE outbox ALTER COLUMN xid SET DEFAULT {OWN}")
