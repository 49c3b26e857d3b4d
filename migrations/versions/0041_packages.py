"""Shipments leave in parcels; what carriers tell of them is kept, and what is known follows from it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0041"
down_revision: str | None = "0040"

KINDS = (
    "'CREATED', 'PLACED', 'WORK_PLANNED', 'BACKORDER_ALLOCATED', 'RESOURCED', 'PICKED', 'SHIPPED', "
    "'TRANSFER_SHIPPED', 'TRANSFER_RECEIVED', 'PICKUP_READY', 'PICKUP_ARRIVED', 'PICKUP_CODE_VERIFIED', "
    "'PICKUP_CODE_REFUSED', 'PICKUP_LOCKED', 'PICKUP_UNLOCKED', 'PICKUP_COLLECTED', 'PICKUP_EXPIRED', "
    "'PICKUP_BLOCKED', 'PICKUP_EXPIRING', 'PICKUP_EXTENDED', 'PICKUP_CHANGED', 'PICKUP_RETURNING', "
    "'PICKUP_RETURNED', {}'PARTIALLY_FULFILLED', 'COMPLETED', 'UNITS_CANCELED', 'CANCELED', 'PAYMENT_CHANGED', "
    "'LATE_AUTHORIZATION'"
)
NEW_KINDS = (
    "'PARCEL_OUT_FOR_DELIVERY', 'PARCEL_ATTEMPTED', 'PARCEL_DELIVERED', 'PARCEL_REFUSED', 'PARCEL_LOST', "
    "'PARCEL_RETURNING', 'PARCEL_RETURNED', 'PARCEL_TAKEN_BACK'"
)
PACKAGE_RULES = {
    "package_number_positive": "number > 0",
    "package_temperature_known": "temperature IN ('NORMAL', 'CHILLED', 'FROZEN')",
    "package_status_known": "status IN ('LABELED', 'HANDED_OVER', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', "
    "'DELIVERY_ATTEMPTED', 'AT_POINT', 'REFUSED', 'LOST', 'RETURNING', 'RETURNED', 'DELIVERED', 'TAKEN_BACK')",
    "delivered_packages_have_a_time": "(status = 'DELIVERED') = (delivered_at IS NOT NULL)",
    "package_sides_together": "num_nulls(length_mm, width_mm, height_mm) IN (0, 3)",
    "package_sizes_positive": "length_mm > 0 AND width_mm > 0 AND height_mm > 0 AND weight_g > 0",
}

CARRIERS = [
    {
        "code": "yamato",
        "names": {"ja": "ヤマト運輸", "en": "Yamato Transport"},
        "tracking_url": "https://jizen.kuronekoyamato.co.jp/jizen/servlet/crjz.b.NQ0010?id={number}",
        "number_rule": "TWELVE_MOD_7",
    },
    {
        "code": "sagawa",
        "names": {"ja": "佐川急便", "en": "Sagawa Express"},
        "tracking_url": "https://k2k.sagawa-exp.co.jp/p/web/okurijosearch.do?okurijoNo={number}",
        "number_rule": "TWELVE_MOD_7",
    },
    {
        "code": "japan-post",
        "names": {"ja": "日本郵便", "en": "Japan Post"},
        "tracking_url": "https://trackings.post.japanpost.jp/services/srv/search/direct?reqCodeNo1={number}",
        "number_rule": "TWELVE_MOD_7",
    },
]


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _texts(*names: str, nullable: bool) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _history(kinds: str) -> None:
    op.drop_constraint(op.f("order_history_kind_known"), "order_history")
    op.create_check_constraint(op.f("order_history_kind_known"), "order_history", f"kind IN ({kinds})")


def upgrade() -> None:
    """Shipments that have left become one parcel each."""
    _history(KINDS.format(f"{NEW_KINDS}, "))
    op.add_column("fulfillments", sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False))
    op.create_unique_constraint(op.f("uq_fulfillments_number"), "fulfillments", ["number"])
    _carriers()
    _packages()
    _reports()
    op.execute("""
        INSERT INTO packages (id, shipment_id, number, carrier, tracking_number)
        SELECT id, id, 1, carrier, tracking_number FROM shipments
    """)
    op.drop_constraint(op.f("uq_shipments_tracking"), "shipments")
    op.drop_column("shipments", "carrier")
    op.drop_column("shipments", "tracking_number")


def _carriers() -> None:
    carriers = op.create_table(
        "carriers",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(), nullable=False),
        sa.Column("tracking_url", sa.Text(), nullable=True),
        sa.Column("number_rule", sa.Text(), server_default="ANY", nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("number_rule IN ('ANY', 'TWELVE_MOD_7')", name=op.f("carrier_number_rule_known")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_carriers_partner_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_carriers")),
    )
    op.create_index("ix_carriers_partner_id", "carriers", ["partner_id"])
    op.bulk_insert(carriers, CARRIERS)


def _packages() -> None:
    op.create_table(
        "packages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        *_texts("carrier", "tracking_number", nullable=False),
        *_texts("service", nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("length_mm", "width_mm", "height_mm", "weight_g")),
        sa.Column("temperature", sa.Text(), server_default="NORMAL", nullable=False),
        sa.Column("is_number_plausible", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("status", sa.Text(), server_default="LABELED", nullable=False),
        _instant("status_at", nullable=True),
        _instant("delivered_at", nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        *_texts("place_name", "note", "return_tracking_number", nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(name)) for name, rule in PACKAGE_RULES.items()),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipments.id"], name=op.f("fk_packages_shipment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_packages")),
        sa.UniqueConstraint("shipment_id", "number", name="uq_packages_number"),
        sa.UniqueConstraint("carrier", "tracking_number", name="uq_packages_tracking"),
    )
    op.create_index("ix_packages_tracking_number", "packages", ["tracking_number"])
    op.create_index("ix_packages_status", "packages", ["status", "id"])


def _reports() -> None:
    op.create_table(
        "tracking_reports",
        *_texts("reporter", "key", nullable=False),
        sa.Column("package_id", sa.Uuid(), nullable=False),
        *_texts("kind", nullable=False),
        _instant("occurred_at"),
        _instant("received_at"),
        *_texts("actor", nullable=False),
        *_texts("place_name", "note", "return_tracking_number", nullable=True),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('HANDED_OVER', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERY_ATTEMPTED', 'AT_POINT', 'REFUSED', "
            "'LOST', 'RETURNING', 'RETURNED', 'DELIVERED', 'TAKEN_BACK')",
            name=op.f("tracking_kind_known"),
        ),
        sa.ForeignKeyConstraint(["package_id"], ["packages.id"], name=op.f("fk_tracking_reports_package_id")),
        sa.PrimaryKeyConstraint("reporter", "key", name=op.f("pk_tracking_reports")),
    )
    op.create_index("ix_tracking_reports_package_id", "tracking_reports", ["package_id"])


def downgrade() -> None:
    """Of each shipment the first parcel is kept; what carriers told is dropped."""
    op.add_column("shipments", sa.Column("carrier", sa.Text(), nullable=True))
    op.add_column("shipments", sa.Column("tracking_number", sa.Text(), nullable=True))
    op.execute("""
        UPDATE shipments SET carrier = package.carrier, tracking_number = package.tracking_number
          FROM packages AS package WHERE package.shipment_id = shipments.id AND package.number = 1
    """)
    op.alter_column("shipments", "carrier", nullable=False)
    op.alter_column("shipments", "tracking_number", nullable=False)
    op.create_unique_constraint(op.f("uq_shipments_tracking"), "shipments", ["carrier", "tracking_number"])
    op.drop_table("tracking_reports")
    op.drop_table("packages")
    op.drop_table("carriers")
    op.drop_column("fulfillments", "number")
    op.execute("DELETE FROM order_history WHERE kind LIKE 'PARCEL%'")
    _history(KINDS.format(""))
