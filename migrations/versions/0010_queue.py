"""The job queue's own tables, as the library that owns them renders them."""

from alembic import op
from pgqueuer.adapters.persistence import schema_ddl
from pgqueuer.domain.schema.declaration import target
from pgqueuer.domain.settings import DBSettings

revision: str = "0010"
down_revision: str | None = "0009"

TABLES = ("pgqueuer", "pgqueuer_log", "pgqueuer_schedules", "pgqueuer_statistics")


def statements() -> list[str]:
    """The library's DDL, one statement each."""
    settings = DBSettings()
    schema = target(settings)
    return [
        *(schema_ddl.render_enum(enum, settings) for enum in schema.enums),
        *(schema_ddl.render_table(table, settings) for table in schema.tables),
        *(schema_ddl.render_index(index, settings) for index in schema.indexes),
        *(schema_ddl.render_function(function, settings) for function in schema.functions),
        *(schema_ddl.render_trigger(trigger, settings) for trigger in schema.triggers),
    ]


def upgrade() -> None:
    """Create them."""
    for statement in statements():
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    for table in TABLES:
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION fn_pgqueuer_changed()")
    op.execute("DROP TYPE pgqueuer_status")
