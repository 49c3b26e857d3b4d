"""Answers to idempotency keys in one table a period, so that old ones are dropped and not deleted row by row.

`requests` has all of them in two partitions: `requests_now` is written, `requests_before` is looked at. Of two twins the
second must see what the first has committed, also where a period ends between them: it therefore ends not by the clock
but by a lock on `requests_now`, which waits for every transaction that has used it.
"""

from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"

PARTITIONS = """
DO $$
DECLARE
  today date := (clock_timestamp() AT TIME ZONE 'UTC')::date;
BEGIN
  EXECUTE format('ALTER TABLE requests_now ADD COLUMN period date NOT NULL DEFAULT %L', today);
  EXECUTE format('ALTER TABLE requests_now RENAME CONSTRAINT pk_requests TO %I',
                 'requests_' || to_char(today, 'YYYY_MM_DD') || '_key');
  EXECUTE format('ALTER TABLE requests ATTACH PARTITION requests_now FOR VALUES IN (%L)', today);
  CREATE TABLE requests_before PARTITION OF requests
    (CONSTRAINT requests_none_key PRIMARY KEY (caller, key)) FOR VALUES IN ('2000-01-01');
END $$
"""

PERIOD = """
CREATE FUNCTION request_period(partition regclass) RETURNS date LANGUAGE sql STABLE AS $$
  SELECT substring(pg_get_expr(relpartbound, oid) FROM '\\d{4}-\\d{2}-\\d{2}')::date FROM pg_class WHERE oid = partition
$$
"""

# Locks in the order in which those who ask for answers take theirs: `requests_now`, `requests_before`.
BEGIN_PERIOD = """
CREATE FUNCTION begin_request_period(today date, least_days int, keep_callers text[]) RETURNS boolean
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
  EXECUTE format('ALTER TABLE requests ATTACH PARTITION requests_now FOR VALUES IN (%L)', today);
  RETURN true;
END $$
"""


def upgrade() -> None:
    """What is stored becomes the first period."""
    op.execute("ALTER TABLE requests RENAME TO requests_now")
    op.execute("DROP INDEX ix_requests_created_at")
    op.execute("""
        CREATE TABLE requests (
            caller text NOT NULL, key text NOT NULL, operation text NOT NULL, body_hash bytea NOT NULL, answer jsonb,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(), period date NOT NULL
        ) PARTITION BY LIST (period)
    """)
    for statement in (PARTITIONS, PERIOD, BEGIN_PERIOD):
        op.execute(statement)


def downgrade() -> None:
    """All answers in one table again."""
    op.execute("CREATE TABLE all_requests (LIKE requests INCLUDING DEFAULTS)")
    op.execute("INSERT INTO all_requests SELECT * FROM requests")
    op.execute("DROP TABLE requests")
    op.execute("ALTER TABLE all_requests DROP COLUMN period")
    op.execute("ALTER TABLE all_requests RENAME TO requests")
    op.execute("ALTER TABLE requests ADD CONSTRAINT pk_requests PRIMARY KEY (caller, key)")
    op.execute("CREATE INDEX ix_requests_created_at ON requests (created_at)")
    op.execute("DROP FUNCTION begin_request_period(date, int, text[])")
    op.execute("DROP FUNCTION request_period(regclass)")
