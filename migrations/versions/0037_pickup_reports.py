"""Pickups follow from reports, networks have rules, people have a queue of what they must solve."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0037"
down_revision: str | None = "0036"

KINDS = (
    "'CREATED', 'PLACED', 'WORK_PLANNED', 'BACKORDER_ALLOCATED', 'RESOURCED', 'PICKED', 'SHIPPED', "
    "'TRANSFER_SHIPPED', 'TRANSFER_RECEIVED', 'PICKUP_READY', 'PICKUP_ARRIVED', 'PICKUP_CODE_VERIFIED', "
    "'PICKUP_CODE_REFUSED', 'PICKUP_LOCKED', 'PICKUP_UNLOCKED', 'PICKUP_COLLECTED', 'PICKUP_EXPIRED', {}"
    "'PARTIALLY_FULFILLED', 'COMPLETED', 'UNITS_CANCELED', 'CANCELED', 'PAYMENT_CHANGED', 'LATE_AUTHORIZATION'"
)
NEW_KINDS = (
    "'PICKUP_BLOCKED', 'PICKUP_EXPIRING', 'PICKUP_EXTENDED', 'PICKUP_CHANGED', 'PICKUP_RETURNING', 'PICKUP_RETURNED'"
)
STATUSES = (
    "status IN ('REQUESTED', 'PREPARING', 'IN_TRANSIT_TO_POINT', {0}'READY', {1}'COLLECTED', 'EXPIRED', {2}'CANCELED')"
)
INSTANTS = ("arrived_at", "returning_at", "returned_at", "announced_at")
TEXTS = ("status_reason", "compartment", "return_tracking_number", "collector_name", "curbside_note")
NETWORK_RULES = {
    "network_hold_days_reasonable": "hold_days BETWEEN 1 AND 60",
    "network_counts_from_known": "counts_from IN ('ARRIVAL_DAY', 'NEXT_DAY')",
    "network_reminder_reasonable": "reminder_hours BETWEEN 1 AND 240",
    "network_grace_reasonable": "grace_hours BETWEEN 0 AND 240",
    "network_extension_reasonable": "extension_days BETWEEN 0 AND 30",
    "network_code_issuer_known": "code_issuer IN ('SHOP', 'CARRIER')",
}


def _replace(table: str, name: str, rule: str) -> None:
    op.drop_constraint(op.f(name), table)
    op.create_check_constraint(op.f(name), table, rule)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """What was reported so far is told by the pickups themselves and by their orders' histories."""
    _replace("order_history", "order_history_kind_known", f"kind IN ({KINDS.format(f'{NEW_KINDS}, ')})")
    states = "status IN ('OPEN', 'SHIPPED', 'COMPLETED', 'RETURNED', 'CANCELED')"
    _replace("fulfillments", "fulfillment_state_known", states)
    _networks()
    _pickups()
    _reports()
    _cases()


def _networks() -> None:
    op.create_table(
        "pickup_networks",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(), nullable=False),
        sa.Column("hold_days", sa.Integer(), nullable=False),
        sa.Column("counts_from", sa.Text(), server_default="ARRIVAL_DAY", nullable=False),
        sa.Column("reminder_hours", sa.Integer(), server_default="24", nullable=False),
        sa.Column("grace_hours", sa.Integer(), server_default="24", nullable=False),
        sa.Column("extension_days", sa.Integer(), server_default="0", nullable=False),
        sa.Column("code_issuer", sa.Text(), server_default="SHOP", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(name)) for name, rule in NETWORK_RULES.items()),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_pickup_networks")),
    )
    op.add_column("locations", sa.Column("network_code", sa.Text(), nullable=True))
    op.create_index("ix_locations_network_code", "locations", ["network_code"])
    name = op.f("fk_locations_network_code")
    op.create_foreign_key(name, "locations", "pickup_networks", ["network_code"], ["code"])


