"""Inputs and payloads of the mutations of purchase orders."""

from datetime import date
from typing import Any, Final
from uuid import UUID

import strawberry

from app.engine.relations import relation
from app.inventory.graphql.mutations.forms import KEY
from app.inventory.graphql.purchases.types import PurchaseOrder, visible_purchase_orders_by_id
from app.kit.graphql.payload import Payload

_VERSION: Final = "The version that you have seen; another one refuses the step. Null: whatever it is."
_ID: Final = "The purchase order."


def _order_key(payload: Any) -> UUID | None:
    return payload.purchase_order_id and UUID(payload.purchase_order_id)


@strawberry.input(description="Units of one variant to buy.")
class PurchaseOrderLineInput:
    """One line."""

    sku: str = strawberry.field(description="The variant.")
    quantity: int = strawberry.field(description="Units, 1 to 1,000,000.")
    expected_on: date | None = strawberry.field(
        default=None, description="The day, at the location, on which they are to arrive: today or later."
    )


@strawberry.input(description="Input of `purchaseOrderCreate`.")
class PurchaseOrderCreateInput:
    """A draft."""

    location_id: strawberry.ID = strawberry.field(description="Where the units are to arrive.")
    supplier_name: str = strawberry.field(description="Who delivers; 1 to 200 characters.")
    supplier_reference: str | None = strawberry.field(
        default=None, description="The supplier's own number for it; up to 200 characters."
    )
    note: str | None = strawberry.field(default=None, description="For people; up to 200 characters.")
    lines: list[PurchaseOrderLineInput] = strawberry.field(description="What to buy, 1 to 100 lines.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `purchaseOrderCreate`.")
class PurchaseOrderCreatePayload(Payload):
    """Read after the commit."""

    purchase_order_id: strawberry.Private[str | None] = None
    purchase_order = relation(
        PurchaseOrder, visible_purchase_orders_by_id, key=_order_key, description="The purchase order, DRAFT."
    )


@strawberry.input(description="Input of `purchaseOrderEdit`.")
class PurchaseOrderEditInput:
    """Other lines."""

    purchase_order_id: strawberry.ID = strawberry.field(description=_ID)
    lines: list[PurchaseOrderLineInput] = strawberry.field(
        description="What to buy instead of all lines so far, 1 to 100 lines."
    )
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `purchaseOrderEdit`.")
class PurchaseOrderEditPayload(Payload):
    """Read after the commit."""

    purchase_order_id: strawberry.Private[str | None] = None
    purchase_order = relation(
        PurchaseOrder, visible_purchase_orders_by_id, key=_order_key, description="The purchase order with its lines."
    )


@strawberry.input(description="Input of `purchaseOrderPlace`.")
class PurchaseOrderPlaceInput:
    """It goes to the supplier."""

    purchase_order_id: strawberry.ID = strawberry.field(description=_ID)
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `purchaseOrderPlace`.")
class PurchaseOrderPlacePayload(Payload):
    """Read after the commit."""

    purchase_order_id: strawberry.Private[str | None] = None
    purchase_order = relation(
        PurchaseOrder, visible_purchase_orders_by_id, key=_order_key, description="The purchase order, ORDERED."
    )


@strawberry.input(description="When the units of one line are to arrive.")
class PurchaseOrderDateInput:
    """One line's day."""

    line_no: int = strawberry.field(description="The line's number.")
    expected_on: date | None = strawberry.field(
        description="The day, at the location, today or later; null: not known."
    )


@strawberry.input(description="Input of `purchaseOrderDatesSet`.")
class PurchaseOrderDatesSetInput:
    """Other days."""

    purchase_order_id: strawberry.ID = strawberry.field(description=_ID)
    lines: list[PurchaseOrderDateInput] = strawberry.field(
        description="The lines with another day, 1 to 100; others keep theirs."
    )
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `purchaseOrderDatesSet`.")
class PurchaseOrderDatesSetPayload(Payload):
    """Read after the commit."""

    purchase_order_id: strawberry.Private[str | None] = None
    purchase_order = relation(
        PurchaseOrder, visible_purchase_orders_by_id, key=_order_key, description="The purchase order with its days."
    )


@strawberry.input(description="Units of one line that arrive.")
class PurchaseOrderReceiveLineInput:
    """Units by line."""

    line_no: int = strawberry.field(description="The line's number.")
    quantity: int = strawberry.field(description="Units that arrive now and can be sold.")
    damaged_quantity: int = strawberry.field(
        default=0,
        description="Units that arrive now and cannot be sold, on top of `quantity`: they are received and `DAMAGED`.",
    )


@strawberry.input(description="Input of `purchaseOrderReceive`.")
class PurchaseOrderReceiveInput:
    """A delivery."""

    purchase_order_id: strawberry.ID = strawberry.field(description=_ID)
    lines: list[PurchaseOrderReceiveLineInput] | None = strawberry.field(
        default=None, description="What arrives, up to 100 lines; null: all that is outstanding."
    )
    over_delivery_percent: int = strawberry.field(
        default=0,
        description="How many percent of a line's ordered units (rounded down) may come on top of them, 0 to 100. More "
        "is refused with `OVER_DELIVERY`.",
    )
    reason: str | None = strawberry.field(
        default=None, description="For the ledger, such as the delivery note's number; up to 200 characters."
    )
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `purchaseOrderReceive`.")
class PurchaseOrderReceivePayload(Payload):
    """Read after the commit."""

    purchase_order_id: strawberry.Private[str | None] = None
    purchase_order = relation(
        PurchaseOrder,
        visible_purchase_orders_by_id,
        key=_order_key,
        description="The purchase order, (PARTIALLY_)RECEIVED.",
    )


@strawberry.input(description="Input of `purchaseOrderClose`.")
class PurchaseOrderCloseInput:
    """The rest will not come."""

    purchase_order_id: strawberry.ID = strawberry.field(description=_ID)
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `purchaseOrderClose`.")
class PurchaseOrderClosePayload(Payload):
    """Read after the commit."""

    purchase_order_id: strawberry.Private[str | None] = None
    purchase_order = relation(
        PurchaseOrder, visible_purchase_orders_by_id, key=_order_key, description="The purchase order, CLOSED_SHORT."
    )


@strawberry.input(description="Input of `purchaseOrderCancel`.")
class PurchaseOrderCancelInput:
    """It is called off."""

    purchase_order_id: strawberry.ID = strawberry.field(description=_ID)
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `purchaseOrderCancel`.")
class PurchaseOrderCancelPayload(Payload):
    """Read after the commit."""

    purchase_order_id: strawberry.Private[str | None] = None
    purchase_order = relation(
        PurchaseOrder, visible_purchase_orders_by_id, key=_order_key, description="The purchase order, CANCELED."
    )
