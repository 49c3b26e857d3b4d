"""Tables of the inventory slice.

`stock` is one narrow row per (variant, location). `available` is on_hand - reserved - allocated - safety:
computed where it is read, never stored, never indexed, so that updates stay heap-only. The counters move only
through rows of `ledger`: a trigger on its inserts applies the deltas, counts them in `version` and writes the
outbox; direct updates are refused.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    Text,
    Uuid,
    func,
)

from app.inventory.tables.counts import count_lines as count_lines
from app.inventory.tables.counts import count_records as count_records
from app.inventory.tables.counts import count_sessions as count_sessions
from app.inventory.tables.drifts import stock_drifts as stock_drifts
from app.inventory.tables.drifts import stock_repairs as stock_repairs
from app.inventory.tables.imports import stock_import_chunks as stock_import_chunks
from app.inventory.tables.imports import stock_import_refusals as stock_import_refusals
from app.inventory.tables.imports import stock_import_releases as stock_import_releases
from app.inventory.tables.imports import stock_imports as stock_imports
from app.inventory.tables.selling import backorders as backorders
from app.inventory.tables.selling import bundle_components as bundle_components
from app.inventory.tables.selling import channel_shares as channel_shares
from app.inventory.tables.selling import selling_rules as selling_rules
from app.kit.tables import instant, metadata

transfer_numbers = Sequence("transfer_numbers", start=50_000_001, metadata=metadata)
purchase_order_numbers = Sequence("purchase_order_numbers", start=60_000_001, metadata=metadata)

stock = Table(
    "stock",
    metadata,
    Column("variant_id", BigInteger, ForeignKey("variants.id"), nullable=False),
    Column("location_id", Integer, ForeignKey("locations.id"), nullable=False),
    Column("on_hand", Integer, nullable=False, server_default="0"),
    Column("reserved", Integer, nullable=False, server_default="0"),
    Column("allocated", Integer, nullable=False, server_default="0"),
    Column("safety", Integer, nullable=False, server_default="0"),
    Column("version", BigInteger, nullable=False, server_default="0"),
    # The transaction that moved the row last, as its fact in the outbox has it (writer 0: `xid`).
    Column("xid", BigInteger, nullable=False, server_default="0"),
    Column("writer", BigInteger, nullable=False, server_default="0"),
    PrimaryKeyConstraint("variant_id", "location_id"),
    Index("ix_stock_location_id", "location_id", "variant_id"),
    CheckConstraint("on_hand >= 0 AND reserved >= 0 AND allocated >= 0 AND safety >= 0", "stock_not_negative"),
    CheckConstraint("reserved::bigint + allocated <= on_hand", "stock_not_oversold"),
    postgresql_with={"fillfactor": "70"},
)

# A live claim on units: R = reserved until expires_at, A = allocated. History is the ledger.
# The owner is an order, a cart, a transfer or staff; line_no is the owner's line. Of reservations: `reason` says what
# they are for, `extendable_until` how far expires_at may be moved, `extended_at` when it was moved last.
holds = Table(
    "holds",
    metadata,
    Column("owner_id", Uuid, nullable=False),
    Column("line_no", Integer, nullable=False),
    Column("variant_id", BigInteger, nullable=False),
    Column("location_id", Integer, nullable=False),
    Column("owner_kind", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("state", Text, nullable=False),
    instant("expires_at", nullable=True),
    Column("reason", Text, nullable=True),
    instant("extendable_until", nullable=True),
    instant("extended_at", nullable=True),
    instant("held_at", default_now=True),
    PrimaryKeyConstraint("owner_id", "line_no", "variant_id", "location_id"),
    Index("ix_holds_expires_at", "expires_at", postgresql_where=Column("state") == "R"),
    Index("ix_holds_variant_id", "variant_id", "location_id"),
    CheckConstraint("quantity > 0", "hold_quantity_positive"),
    CheckConstraint("state IN ('R', 'A')", "hold_state_known"),
    CheckConstraint("(state = 'R') = (expires_at IS NOT NULL)", "reservations_expire_allocations_do_not"),
    CheckConstraint("(state = 'R') = (reason IS NOT NULL)", "reservations_have_a_reason"),
    CheckConstraint("reason IN ('CART', 'PAYMENT_PENDING', 'KONBINI_PAYMENT', 'STAFF')", "reservation_reason_known"),
    CheckConstraint(
        "state = 'R' OR (extendable_until IS NULL AND extended_at IS NULL)", "allocations_are_not_extended"
    ),
    CheckConstraint("expires_at <= extendable_until", "reservations_end_within_their_bounds"),
    CheckConstraint("owner_kind IN ('ORDER', 'CART', 'TRANSFER', 'STAFF')", "hold_owner_known"),
    postgresql_with={"fillfactor": "90"},
)

# Units that are there but not sold, by state; they move through the ledger only, as the counters of `stock` do.
stock_states = Table(
    "stock_states",
    metadata,
    Column("variant_id", BigInteger, primary_key=True, autoincrement=False),
    Column("location_id", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, primary_key=True),
    Column("quantity", Integer, nullable=False, server_default="0"),
    CheckConstraint("quantity >= 0", "stock_state_not_negative"),
    CheckConstraint("state IN ('DAMAGED', 'QUALITY_CONTROL', 'DISPLAY')", "stock_state_known"),
    postgresql_with={"fillfactor": "70"},
)

# Append-only; partitioned by month so that history is retired by dropping a partition.
# `cause_kind` and `cause_id` say what moved the units: an order, a transfer, an import, a count …
ledger = Table(
    "ledger",
    metadata,
    Column("entry_id", BigInteger, Identity(always=True), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("variant_id", BigInteger, nullable=False),
    Column("location_id", Integer, nullable=False),
    Column("d_on_hand", Integer, nullable=False, server_default="0"),
    Column("d_reserved", Integer, nullable=False, server_default="0"),
    Column("d_allocated", Integer, nullable=False, server_default="0"),
    Column("d_safety", Integer, nullable=False, server_default="0"),
    Column("state", Text, nullable=True),
    Column("d_state", Integer, nullable=False, server_default="0"),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=True),
    Column("note", Text, nullable=True),
    Column("cause_kind", Text, nullable=False),
    Column("cause_id", Uuid, nullable=False),
    Column("actor", Text, nullable=False),
    PrimaryKeyConstraint("entry_id", "at"),
    Index("ix_ledger_variant_id", "variant_id", "location_id", "entry_id"),
    Index("ix_ledger_cause_id", "cause_id"),
    CheckConstraint(
        "d_on_hand <> 0 OR d_reserved <> 0 OR d_allocated <> 0 OR d_safety <> 0 OR d_state <> 0 OR kind = 'REPAIRED'",
        "ledger_moves_something",
    ),
    CheckConstraint("(state IS NULL) = (d_state = 0)", "ledger_state_with_units"),
    CheckConstraint(
        "kind IN ('RECEIVED', 'RESERVED', 'RESERVATION_RELEASED', 'RESERVATION_EXPIRED', 'ALLOCATED', "
        "'RESERVATION_ALLOCATED', 'RESERVATION_CONVERTED', 'RESERVATION_MOVED', "
        "'ALLOCATION_RELEASED', 'SHIPPED', 'HANDED_OVER', 'TRANSFERRED_OUT', "
        "'TRANSFERRED_IN', 'LOST_IN_TRANSIT', 'RETURNED', 'ADJUSTED', 'COUNTED', 'STATE_CHANGED', "
        "'WRITTEN_OFF', 'REPAIRED', 'SAFETY_SET')",
        "movement_kind_known",
    ),
    postgresql_partition_by="RANGE (at)",
)

# `order_id` and `order_line_no` of a line: the order line that the units are for, when an order raised the transfer.
# Of the units of a line, `shipped` ones have left, `withdrawn` ones will not; of the shipped ones, `received` ones
# (`damaged` ones included) have arrived and `lost` ones will not; `surplus` ones came on top.
transfers = Table(
    "transfers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("from_location_id", Integer, ForeignKey("locations.id"), nullable=False),
    Column("to_location_id", Integer, ForeignKey("locations.id"), nullable=False),
    Column("status", Text, nullable=False),
    Column("order_id", Uuid, nullable=True),
    Column("note", Text, nullable=True),
    instant("created_at"),
    instant("expected_at", nullable=True),
    instant("shipped_at", nullable=True),
    instant("received_at", nullable=True),
    instant("canceled_at", nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Index("ix_transfers_from_location_id", "from_location_id", "status"),
    Index("ix_transfers_to_location_id", "to_location_id", "status"),
    Index("ix_transfers_order_id", "order_id"),
    CheckConstraint(
        "status IN ('DRAFT', 'READY_TO_SHIP', 'IN_TRANSIT', 'PARTIALLY_RECEIVED', 'RECEIVED', 'CANCELED')",
        "transfer_status_known",
    ),
    CheckConstraint("from_location_id <> to_location_id", "transfer_goes_somewhere"),
)

transfer_lines = Table(
    "transfer_lines",
    metadata,
    Column("transfer_id", Uuid, ForeignKey("transfers.id"), primary_key=True),
    Column("line_no", Integer, primary_key=True),
    Column("variant_id", BigInteger, ForeignKey("variants.id"), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("shipped_quantity", Integer, nullable=False, server_default="0"),
    Column("received_quantity", Integer, nullable=False, server_default="0"),
    Column("lost_quantity", Integer, nullable=False, server_default="0"),
    Column("damaged_quantity", Integer, nullable=False, server_default="0"),
    Column("surplus_quantity", Integer, nullable=False, server_default="0"),
    Column("withdrawn_quantity", Integer, nullable=False, server_default="0"),
    Column("discrepancy_reason", Text, nullable=True),
    Column("order_line_no", Integer, nullable=True),
    Index("ix_transfer_lines_variant_id", "variant_id"),
    CheckConstraint("quantity > 0", "transfer_quantity_positive"),
    CheckConstraint(
        "shipped_quantity >= 0 AND withdrawn_quantity >= 0 AND shipped_quantity + withdrawn_quantity <= quantity",
        "shipped_within_quantity",
    ),
    CheckConstraint("damaged_quantity BETWEEN 0 AND received_quantity", "damaged_within_received"),
    CheckConstraint("surplus_quantity >= 0", "transfer_surplus_not_negative"),
    CheckConstraint(
        "discrepancy_reason IN ('LOST', 'STOLEN', 'BROKEN', 'NOT_SENT', 'MISCOUNTED', 'UNEXPLAINED')",
        "discrepancy_reason_known",
    ),
    CheckConstraint(
        "lost_quantity = 0 AND damaged_quantity = 0 AND surplus_quantity = 0 OR discrepancy_reason IS NOT NULL",
        "discrepancies_have_a_reason",
    ),
    CheckConstraint(
        "received_quantity >= 0 AND lost_quantity >= 0 AND received_quantity + lost_quantity <= shipped_quantity",
        "received_within_shipped",
    ),
)

# closed_at: when nothing was expected any more: all received, closed short or canceled.
purchase_orders = Table(
    "purchase_orders",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("location_id", Integer, ForeignKey("locations.id"), nullable=False),
    Column("supplier_name", Text, nullable=False),
    Column("supplier_reference", Text, nullable=True),
    Column("status", Text, nullable=False),
    Column("note", Text, nullable=True),
    instant("created_at"),
    instant("ordered_at", nullable=True),
    instant("closed_at", nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Index("ix_purchase_orders_location_id", "location_id", "status"),
    CheckConstraint(
        "status IN ('DRAFT', 'ORDERED', 'PARTIALLY_RECEIVED', 'RECEIVED', 'CLOSED_SHORT', 'CANCELED')",
        "purchase_order_status_known",
    ),
    CheckConstraint(
        "(closed_at IS NOT NULL) = (status IN ('RECEIVED', 'CLOSED_SHORT', 'CANCELED'))",
        "closed_purchase_orders_have_a_time",
    ),
)

# More than `quantity` units may have been received (`damaged` ones included), within the tolerance that the receiver
# gave.
purchase_order_lines = Table(
    "purchase_order_lines",
    metadata,
    Column("purchase_order_id", Uuid, ForeignKey("purchase_orders.id"), primary_key=True),
    Column("line_no", Integer, primary_key=True),
    Column("variant_id", BigInteger, ForeignKey("variants.id"), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("received_quantity", Integer, nullable=False, server_default="0"),
    Column("damaged_quantity", Integer, nullable=False, server_default="0"),
    Column("expected_on", Date, nullable=True),
    Index("ix_purchase_order_lines_variant_id", "variant_id"),
    CheckConstraint("quantity > 0", "purchase_quantity_positive"),
    CheckConstraint("received_quantity BETWEEN 0 AND 2 * quantity::bigint", "purchase_received_plausible"),
    CheckConstraint("damaged_quantity BETWEEN 0 AND received_quantity", "purchase_damaged_within_received"),
)
