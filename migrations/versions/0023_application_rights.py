"""A new period's partition gets the rights that the application had on the last one; files are staged in a schema."""

from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"

BEGIN_PERIOD = """
CREATE OR REPLACE FUNCTION begin_request_period(today date, least_days int, keep_callers text[]) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  period_key text := 'requests_' || to_char(today, 'YYYY_MM_DD') || '_key';
BEGIN
  IF today - request_period('requests_now') < least_days THEN
    RETURN false;
  END IF;
  LOCK TABLE requests_now, requests_before IN ACCESS EXCLUSIVE MODE;
  -- Again, under the lock: another process may have been faster.
  IF today - request_period('requests_now') < least_days THEN
    RETURN false;
  END IF;
  INSERT INTO requests_now (caller, key, operation, body_hash, answer, created_at)
  SELECT caller, key, operation, body_hash, answer, created_at FROM requests_before WHERE caller = ANY (keep_callers);
  DROP TABLE requests_before;
  ALTER TABLE requests_now RENAME TO requests_before;
  CREATE TABLE requests_now (LIKE requests INCLUDING DEFAULTS);
  EXECUTE format('ALTER TABLE requests_now ALTER period SET DEFAULT %L, ADD CONSTRAINT %I PRIMARY KEY (caller, key)',
                 today, period_key);
  EXECUTE format('ALTER TABLE requests ATTACH PARTITION requests_now FOR VALUES IN (%L)', today);{rights}
  RETURN true;
END $$
"""
RIGHTS = """
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hikiate_app') THEN
    GRANT SELECT, INSERT, UPDATE ON requests_now TO hikiate_app;
    REVOKE INSERT, UPDATE ON requests_before FROM hikiate_app;
  END IF;"""


def upgrade() -> None:
    """Which rights there are, the step after all migrations says."""
    op.execute(BEGIN_PERIOD.format(rights=RIGHTS))
    op.execute("CREATE SCHEMA hikiate_staging")


def downgrade() -> None:
    """As it was."""
    op.execute("DROP SCHEMA hikiate_staging CASCADE")
    op.execute(BEGIN_PERIOD.format(rights=""))
