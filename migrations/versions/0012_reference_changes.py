"""Changes of reference data are told on one channel: processes that keep some of it in memory listen there."""

from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"

# Columns: only their changes are told of. When a key was last used is of no interest.
WATCHED = {
    "api_keys": "name, kind, secret_hash, scopes, partner_id, location_ids, expires_at, revoked_at",
    "categories": "",
    "channels": "",
    "location_group_members": "",
    "location_groups": "",
    "locations": "",
    "postal_areas": "",
}


def upgrade() -> None:
    """One trigger a table, per statement; a commit tells of each table once."""
    op.execute("""
        CREATE FUNCTION tell_reference_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_notify('hikiate_reference', TG_TABLE_NAME);
          RETURN NULL;
        END $$
    """)
    for table, columns in WATCHED.items():
        update = f"UPDATE OF {columns}" if columns else "UPDATE"
        op.execute(f"""
            CREATE TRIGGER tell_reference_change AFTER INSERT OR {update} OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION tell_reference_change()
        """)
        # Also for sessions that switch ordinary triggers off, as restoring programs do.
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER tell_reference_change")


def downgrade() -> None:
    """Drop them."""
    for table in WATCHED:
        op.execute(f"DROP TRIGGER tell_reference_change ON {table}")
    op.execute("DROP FUNCTION tell_reference_change()")
