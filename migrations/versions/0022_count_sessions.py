"""People count what lies at a location."""

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"


def upgrade() -> None:
    """Create the tables."""
    op.execute("CREATE SEQUENCE count_numbers START WITH 70000001")
    op.create_table(
        "count_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("has_all_lines", sa.Boolean(), nullable=False),
        sa.Column("needs_four_eyes", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("status IN ('OPEN', 'APPROVED', 'CANCELED')", name=op.f("count_status_known")),
        sa.CheckConstraint(
            "(status = 'OPEN') = (closed_at IS NULL) AND (status = 'OPEN') = (closed_by IS NULL)",
            name=op.f("closed_counts_have_a_time_and_a_person"),
        ),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_count_sessions_location_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_sessions")),
        sa.UniqueConstraint("number", name=op.f("uq_count_sessions_number")),
    )
    op.create_index("ix_count_sessions_location_id", "count_sessions", ["location_id", "status"])
    op.create_table(
        "count_lines",
        sa.Column("count_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("pass_no", sa.Integer(), server_default="1", nullable=False),
        sa.Column("recount_note", sa.Text(), nullable=True),
        sa.Column("difference", sa.Integer(), nullable=True),
        sa.CheckConstraint("pass_no >= 1", name=op.f("count_pass_positive")),
        sa.CheckConstraint("difference IS NULL OR NOT is_open", name=op.f("open_counts_have_corrected_nothing")),
        sa.ForeignKeyConstraint(["count_id"], ["count_sessions.id"], name=op.f("fk_count_lines_count_id")),
        sa.ForeignKeyConstraint(["variant_id"], ["variants.id"], name=op.f("fk_count_lines_variant_id")),
        sa.PrimaryKeyConstraint("count_id", "variant_id", name=op.f("pk_count_lines")),
    )
    op.create_index("ix_count_lines_variant_id", "count_lines", ["variant_id"])
    op.create_index(
        "uq_count_lines_open",
        "count_lines",
        ["location_id", "variant_id"],
        unique=True,
        postgresql_where=sa.text("is_open"),
    )
    op.create_table(
        "count_records",
        sa.Column("count_id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.BigInteger(), nullable=False),
        sa.Column("record_no", sa.Integer(), nullable=False),
        sa.Column("pass_no", sa.Integer(), nullable=False),
        sa.Column("counted_quantity", sa.Integer(), nullable=False),
        sa.Column("ledger_quantity", sa.Integer(), nullable=False),
        sa.Column("counted_by", sa.Text(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("counted_quantity >= 0 AND ledger_quantity >= 0", name=op.f("counts_not_negative")),
        sa.CheckConstraint("pass_no >= 1 AND record_no >= 1", name=op.f("count_record_numbered")),
        sa.ForeignKeyConstraint(
            ["count_id", "variant_id"],
            ["count_lines.count_id", "count_lines.variant_id"],
            name=op.f("fk_count_records_count_id"),
        ),
        sa.PrimaryKeyConstraint("count_id", "variant_id", "record_no", name=op.f("pk_count_records")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("count_records")
    op.drop_table("count_lines")
    op.drop_table("count_sessions")
    op.execute("DROP SEQUENCE count_numbers")
