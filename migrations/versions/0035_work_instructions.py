"""Work instructions of nine kinds, with assignees, holds, goods of their own and a history."""

from alembic import op

revision: str = "0035"
down_revision: str | None = "0034"


def upgrade() -> None:
    """What is there stays as it is; the list's order is by due time from here on."""
    op.execute("""
        ALTER TABLE work_instructions
          DROP CONSTRAINT work_kind_known, DROP CONSTRAINT work_status_known, DROP CONSTRAINT work_is_about_one_thing,
           ADD COLUMN pickup_id uuid CONSTRAINT fk_work_instructions_pickup_id REFERENCES pickups,
           ADD COLUMN note text, ADD COLUMN assignee text,
           ADD COLUMN due_order timestamptz NOT NULL
               GENERATED ALWAYS AS (coalesce(due_at, timestamp with time zone '9999-12-31 00:00:00+00')) STORED,
           ADD COLUMN acknowledged_at timestamptz, ADD COLUMN acknowledged_by text, ADD COLUMN resumes_as text,
           ADD COLUMN hold_reason text, ADD COLUMN reject_reason text, ADD COLUMN version integer NOT NULL DEFAULT 1,
           ADD CONSTRAINT work_kind_known CHECK (kind IN ('PICK', 'PACK', 'SHIP', 'PREPARE_PICKUP', 'TRANSFER',
               'RECEIVE', 'LOCKER_DROP_OFF', 'COUNT', 'RETURN_INSPECT')),
           ADD CONSTRAINT work_status_known CHECK (status IN ('WAITING', 'OPEN', 'IN_PROGRESS', 'ON_HOLD', 'DONE',
               'REJECTED', 'CANCELED')),
           ADD CONSTRAINT work_is_about_one_thing CHECK (
               CASE WHEN kind IN ('PICK', 'PACK', 'SHIP', 'PREPARE_PICKUP') THEN fulfillment_id IS NOT NULL
                    WHEN kind IN ('TRANSFER', 'RECEIVE') THEN transfer_id IS NOT NULL
                    WHEN kind = 'LOCKER_DROP_OFF' THEN pickup_id IS NOT NULL
                    ELSE fulfillment_id IS NULL AND transfer_id IS NULL END
               AND num_nonnulls(fulfillment_id, transfer_id, pickup_id) <= 1),
           ADD CONSTRAINT held_work_has_a_reason_and_goes_on CHECK (
               (status = 'ON_HOLD') = (resumes_as IS NOT NULL) AND (status = 'ON_HOLD') = (hold_reason IS NOT NULL)
               AND resumes_as IN ('WAITING', 'OPEN')),
           ADD CONSTRAINT rejected_work_has_a_reason CHECK ((status = 'REJECTED') = (reject_reason IS NOT NULL)),
           ADD CONSTRAINT work_in_progress_was_acknowledged CHECK (
               status <> 'IN_PROGRESS' OR acknowledged_at IS NOT NULL)
    """)
    op.execute("DROP INDEX ix_work_instructions_location_id")
    op.execute("""
        CREATE INDEX ix_work_instructions_location_id
            ON work_instructions (location_id, kind, status, due_order, id)
    """)
    op.execute("CREATE INDEX ix_work_instructions_status ON work_instructions (status, due_order, id)")
    op.execute("""
        CREATE INDEX ix_work_instructions_assignee ON work_instructions (assignee, status) WHERE assignee IS NOT NULL
    """)
    op.execute("""
        CREATE UNIQUE INDEX uq_work_instructions_pickup ON work_instructions (pickup_id, kind)
         WHERE status IN ('WAITING', 'OPEN', 'IN_PROGRESS', 'ON_HOLD')
    """)
    op.execute("""
        CREATE TABLE work_lines (
            work_id uuid NOT NULL CONSTRAINT fk_work_lines_work_id REFERENCES work_instructions,
            line_no integer NOT NULL,
            variant_id bigint NOT NULL CONSTRAINT fk_work_lines_variant_id REFERENCES variants,
            quantity integer NOT NULL,
            done_quantity integer,
            CONSTRAINT pk_work_lines PRIMARY KEY (work_id, line_no),
            CONSTRAINT work_quantities_not_negative CHECK (quantity >= 0 AND done_quantity >= 0))
    """)
    op.execute("CREATE INDEX ix_work_lines_variant_id ON work_lines (variant_id)")
    op.execute("""
        CREATE TABLE work_history (
            id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_work_history PRIMARY KEY,
            work_id uuid NOT NULL CONSTRAINT fk_work_history_work_id REFERENCES work_instructions,
            at timestamptz NOT NULL,
            step text NOT NULL,
            status text NOT NULL,
            actor text NOT NULL,
            facts jsonb NOT NULL DEFAULT '{}',
            CONSTRAINT work_step_known CHECK (step IN ('CREATE', 'ASSIGN', 'ACKNOWLEDGE', 'COMPLETE', 'HOLD', 'RELEASE',
                'REPORT_SHORT', 'REJECT', 'SPLIT', 'MOVE')))
    """)
    op.execute("CREATE INDEX ix_work_history_work_id ON work_history (work_id, id)")


def downgrade() -> None:
    """Take it back, with all work that only exists since."""
    op.execute("DROP TABLE work_history")
    op.execute("DROP TABLE work_lines")
    op.execute("""
        DELETE FROM work_instructions
         WHERE kind NOT IN ('PICK', 'SHIP', 'PREPARE_PICKUP', 'TRANSFER', 'RECEIVE')
    """)
    op.execute("""
        UPDATE work_instructions
           SET status = CASE status WHEN 'ON_HOLD' THEN resumes_as WHEN 'IN_PROGRESS' THEN 'OPEN'
                                    WHEN 'REJECTED' THEN 'CANCELED' ELSE status END,
               resumes_as = NULL, hold_reason = NULL, reject_reason = NULL
    """)
    op.execute("DROP INDEX ix_work_instructions_location_id")
    op.execute("DROP INDEX ix_work_instructions_status")
    op.execute("""
        ALTER TABLE work_instructions
          DROP COLUMN pickup_id CASCADE, DROP COLUMN note, DROP COLUMN assignee, DROP COLUMN due_order,
          DROP COLUMN acknowledged_at CASCADE, DROP COLUMN acknowledged_by, DROP COLUMN resumes_as CASCADE,
          DROP COLUMN hold_reason, DROP COLUMN reject_reason CASCADE, DROP COLUMN version,
          DROP CONSTRAINT work_kind_known, DROP CONSTRAINT work_status_known,
           ADD CONSTRAINT work_kind_known CHECK (kind IN ('PICK', 'SHIP', 'PREPARE_PICKUP', 'TRANSFER', 'RECEIVE')),
           ADD CONSTRAINT work_status_known CHECK (status IN ('WAITING', 'OPEN', 'DONE', 'CANCELED')),
           ADD CONSTRAINT work_is_about_one_thing CHECK (num_nonnulls(fulfillment_id, transfer_id) = 1)
    """)
    op.execute("CREATE INDEX ix_work_instructions_location_id ON work_instructions (location_id, status, id)")
