"""Tables of the payments slice."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Text, Uuid

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
)
