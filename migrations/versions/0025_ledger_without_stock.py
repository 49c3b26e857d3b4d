"""A ledger row without a row of stock is refused in statements of any size.

An import says beforehand that all rows of stock are there, which saves making and locking them. Large statements count
what they moved; small ones believed it.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"

# The end of what the function does for a small statement.
END = """      FROM moved ORDER BY variant_id, location_id;
    RETURN NULL;
  END IF;
"""
CHECKED_END = """      FROM moved ORDER BY variant_id, location_id;
    IF current_setting('hikiate.stock_rows_are_there', true) = 'yes' AND EXISTS (
         SELECT FROM new_rows n
          WHERE NOT EXISTS (SELECT FROM stock s WHERE s.variant_id = n.variant_id AND s.location_id = n.location_id))
    THEN
      RAISE EXCEPTION 'a row of the ledger has no row of stock' USING ERRCODE = '23503';
    END IF;
    RETURN NULL;
  END IF;
"""


def _replace(old: str, new: str) -> None:
    text = op.get_bind().scalar(sa.text("SELECT pg_get_functiondef('apply_ledger'::regproc)"))
    if text.count(old) != 1:
        message = "The function apply_ledger is another one than was expected."
        raise RuntimeError(message)
    op.get_bind().exec_driver_sql(text.replace(old, new))


def upgrade() -> None:
    """The rest of the function stays as it is."""
    _replace(END, CHECKED_END)


def downgrade() -> None:
    """As it was."""
    _replace(CHECKED_END, END)
