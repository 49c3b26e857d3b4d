"""A key may have several secrets: the newest, and older ones that work for a while after a rotation."""

import sqlalchemy as sa
from alembic import op

revision: str = "0033"
down_revision: str | None = "0032"

COLUMNS_OF_KEYS = "name, kind, {}scopes, partner_id, location_ids, expires_at, revoked_at"
COLUMNS_OF_SECRETS = "key_id, ends_at"


def _tell(table: str, columns: str) -> None:
    op.execute(f"""
        CREATE TRIGGER tell_reference_change AFTER INSERT OR UPDATE OF {columns} OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION tell_reference_change()
    """)
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER tell_reference_change")


def upgrade() -> None:
    """The secrets that there are move into a table of their own."""
    op.create_table(
        "api_key_secrets",
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("fk_api_key_secrets_key_id")),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_api_key_secrets")),
    )
    op.create_index("ix_api_key_secrets_key_id", "api_key_secrets", ["key_id", "created_at"], unique=False)
    op.create_index(
        "uq_api_key_secrets_endless",
        "api_key_secrets",
        ["key_id"],
        unique=True,
        postgresql_where=sa.text("ends_at IS NULL"),
    )
    op.execute("""
        INSERT INTO api_key_secrets (secret_hash, key_id, prefix, created_at, last_used_at)
        SELECT secret_hash, id, prefix, created_at, last_used_at FROM api_keys
    """)
    op.execute("DROP TRIGGER tell_reference_change ON api_keys")
    for column in ("prefix", "secret_hash", "last_used_at"):
        op.drop_column("api_keys", column)
    _tell("api_keys", COLUMNS_OF_KEYS.format(""))
    _tell("api_key_secrets", COLUMNS_OF_SECRETS)


def downgrade() -> None:
    """Each key keeps its newest secret; older ones stop working."""
    op.execute("DROP TRIGGER tell_reference_change ON api_keys")
    op.add_column("api_keys", sa.Column("prefix", sa.Text(), nullable=True))
    op.add_column("api_keys", sa.Column("secret_hash", sa.LargeBinary(), nullable=True))
    op.add_column("api_keys", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("""
        UPDATE api_keys SET prefix = secret.prefix, secret_hash = secret.secret_hash, last_used_at = secret.last_used_at
          FROM api_key_secrets AS secret WHERE secret.key_id = api_keys.id AND secret.ends_at IS NULL
    """)
    for column in ("prefix", "secret_hash"):
        op.alter_column("api_keys", column, nullable=False)
    op.create_unique_constraint(op.f("uq_api_keys_secret_hash"), "api_keys", ["secret_hash"])
    _tell("api_keys", COLUMNS_OF_KEYS.format("secret_hash, "))
    op.drop_table("api_key_secrets")
