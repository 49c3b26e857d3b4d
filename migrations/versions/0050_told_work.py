"""Work and exceptional cases tell of every change of theirs, whatever statement it is made by."""

from alembic import op

revision: str = "0050"
down_revision: str | None = "0049"

# Of each table: the function, the topic, the name of its id, and the rest of what its facts say.
TOLD = {
    "work_instructions": (
        "tell_work",
        "work_changed",
        "work_id",
        {
            "change": "CASE TG_OP WHEN 'INSERT' THEN 'RAISED' ELSE 'CHANGED' END",
            **{name: name for name in ("kind", "status", "location_id", "order_id", "assignee", "due_at", "version")},
        },
    ),
    "exception_cases": (
        "tell_exception_case",
        "exception_case_changed",
        "case_id",
        {
            "change": "CASE WHEN TG_OP = 'INSERT' THEN 'OPENED' WHEN status = 'OPEN' THEN 'CHANGED' ELSE status END",
            **{
                name: name
                for name in ("kind", "status", "location_id", "partner_id", "order_id", "assignee", "version")
            },
        },
    ),
}


def upgrade() -> None:
    """Rows are locked when the trigger comes to them, so the facts of each are in the order of its versions.

    As everywhere, a hundred facts and more share rows of up to 1,024.
    """
    for table, (name, topic, key, says) in TOLD.items():
        columns = {key: "id", **says}
        one = ", ".join(f"'{column}', {value}" for column, value in columns.items())
        many = ", ".join(f"'{column}', jsonb_agg({value} ORDER BY id)" for column, value in columns.items())
        text = f"""
            CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF (SELECT count(*) FROM told) < 100 THEN
                INSERT INTO outbox (topic, key, payload)
                SELECT '{topic}', CAST(id AS text), jsonb_build_object({one}) FROM told ORDER BY id;
              ELSE
                INSERT INTO outbox (topic, key, payload)
                SELECT '{topic}', '*', jsonb_build_object('keys', jsonb_build_array('{key}'),
                                                          'facts', jsonb_build_object({many}))
                  FROM (SELECT *, (row_number() OVER (ORDER BY id) - 1) / 1024 AS part FROM told) AS parts
                 GROUP BY part ORDER BY part;
              END IF;
              RETURN NULL;
            END $$
        """  # noqa: S608  # constants of this module
        op.execute(text)
        for event in ("INSERT", "UPDATE"):
            op.execute(f"""
                CREATE TRIGGER {name}_{event.lower()} AFTER {event} ON {table} REFERENCING NEW TABLE AS told
                FOR EACH STATEMENT EXECUTE FUNCTION {name}()
            """)


def downgrade() -> None:
    """Nobody is told."""
    for table, (name, *_) in TOLD.items():
        for event in ("insert", "update"):
            op.execute(f"DROP TRIGGER {name}_{event} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")
