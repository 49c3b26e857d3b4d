"""Lockers have compartments, deliveries claim them for a period, packed units have three sides."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0042"
down_revision: str | None = "0041"

SIDES = ("length_mm", "width_mm", "height_mm")


def upgrade() -> None:
    """No station is known before somebody saves its compartments."""
    for side in SIDES:
        op.add_column("variants", sa.Column(side, sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("sides_positive"), "variants", "length_mm > 0 AND width_mm > 0 AND height_mm > 0")
    op.create_check_constraint(
        op.f("sides_are_known_together"), "variants", "num_nulls(length_mm, width_mm, height_mm) IN (0, 3)"
    )
    op.create_table(
        "locker_stations",
        sa.Column("location_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lead_days", sa.Integer(), server_default="2", nullable=False),
        sa.CheckConstraint("lead_days BETWEEN 0 AND 60", name=op.f("lead_days_reasonable")),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_locker_stations_location_id")),
        sa.PrimaryKeyConstraint("location_id", name=op.f("pk_locker_stations")),
    )
    _compartments()
    _reservations()


def _compartments() -> None:
    op.create_table(
        "locker_compartments",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("size", sa.Text(), nullable=False),
        sa.Column("temperature", sa.Text(), nullable=False),
        sa.Column("length_mm", sa.Integer(), nullable=False),
        sa.Column("width_mm", sa.Integer(), nullable=False),
        sa.Column("height_mm", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), server_default="FREE", nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(status = 'FAULTED') = (fault IS NOT NULL)", name=op.f("faulted_compartments_have_a_reason")
        ),
        sa.CheckConstraint("size IN ('S', 'M', 'L', 'XL')", name=op.f("compartment_size_known")),
        sa.CheckConstraint(
            "status IN ('FREE', 'RESERVED', 'OCCUPIED', 'EXPIRED', 'FAULTED')",
            name=op.f("compartment_status_known"),
        ),
        sa.CheckConstraint(
            "temperature IN ('AMBIENT', 'CHILLED', 'FROZEN')", name=op.f("compartment_temperature_known")
        ),
        sa.CheckConstraint(
            "length_mm >= width_mm AND width_mm >= height_mm AND height_mm > 0", name=op.f("compartment_sides_ordered")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["locker_stations.location_id"], name=op.f("fk_locker_compartments_location_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_locker_compartments")),
        sa.UniqueConstraint("location_id", "code", name="uq_locker_compartments_code"),
    )


def _reservations() -> None:
    op.create_table(
        "compartment_reservations",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.Column("compartment_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("temperature", sa.Text(), nullable=False),
        sa.Column("parcel", postgresql.JSONB(), nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_compartment_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        postgresql.ExcludeConstraint(
            (sa.literal_column("int4range(compartment_id, compartment_id, '[]')"), "&&"),
            (sa.column("period"), "&&"),
            where=sa.text("compartment_id IS NOT NULL AND state <> 'ENDED'"),
            using="gist",
            deferrable=True,
            name="one_delivery_at_a_time_in_a_compartment",
        ),
        sa.CheckConstraint(
            "state <> 'PLANNED' OR compartment_id IS NOT NULL", name=op.f("planned_claims_have_a_compartment")
        ),
        sa.CheckConstraint("state <> 'UNPLACED' OR compartment_id IS NULL", name=op.f("unplaced_claims_have_none")),
        sa.CheckConstraint(
            "state IN ('PLANNED', 'UNPLACED', 'OCCUPYING', 'OVERDUE', 'ENDED')",
            name=op.f("compartment_reservation_state_known"),
        ),
        sa.CheckConstraint(
            "temperature IN ('AMBIENT', 'CHILLED', 'FROZEN')", name=op.f("compartment_reservation_temperature_known")
        ),
        sa.CheckConstraint(
            "NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period)", name=op.f("reserved_for_a_while")
        ),
        sa.ForeignKeyConstraint(
            ["compartment_id"], ["locker_compartments.id"], name=op.f("fk_compartment_reservations_compartment_id")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["locker_stations.location_id"], name=op.f("fk_compartment_reservations_location_id")
        ),
        sa.ForeignKeyConstraint(
            ["refused_compartment_id"],
            ["locker_compartments.id"],
            name=op.f("fk_compartment_reservations_refused_compartment_id"),
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_compartment_reservations")),
    )
    for column in ("compartment_id", "order_id", "refused_compartment_id"):
        op.create_index(f"ix_compartment_reservations_{column}", "compartment_reservations", [column])
    op.create_index(
        "ix_compartment_reservations_location_id",
        "compartment_reservations",
        ["location_id"],
        postgresql_where=sa.text("state <> 'ENDED'"),
    )
    op.create_index(
        "ix_compartment_reservations_ends",
        "compartment_reservations",
        [sa.literal_column("upper(period)")],
        postgresql_where=sa.text("state IN ('OCCUPYING', 'OVERDUE')"),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("compartment_reservations", "locker_compartments", "locker_stations"):
        op.drop_table(table)
    op.drop_constraint(op.f("sides_are_known_together"), "variants")
    op.drop_constraint(op.f("sides_positive"), "variants")
    for side in SIDES:
        op.drop_column("variants", side)
