"""Tables of the orders slice."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.kit.tables import instant, metadata

order_numbers = Sequence("order_numbers", start=10_000_001, metadata=metadata)

# (source_system, external_reference) is what the order came from: an own cart's id, or another system's
# order number. It is unique, so that nothing becomes an order twice. An order that was canceled because its cart's
# payment failed has its number behind the cart's id: the cart may be tried again.
orders = Table(
    "orders",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("source_system", Text, nullable=False),
    Column("external_reference", Text, nullable=False),
    Column("channel_id", Integer, ForeignKey("channels.id"), nullable=False),
    Column("status", Text, nullable=False),
    Column("payment_status", Text, nullable=False),
    Column("fulfillment_status", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("email", Text, nullable=True),
    Column("member_id", Uuid, ForeignKey("members.id"), nullable=True),
    Column("subtotal_minor", Integer, nullable=False),
    Column("shipping_minor", Integer, nullable=False, server_default="0"),
    Column("total_minor", Integer, nullable=False),
    Column("tax_minor", Integer, nullable=False),
    instant("placed_at"),
    instant("canceled_at", nullable=True),
    instant("created_at", default_now=True),
    Column("version", Integer, nullable=False, server_default="1"),
    UniqueConstraint("source_system", "external_reference", name="uq_orders_source"),
    Index("ix_orders_channel_id", "channel_id"),
    Index("ix_orders_member_id", "member_id"),
    Index("ix_orders_placed_at", "placed_at", "id"),
    Index("ix_orders_email", "email"),
    CheckConstraint(
        "status IN ('PENDING_PAYMENT', 'PLACED', 'COMPLETED', 'CANCELED', 'RETURNED')",
        "order_status_known",
    ),
    CheckConstraint(
        "payment_status IN ('PENDING', 'AUTHORIZED', 'DUE_AT_PICKUP', 'CAPTURED', 'VOIDED', 'REFUNDED', 'FAILED')",
        "order_payment_status_known",
    ),
    CheckConstraint(
        "fulfillment_status IN ('UNFULFILLED', 'PARTIALLY_FULFILLED', 'FULFILLED', 'CANCELED')",
        "fulfillment_status_known",
    ),
    CheckConstraint("total_minor = subtotal_minor + shipping_minor", "order_total_adds_up"),
)

order_deliveries = Table(
    "order_deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, ForeignKey("orders.id"), nullable=False),
    Column("mode", Text, nullable=False),
    Column("location_id", Integer, ForeignKey("locations.id"), nullable=True),
    Column("address", JSONB, nullable=True),
    Index("ix_order_deliveries_order_id", "order_id"),
    Index("ix_order_deliveries_location_id", "location_id"),
    CheckConstraint(
        "mode IN ('HOME_DELIVERY', 'STORE_PICKUP', 'CONVENIENCE_STORE_PICKUP', 'LOCKER_PICKUP', "
        "'CARRIER_OFFICE_PICKUP', 'TAKE_AWAY')",
        "order_delivery_mode_known",
    ),
)

# Names and prices are copied: an order does not change when the catalog does. A negative quantity is a
# return that another system reported; live orders have positive ones.
order_lines = Table(
    "order_lines",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, ForeignKey("orders.id"), nullable=False),
    Column("line_no", Integer, nullable=False),
    Column("variant_id", BigInteger, ForeignKey("variants.id"), nullable=False),
    Column("sku", Text, nullable=False),
    Column("names", JSONB, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("fulfilled_quantity", Integer, nullable=False, server_default="0"),
    Column("canceled_quantity", Integer, nullable=False, server_default="0"),
    Column("short_quantity", Integer, nullable=False, server_default="0"),
    Column("unit_price_minor", Integer, nullable=False),
    Column("tax_class", Text, nullable=False),
    Column("tax_rate_bp", Integer, nullable=False),
    Column("total_minor", Integer, nullable=False),
    Column("delivery_id", Uuid, ForeignKey("order_deliveries.id"), nullable=True),
    UniqueConstraint("order_id", "line_no", name="uq_order_lines_line_no"),
    Index("ix_order_lines_variant_id", "variant_id"),
    Index("ix_order_lines_delivery_id", "delivery_id"),
    CheckConstraint("quantity <> 0", "order_quantity_not_zero"),
    CheckConstraint("total_minor = quantity * unit_price_minor", "order_line_total_adds_up"),
    CheckConstraint(
        "quantity < 0 OR fulfilled_quantity + canceled_quantity + short_quantity <= quantity",
        "order_line_quantities_within",
    ),
)

# What one unit of a line is made of when it is a bundle, as it was when it was sold.
order_line_components = Table(
    "order_line_components",
    metadata,
    Column("order_id", Uuid, ForeignKey("orders.id"), primary_key=True),
    Column("line_no", Integer, primary_key=True, autoincrement=False),
    Column("variant_id", BigInteger, ForeignKey("variants.id"), primary_key=True, autoincrement=False),
    Column("quantity", Integer, nullable=False),
    Index("ix_order_line_components_variant_id", "variant_id"),
    CheckConstraint("quantity > 0", "line_component_quantity_positive"),
)

order_taxes = Table(
    "order_taxes",
    metadata,
    Column("order_id", Uuid, ForeignKey("orders.id"), primary_key=True),
    Column("rate_bp", Integer, primary_key=True),
    Column("taxable_minor", Integer, nullable=False),
    Column("tax_minor", Integer, nullable=False),
)

# What happened to an order, for people: append-only.
order_history = Table(
    "order_history",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("order_id", Uuid, ForeignKey("orders.id"), nullable=False),
    instant("at"),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("facts", JSONB, nullable=False, server_default="{}"),
    Index("ix_order_history_order_id", "order_id", "id"),
    CheckConstraint(
        "kind IN ('CREATED', 'PLACED', 'WORK_PLANNED', 'BACKORDER_ALLOCATED', 'RESOURCED', 'PICKED', 'SHIPPED', "
        "'TRANSFER_SHIPPED', 'TRANSFER_RECEIVED', "
        "'PICKUP_READY', 'PICKUP_ARRIVED', 'PICKUP_CODE_VERIFIED', 'PICKUP_CODE_REFUSED', 'PICKUP_LOCKED', "
        "'PICKUP_UNLOCKED', 'PICKUP_COLLECTED', 'PICKUP_EXPIRED', 'PICKUP_BLOCKED', 'PICKUP_EXPIRING', "
        "'PICKUP_EXTENDED', 'PICKUP_CHANGED', 'PROMISE_REDATED', 'PICKUP_RETURNING', 'PICKUP_RETURNED', "
        "'PARCEL_OUT_FOR_DELIVERY', 'PARCEL_ATTEMPTED', 'PARCEL_DELIVERED', 'PARCEL_REFUSED', 'PARCEL_LOST', "
        "'PARCEL_RETURNING', 'PARCEL_RETURNED', 'PARCEL_TAKEN_BACK', 'PARTIALLY_FULFILLED', "
        "'COMPLETED', 'UNITS_CANCELED', 'CANCELED', 'PAYMENT_CHANGED', 'REFUND_STARTED', 'REFUND_DONE', "
        "'REFUND_FAILED', 'LATE_AUTHORIZATION')",
        "order_history_kind_known",
    ),
)
