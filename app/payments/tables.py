"""Tables of the payments slice."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, Uuid

from app.kit.tables import instant, metadata

# One payment per order for now. `id` is also the key that makes the provider's calls repeatable.
payments = Table(
    "payments",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("method", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("amount_minor", Integer, nullable=False),
    # What was taken so far. Less than the amount while pickups are open, and when units were not handed over.
    Column("captured_minor", Integer, nullable=False, server_default="0"),
    # What was given back, or is being given back at this moment.
    Column("refunded_minor", Integer, nullable=False, server_default="0"),
    Column("currency", Text, nullable=False),
    Column("token", Text, nullable=True),
    Column("provider_reference", Text, nullable=True),
    Column("failure", Text, nullable=True),
    instant("created_at"),
    instant("updated_at"),
    Index("ix_payments_order_id", "order_id"),
    # Of all payments of an order at most one may still take or keep money.
    Index(
        "uq_payments_live",
        "order_id",
        unique=True,
        postgresql_where=Column("status").not_in(["VOIDED", "FAILED", "REFUNDED"]),
    ),
    Index("ix_payments_open", "created_at", postgresql_where=Column("status") == "PENDING"),
    CheckConstraint("method IN ('CARD', 'PAY_AT_PICKUP', 'EXTERNAL')", "payment_method_known"),
    CheckConstraint(
        "status IN ('PENDING', 'AUTHORIZED', 'CAPTURED', 'DUE_AT_PICKUP', 'VOIDED', 'REFUNDED', 'FAILED')",
        "payment_status_known",
    ),
    CheckConstraint("amount_minor >= 0", "payment_not_negative"),
    CheckConstraint("captured_minor BETWEEN 0 AND amount_minor", "payment_takes_no_more_than_its_amount"),
    CheckConstraint("refunded_minor BETWEEN 0 AND captured_minor", "no_more_is_refunded_than_was_taken"),
)

# Money on its way back, in parts. `id` is also the key under which the provider is asked.
refunds = Table(
    "refunds",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("payment_id", Uuid, ForeignKey("payments.id"), nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("amount_minor", Integer, nullable=False),
    Column("currency", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=True),
    Column("provider_reference", Text, nullable=True),
    Column("failure", Text, nullable=True),
    Column("actor", Text, nullable=False),
    instant("created_at"),
    instant("settled_at", nullable=True),
    Index("ix_refunds_order_id", "order_id", "id"),
    Index("ix_refunds_payment_id", "payment_id"),
    CheckConstraint("amount_minor > 0", "something_is_refunded"),
    CheckConstraint("status IN ('PENDING', 'DONE', 'FAILED')", "refund_status_known"),
    CheckConstraint("reason IN ('GOODS_RETURNED', 'NOT_DELIVERED', 'GOODWILL', 'OTHER')", "refund_reason_known"),
    CheckConstraint("(status = 'PENDING') = (settled_at IS NULL)", "settled_refunds_have_a_time"),
    CheckConstraint("(status = 'FAILED') = (failure IS NOT NULL)", "failed_refunds_say_why"),
)