def _pickups() -> None:
    _replace(
        "pickups", "pickup_status_known", STATUSES.format("'ARRIVED', ", "'EXPIRING', ", "'RETURNING', 'RETURNED', ")
    )
    for name in INSTANTS:
        op.add_column("pickups", _instant(name, nullable=True))
    for name in TEXTS:
        op.add_column("pickups", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("pickups", sa.Column("extensions", sa.Integer(), server_default="0", nullable=False))
    op.execute("""
        UPDATE pickups AS pickup SET arrived_at = pickup.ready_at
          FROM order_deliveries AS delivery
         WHERE delivery.id = pickup.delivery_id AND delivery.mode <> 'STORE_PICKUP'
    """)
    op.create_check_constraint(
        op.f("returned_pickups_have_a_time"), "pickups", "(status = 'RETURNED') = (returned_at IS NOT NULL)"
    )
    op.create_check_constraint(op.f("extensions_counted"), "pickups", "extensions >= 0")
    for index in ("location_id", "partner_id"):
        op.drop_index(f"ix_pickups_{index}", "pickups")
        op.create_index(f"ix_pickups_{index}", "pickups", [index, "status", "id"])
    op.drop_index("ix_pickups_hold_until", "pickups")
    collectable = sa.text("status IN ('READY', 'EXPIRING')")
    op.create_index("ix_pickups_hold_until", "pickups", ["hold_until"], postgresql_where=collectable)


def _reports() -> None:
    op.create_table(
        "pickup_reports",
        sa.Column("reporter", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("pickup_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        _instant("occurred_at"),
        _instant("received_at"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("is_collectable", sa.Boolean(), nullable=False),
        _instant("hold_until", nullable=True),
        *(
            sa.Column(name, sa.Text(), nullable=True)
            for name in ("reason", "compartment", "return_tracking_number", "note")
        ),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('ARRIVED', 'READY', 'BLOCKED', 'EXTENDED', 'REMINDED', 'EXPIRED', 'RETURN_SENT', 'COLLECTED', "
            "'RETURN_RECEIVED')",
            name=op.f("report_kind_known"),
        ),
        sa.CheckConstraint(
            "kind NOT IN ('EXTENDED', 'REMINDED') OR hold_until IS NOT NULL", name=op.f("extensions_have_an_end")
        ),
        sa.ForeignKeyConstraint(["pickup_id"], ["pickups.id"], name=op.f("fk_pickup_reports_pickup_id")),
        sa.PrimaryKeyConstraint("reporter", "key", name=op.f("pk_pickup_reports")),
    )
    op.create_index("ix_pickup_reports_pickup_id", "pickup_reports", ["pickup_id"])
    # Reports of points whose pickups were under way when there were none: what is known of them.
    op.execute("""
        INSERT INTO pickup_reports (reporter, key, pickup_id, kind, occurred_at, received_at, actor, is_collectable,
                                    hold_until, reason, body_hash)
        SELECT 'migration', told.kind || ' ' || pickup.id, pickup.id, told.kind, told.at, told.at, 'system', true,
               pickup.hold_until, CASE told.kind WHEN 'EXPIRED' THEN 'POINT_FAULT' END, ''
          FROM pickups AS pickup JOIN order_deliveries AS delivery ON delivery.id = pickup.delivery_id
         CROSS JOIN LATERAL (VALUES ('ARRIVED', pickup.ready_at), ('COLLECTED', pickup.collected_at),
                                    ('EXPIRED', pickup.expired_at)) AS told (kind, at)
         WHERE delivery.mode <> 'STORE_PICKUP' AND told.at IS NOT NULL
    """)


def _cases() -> None:
    op.create_table(
        "exception_cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "subject_kind", "subject_id")),
        sa.Column("status", sa.Text(), server_default="OPEN", nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=True),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("facts", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True),
        _instant("opened_at"),
        _instant("closed_at", nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("status IN ('OPEN', 'CLOSED')", name=op.f("case_status_known")),
        sa.CheckConstraint("(status = 'CLOSED') = (closed_at IS NOT NULL)", name=op.f("closed_cases_have_a_time")),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_by IS NULL)", name=op.f("closed_cases_were_closed_by_somebody")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exception_cases")),
    )
    op.create_index(
        "uq_exception_cases_open",
        "exception_cases",
        ["kind", "subject_kind", "subject_id"],
        unique=True,
        postgresql_where=sa.text("status = 'OPEN'"),
    )
    op.create_index("ix_exception_cases_location_id", "exception_cases", ["location_id", "status", "id"])
    op.create_index("ix_exception_cases_subject_id", "exception_cases", ["subject_id"])
    op.create_index("ix_exception_cases_status", "exception_cases", ["status", "id"])


def downgrade() -> None:
    """States that were not there become the nearest one that was; reports, cases and networks are dropped."""
    op.drop_table("exception_cases")
    op.drop_table("pickup_reports")
    op.execute("UPDATE pickups SET status = 'READY' WHERE status = 'EXPIRING'")
    op.execute("UPDATE pickups SET status = 'IN_TRANSIT_TO_POINT', ready_at = NULL WHERE status = 'ARRIVED'")
    op.execute("""
        UPDATE pickups SET status = 'EXPIRED', expired_at = coalesce(expired_at, returning_at, returned_at)
         WHERE status IN ('RETURNING', 'RETURNED')
    """)
    op.execute("UPDATE fulfillments SET status = 'CANCELED' WHERE status = 'RETURNED'")
    _replace("fulfillments", "fulfillment_state_known", "status IN ('OPEN', 'SHIPPED', 'COMPLETED', 'CANCELED')")
    for name in ("returned_pickups_have_a_time", "extensions_counted"):
        op.drop_constraint(op.f(name), "pickups")
    _replace("pickups", "pickup_status_known", STATUSES.format("", "", ""))
    op.drop_index("ix_pickups_hold_until", "pickups")
    op.create_index("ix_pickups_hold_until", "pickups", ["hold_until"], postgresql_where=sa.text("status = 'READY'"))
    for index in ("location_id", "partner_id"):
        op.drop_index(f"ix_pickups_{index}", "pickups")
        op.create_index(f"ix_pickups_{index}", "pickups", [index, "status"])
    for name in (*INSTANTS, *TEXTS, "extensions"):
        op.drop_column("pickups", name)
    op.drop_column("locations", "network_code")
    op.drop_table("pickup_networks")
    op.execute("""
        DELETE FROM order_history
         WHERE kind IN ('PICKUP_BLOCKED', 'PICKUP_EXPIRING', 'PICKUP_EXTENDED', 'PICKUP_CHANGED', 'PICKUP_RETURNING',
                        'PICKUP_RETURNED')
    """)
    _replace("order_history", "order_history_kind_known", f"kind IN ({KINDS.format('')})")
