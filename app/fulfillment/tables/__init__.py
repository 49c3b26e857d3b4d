"""Tables of the fulfillment slice."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.fulfillment.tables.packages import carriers as carriers
from app.fulfillment.tables.packages import packages as packages
from app.fulfillment.tables.packages import tracking_reports as tracking_reports
from app.fulfillment.tables.reports import code_refusals as code_refusals
from app.fulfillment.tables.reports import pickup_reports as pickup_reports
from app.kit.tables import TELLING, instant, metadata

pickup_numbers = Sequence("pickup_numbers", start=70_000_001, metadata=metadata)

# One location's share of an order. SHIP: `location_id` sends a parcel to the delivery's address or partner
# point. PICKUP: `location_id` is the own store that prepares the goods and hands them over.
fulfillments = Table(
    "fulfillments",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, ForeignKey("orders.id"), nullable=False),
    Column("delivery_id", Uuid, ForeignKey("order_deliveries.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("location_id", Integer, ForeignKey("locations.id"), nullable=False),
    Column("status", Text, nullable=False),
    # By which carriers' files know it.
    Column("number", BigInteger, Identity(always=True), nullable=False, unique=True),
    instant("created_at"),
    instant("completed_at", nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Index("ix_fulfillments_order_id", "order_id"),
    Index("ix_fulfillments_delivery_id", "delivery_id"),
    Index("ix_fulfillments_location_id", "location_id", "status"),
    CheckConstraint("kind IN ('SHIP', 'PICKUP')", "fulfillment_kind_known"),
    CheckConstraint("status IN ('OPEN', 'SHIPPED', 'COMPLETED', 'RETURNED', 'CANCELED')", "fulfillment_state_known"),
)

fulfillment_lines = Table(
    "fulfillment_lines",
    metadata,
    Column("fulfillment_id", Uuid, ForeignKey("fulfillments.id"), primary_key=True),
    Column("line_no", Integer, primary_key=True),
    Column("variant_id", BigInteger, ForeignKey("variants.id"), nullable=False),
    Column("quantity", Integer, nullable=False),
    Index("ix_fulfillment_lines_variant_id", "variant_id"),
    CheckConstraint("quantity > 0", "fulfillment_quantity_positive"),
)

pick_list_numbers = Sequence("pick_list_numbers", start=80_000_001, metadata=metadata)

# Picking for many orders in one walk. Work is in one list at most, because it names the one that it is in.
pick_lists = Table(
    "pick_lists",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("location_id", Integer, ForeignKey("locations.id"), nullable=False),
    Column("status", Text, nullable=False),
    Column("assignee", Text, nullable=True),
    instant("created_at"),
    Column("created_by", Text, nullable=False),
    instant("completed_at", nullable=True),
    Column("completed_by", Text, nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Index("ix_pick_lists_location_id", "location_id", "status", "id"),
    CheckConstraint("status IN ('OPEN', 'DONE', 'CANCELED')", "pick_list_status_known"),
    CheckConstraint("(status = 'DONE') = (completed_at IS NOT NULL)", "done_pick_lists_have_a_time"),
)

# Where in a location a variant lies. sort_key: of the label, numbers by their value.
stock_shelves = Table(
    "stock_shelves",
    metadata,
    Column("location_id", Integer, ForeignKey("locations.id"), primary_key=True, autoincrement=False),
    Column("variant_id", BigInteger, ForeignKey("variants.id"), primary_key=True, autoincrement=False),
    Column("label", Text, nullable=False),
    Column("sort_key", Text, nullable=False),
    Index("ix_stock_shelves_variant_id", "variant_id"),
)

# A task for people at one location. What it is about: a fulfillment, a transfer, a pickup, or goods in a place
# (`work_lines`) and what its note says. due_order: what lists go by; work without a due time comes last. resumes_as:
# the status that work on hold gets back.
TELLING.add("work_instructions")
work_instructions = Table(
    "work_instructions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("location_id", Integer, ForeignKey("locations.id"), nullable=False),
    Column("status", Text, nullable=False),
    Column("order_id", Uuid, ForeignKey("orders.id"), nullable=True),
    Column("fulfillment_id", Uuid, ForeignKey("fulfillments.id"), nullable=True),
    Column("transfer_id", Uuid, ForeignKey("transfers.id"), nullable=True),
    Column("pickup_id", Uuid, ForeignKey("pickups.id"), nullable=True),
    Column("pick_list_id", Uuid, ForeignKey("pick_lists.id"), nullable=True),
    Column("note", Text, nullable=True),
    Column("assignee", Text, nullable=True),
    instant("created_at"),
    instant("due_at", nullable=True),
    Column(
        "due_order",
        DateTime(timezone=True),
        Computed("coalesce(due_at, timestamp with time zone '9999-12-31 00:00:00+00')", persisted=True),
        nullable=False,
    ),
    instant("acknowledged_at", nullable=True),
    Column("acknowledged_by", Text, nullable=True),
    Column("resumes_as", Text, nullable=True),
    Column("hold_reason", Text, nullable=True),
    Column("reject_reason", Text, nullable=True),
    instant("completed_at", nullable=True),
    Column("completed_by", Text, nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Index("ix_work_instructions_location_id", "location_id", "kind", "status", "due_order", "id"),
    Index("ix_work_instructions_status", "status", "due_order", "id"),
    Index("ix_work_instructions_assignee", "assignee", "status", postgresql_where=Column("assignee").isnot(None)),
    Index("ix_work_instructions_order_id", "order_id"),
    Index("ix_work_instructions_pick_list_id", "pick_list_id", postgresql_where=Column("pick_list_id").isnot(None)),
    Index(
        "uq_work_instructions_pickup",
        "pickup_id",
        "kind",
        unique=True,
        postgresql_where=text("status IN ('WAITING', 'OPEN', 'IN_PROGRESS', 'ON_HOLD')"),
    ),
    UniqueConstraint("fulfillment_id", "kind", name="uq_work_instructions_fulfillment"),
    UniqueConstraint("transfer_id", "kind", name="uq_work_instructions_transfer"),
    CheckConstraint(
        "kind IN ('PICK', 'PACK', 'SHIP', 'PREPARE_PICKUP', 'TRANSFER', 'RECEIVE', 'LOCKER_DROP_OFF', 'COUNT', "
        "'RETURN_INSPECT')",
        "work_kind_known",
    ),
    CheckConstraint(
        "status IN ('WAITING', 'OPEN', 'IN_PROGRESS', 'ON_HOLD', 'DONE', 'REJECTED', 'CANCELED')", "work_status_known"
    ),
    CheckConstraint(
        "CASE WHEN kind IN ('PICK', 'PACK', 'SHIP', 'PREPARE_PICKUP') THEN fulfillment_id IS NOT NULL"
        " WHEN kind IN ('TRANSFER', 'RECEIVE') THEN transfer_id IS NOT NULL"
        " WHEN kind = 'LOCKER_DROP_OFF' THEN pickup_id IS NOT NULL"
        " ELSE fulfillment_id IS NULL AND transfer_id IS NULL END"
        " AND num_nonnulls(fulfillment_id, transfer_id, pickup_id) <= 1",
        "work_is_about_one_thing",
    ),
    CheckConstraint("(status = 'DONE') = (completed_at IS NOT NULL)", "done_work_has_a_time"),
    CheckConstraint(
        "(status = 'ON_HOLD') = (resumes_as IS NOT NULL) AND (status = 'ON_HOLD') = (hold_reason IS NOT NULL)"
        " AND resumes_as IN ('WAITING', 'OPEN')",
        "held_work_has_a_reason_and_goes_on",
    ),
    CheckConstraint("pick_list_id IS NULL OR kind = 'PICK'", "pick_lists_are_of_picking"),
    CheckConstraint("(status = 'REJECTED') = (reject_reason IS NOT NULL)", "rejected_work_has_a_reason"),
    CheckConstraint("status <> 'IN_PROGRESS' OR acknowledged_at IS NOT NULL", "work_in_progress_was_acknowledged"),
)

# Goods that work is about which no fulfillment or transfer names. quantity: units; 0 in a count: to be counted.
# done_quantity: what was found or done.
work_lines = Table(
    "work_lines",
    metadata,
    Column("work_id", Uuid, ForeignKey("work_instructions.id"), primary_key=True),
    Column("line_no", Integer, primary_key=True, autoincrement=False),
    Column("variant_id", BigInteger, ForeignKey("variants.id"), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("done_quantity", Integer, nullable=True),
    Index("ix_work_lines_variant_id", "variant_id"),
    CheckConstraint("quantity >= 0 AND done_quantity >= 0", "work_quantities_not_negative"),
)

# What people did about a piece of work, and what they said of it: append-only.
work_history = Table(
    "work_history",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("work_id", Uuid, ForeignKey("work_instructions.id"), nullable=False),
    instant("at"),
    Column("step", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("facts", JSONB, nullable=False, server_default="{}"),
    Index("ix_work_history_work_id", "work_id", "id"),
    CheckConstraint(
        "step IN ('CREATE', 'ASSIGN', 'ACKNOWLEDGE', 'COMPLETE', 'HOLD', 'RELEASE', 'REPORT_SHORT', 'REJECT', 'SPLIT', "
        "'MOVE')",
        "work_step_known",
    ),
)

shipments = Table(
    "shipments",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("fulfillment_id", Uuid, ForeignKey("fulfillments.id"), nullable=False),
    Column("order_id", Uuid, ForeignKey("orders.id"), nullable=False),
    instant("shipped_at"),
    Index("ix_shipments_order_id", "order_id"),
    UniqueConstraint("fulfillment_id", name="uq_shipments_fulfillment"),
)

# One hand-over at one point. At an own store it hangs on one PICKUP fulfillment; at a partner's point on the SHIP
# ones of its delivery. Codes are derived from the installation's key, never stored; where a carrier gives out its own
# (slip_number, sealed_number: the authentication number, encrypted), they are kept. is_sandbox: a test of a partner.
pickups = Table(
    "pickups",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("order_id", Uuid, ForeignKey("orders.id"), nullable=False),
    Column("delivery_id", Uuid, ForeignKey("order_deliveries.id"), nullable=False, unique=True),
    Column("location_id", Integer, ForeignKey("locations.id"), nullable=False),
    Column("partner_id", Uuid, ForeignKey("partners.id"), nullable=True),
    Column("is_sandbox", Boolean, nullable=False, server_default="false"),
    Column("status", Text, nullable=False),
    Column("code_version", Integer, nullable=False, server_default="1"),
    Column("failed_attempts", Integer, nullable=False, server_default="0"),
    Column("is_locked", Boolean, nullable=False, server_default="false"),
    instant("verified_at", nullable=True),
    # By when they are expected to be ready at an own store.
    instant("ready_by", nullable=True),
    instant("ready_at", nullable=True),
    instant("hold_until", nullable=True),
    instant("collected_at", nullable=True),
    instant("expired_at", nullable=True),
    instant("arrived_at", nullable=True),
    instant("returning_at", nullable=True),
    instant("returned_at", nullable=True),
    Column("status_reason", Text, nullable=True),
    Column("compartment", Text, nullable=True),
    Column("return_tracking_number", Text, nullable=True),
    Column("slip_number", Text, nullable=True),
    Column("sealed_number", LargeBinary, nullable=True),
    Column("extensions", Integer, nullable=False, server_default="0"),
    Column("collector_name", Text, nullable=True),
    Column("curbside_note", Text, nullable=True),
    instant("announced_at", nullable=True),
    instant("created_at"),
    Column("version", Integer, nullable=False, server_default="1"),
    Index("ix_pickups_order_id", "order_id"),
    Index("ix_pickups_location_id", "location_id", "status", "id"),
    Index("ix_pickups_partner_id", "partner_id", "status", "id"),
    Index("ix_pickups_sandbox", "partner_id", "created_at", postgresql_where=text("is_sandbox")),
    Index("ix_pickups_ready_by", "ready_by", "id", postgresql_where=text("status = 'REQUESTED'")),
    Index("ix_pickups_hold_until", "hold_until", "id", postgresql_where=text("status IN ('READY', 'EXPIRING')")),
    CheckConstraint(
        "status IN ('REQUESTED', 'PREPARING', 'IN_TRANSIT_TO_POINT', 'ARRIVED', 'READY', 'EXPIRING', 'COLLECTED', "
        "'EXPIRED', 'RETURNING', 'RETURNED', 'CANCELED')",
        "pickup_status_known",
    ),
    CheckConstraint("(status = 'RETURNED') = (returned_at IS NOT NULL)", "returned_pickups_have_a_time"),
    CheckConstraint("extensions >= 0", "extensions_counted"),
    CheckConstraint("failed_attempts BETWEEN 0 AND 5", "failed_attempts_counted_to_five"),
    CheckConstraint("(status = 'COLLECTED') = (collected_at IS NOT NULL)", "collected_pickups_have_a_time"),
)
