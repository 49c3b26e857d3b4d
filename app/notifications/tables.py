"""Tables of the notifications slice."""

from typing import Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.kit.tables import instant, metadata

_WAITING: Final = text("status = 'WAITING'")

# failures: attempts in a row that failed, the first of them at failing_since. left_*: the place in the feed up to which
# facts were given to an endpoint that is not ACTIVE. replay_*: from where to where facts are given to it once more.
webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("partner_id", ForeignKey("partners.id"), nullable=True),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("event_types", ARRAY(Text), nullable=False),
    Column("status", Text, nullable=False, server_default="ACTIVE"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("failures", Integer, nullable=False, server_default="0"),
    instant("failing_since", nullable=True),
    instant("resting_until", nullable=True),
    Column("left_xid", BigInteger, nullable=True),
    Column("left_id", BigInteger, nullable=True),
    Column("replay_xid", BigInteger, nullable=True),
    Column("replay_id", BigInteger, nullable=True),
    Column("replay_end_xid", BigInteger, nullable=True),
    Column("replay_end_id", BigInteger, nullable=True),
    instant("created_at", default_now=True),
    Index("ix_webhook_endpoints_partner_id", "partner_id"),
    CheckConstraint("status IN ('ACTIVE', 'PAUSED', 'SUSPENDED', 'GONE')", "webhook_endpoint_status_known"),
    CheckConstraint("(failures = 0) = (failing_since IS NULL)", "webhook_failures_began"),
    CheckConstraint("(status = 'ACTIVE') = (left_id IS NULL)", "webhook_endpoint_stopped_somewhere"),
    CheckConstraint("(left_id IS NULL) = (left_xid IS NULL)", "webhook_left_is_a_place"),
    CheckConstraint(
        "num_nulls(replay_xid, replay_id, replay_end_xid, replay_end_id) IN (0, 4)", "webhook_replay_known"
    ),
)

# `sealed` is encrypted with a key made of the installation's. Several sign while a rotation's overlap lasts.
webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("endpoint_id", ForeignKey("webhook_endpoints.id", ondelete="CASCADE"), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    instant("created_at", default_now=True),
    instant("ends_at", nullable=True),
    Index("ix_webhook_secrets_endpoint_id", "endpoint_id"),
    Index("uq_webhook_secrets_endless", "endpoint_id", unique=True, postgresql_where=text("ends_at IS NULL")),
)

# One fact for one endpoint. event_id: the fact's place in the feed, with xid; the receiver knows repetitions by it.
# next_at: when it is tried (again), or, while a process tries it, when that one is taken for dead. log: an object for
# each attempt.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("endpoint_id", ForeignKey("webhook_endpoints.id", ondelete="CASCADE"), nullable=False),
    Column("event_id", BigInteger, nullable=False),
    Column("xid", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="WAITING"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("log", JSONB, nullable=False, server_default="[]"),
    instant("occurred_at"),
    instant("created_at", default_now=True),
    instant("next_at"),
    instant("finished_at", nullable=True),
    Index("uq_webhook_deliveries_endpoint_id_event_id", "endpoint_id", "event_id", unique=True),
    Index("ix_webhook_deliveries_due", "endpoint_id", "next_at", postgresql_where=_WAITING),
    Index("ix_webhook_deliveries_order", "endpoint_id", "key", "xid", "event_id", postgresql_where=_WAITING),
    Index("ix_webhook_deliveries_status", "endpoint_id", "status", "id"),
    Index("ix_webhook_deliveries_finished", "finished_at"),
    CheckConstraint("status IN ('WAITING', 'DELIVERED', 'DEAD')", "webhook_delivery_status_known"),
    CheckConstraint("(status = 'WAITING') = (finished_at IS NULL)", "webhook_delivery_finished"),
)
