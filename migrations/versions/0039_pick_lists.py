"""Pick lists for many orders, and shelves to walk along."""

from alembic import op

revision: str = "0039"
down_revision: str | None = "0038"


def upgrade() -> None:
    """No work is in a list."""
    op.execute("CREATE SEQUENCE pick_list_numbers START WITH 80000001")
    op.execute("""
        CREATE TABLE pick_lists (
            id uuid CONSTRAINT pk_pick_lists PRIMARY KEY,
            number text NOT NULL CONSTRAINT uq_pick_lists_number UNIQUE,
            location_id integer NOT NULL CONSTRAINT fk_pick_lists_location_id REFERENCES locations,
            status text NOT NULL,
            assignee text,
            created_at timestamptz NOT NULL,
            created_by text NOT NULL,
            completed_at timestamptz,
            completed_by text,
            version integer NOT NULL DEFAULT 1,
            CONSTRAINT pick_list_status_known CHECK (status IN ('OPEN', 'DONE', 'CANCELED')),
            CONSTRAINT done_pick_lists_have_a_time CHECK ((status = 'DONE') = (completed_at IS NOT NULL)))
    """)
    op.execute("CREATE INDEX ix_pick_lists_location_id ON pick_lists (location_id, status, id)")
    op.execute("""
        CREATE TABLE stock_shelves (
            location_id integer NOT NULL CONSTRAINT fk_stock_shelves_location_id REFERENCES locations,
            variant_id bigint NOT NULL CONSTRAINT fk_stock_shelves_variant_id REFERENCES variants,
            label text NOT NULL,
            sort_key text NOT NULL,
            CONSTRAINT pk_stock_shelves PRIMARY KEY (location_id, variant_id))
    """)
    op.execute("CREATE INDEX ix_stock_shelves_variant_id ON stock_shelves (variant_id)")
    op.execute("""
        ALTER TABLE work_instructions
          ADD COLUMN pick_list_id uuid CONSTRAINT fk_work_instructions_pick_list_id REFERENCES pick_lists,
          ADD CONSTRAINT pick_lists_are_of_picking CHECK (pick_list_id IS NULL OR kind = 'PICK')
    """)
    op.execute("""
        CREATE INDEX ix_work_instructions_pick_list_id ON work_instructions (pick_list_id)
         WHERE pick_list_id IS NOT NULL
    """)


def downgrade() -> None:
    """Take it back: work stays, lists and shelves do not."""
    op.execute("ALTER TABLE work_instructions DROP COLUMN pick_list_id CASCADE")
    op.execute("DROP TABLE stock_shelves")
    op.execute("DROP TABLE pick_lists")
    op.execute("DROP SEQUENCE pick_list_numbers")
