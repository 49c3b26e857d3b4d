"""What people and systems do with purchase orders."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

import strawberry

from app.inventory.actions.cancel_purchase_order import cancel_purchase_order
from app.inventory.actions.close_purchase_order import close_purchase_order
from app.inventory.actions.create_purchase_order import create_purchase_order
from app.inventory.actions.date_purchase_order import date_purchase_order
from app.inventory.actions.edit_purchase_order import edit_purchase_order
from app.inventory.actions.place_purchase_order import place_purchase_order
from app.inventory.actions.receive_purchase_order import receive_purchase_order
from app.inventory.graphql.mutations.checks import check_count, check_place, place_of, text_of, variant_ids_of
from app.inventory.graphql.purchases.forms import (
    PurchaseOrderCancelInput,
    PurchaseOrderCancelPayload,
    PurchaseOrderCloseInput,
    PurchaseOrderClosePayload,
    PurchaseOrderCreateInput,
    PurchaseOrderCreatePayload,
    PurchaseOrderDatesSetInput,
    PurchaseOrderDatesSetPayload,
    PurchaseOrderEditInput,
    PurchaseOrderEditPayload,
    PurchaseOrderLineInput,
    PurchaseOrderPlaceInput,
    PurchaseOrderPlacePayload,
    PurchaseOrderReceiveInput,
    PurchaseOrderReceivePayload,
)
from app.inventory.model import check_quantity
from app.inventory.model.purchases import Delivery, PurchaseLineDraft
from app.inventory.sql.purchase_orders import lock_purchase_order
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.payload import Outcome, commit
from app.kit.graphql.permission import requires
from app.kit.permissions import Actor

T = TypeVar("T")


@strawberry.type
class PurchaseOrderMutation:
    """Keys limited to locations deal with what arrives at those only."""

    @strawberry.mutation(
        description="Put together what a supplier is to deliver; nothing is expected before it is placed.",
        **requires("stock:write"),
    )
    async def purchase_order_create(self, info: Info, input: PurchaseOrderCreateInput) -> PurchaseOrderCreatePayload:
        """A draft."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            location_id = await place_of(tx, context.actor, input.location_id, "locationId")
            order_id = await create_purchase_order(
                tx,
                location_id=location_id,
                supplier_name=text_of(input.supplier_name, "supplierName", minimum=1) or "",
                supplier_reference=text_of(input.supplier_reference, "supplierReference"),
                note=text_of(input.note, "note"),
                lines=await _lines_of(tx, input.lines),
                now=context.now,
            )
            return _outcome(order_id)

        return await commit(
            context,
            PurchaseOrderCreatePayload,
            work,
            operation="purchaseOrderCreate",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(description="Put the lines of a draft together anew.", **requires("stock:write"))
    async def purchase_order_edit(self, info: Info, input: PurchaseOrderEditInput) -> PurchaseOrderEditPayload:
        """Lines are numbered anew, from 1."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            order_id = await _order_of(tx, context.actor, input.purchase_order_id)
            lines = await _lines_of(tx, input.lines)
            await edit_purchase_order(tx, order_id, lines, expected_version=input.expected_version, now=context.now)
            return _outcome(order_id)

        return await commit(
            context,
            PurchaseOrderEditPayload,
            work,
            operation="purchaseOrderEdit",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(
        description="The supplier has the purchase order: its units are expected from now on.",
        **requires("stock:write"),
    )
    async def purchase_order_place(self, info: Info, input: PurchaseOrderPlaceInput) -> PurchaseOrderPlacePayload:
        """A draft becomes ORDERED."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            order_id = await _order_of(tx, context.actor, input.purchase_order_id)
            await place_purchase_order(tx, order_id, expected_version=input.expected_version, now=context.now)
            return _outcome(order_id)

        return await commit(
            context,
            PurchaseOrderPlacePayload,
            work,
            operation="purchaseOrderPlace",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(description="Other days on which units are to arrive.", **requires("stock:write"))
    async def purchase_order_dates_set(
        self, info: Info, input: PurchaseOrderDatesSetInput
    ) -> PurchaseOrderDatesSetPayload:
        """As long as units are expected."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            order_id = await _order_of(tx, context.actor, input.purchase_order_id)
            check_count(input.lines)
            dates = _by_line([(line.line_no, line.expected_on) for line in input.lines])
            await date_purchase_order(tx, order_id, dates, expected_version=input.expected_version, now=context.now)
            return _outcome(order_id)

        return await commit(
            context,
            PurchaseOrderDatesSetPayload,
            work,
            operation="purchaseOrderDatesSet",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(
        description="The supplier delivers, all or a part: the units are on hand and can be sold.",
        **requires("stock:write"),
    )
    async def purchase_order_receive(self, info: Info, input: PurchaseOrderReceiveInput) -> PurchaseOrderReceivePayload:
        """One ledger row a line, caused by the purchase order."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            order_id = await _order_of(tx, context.actor, input.purchase_order_id)
            delivery = None
            if input.lines is not None:
                check_count(input.lines)
                delivery = Delivery(
                    _by_line([(line.line_no, line.quantity) for line in input.lines]),
                    {line.line_no: line.damaged_quantity for line in input.lines},
                )
            await receive_purchase_order(
                tx,
                order_id,
                delivery=delivery,
                over_delivery_percent=input.over_delivery_percent,
                reason=text_of(input.reason, "reason"),
                actor=context.actor.reference,
                now=context.now,
            )
            return _outcome(order_id)

        return await commit(
            context,
            PurchaseOrderReceivePayload,
            work,
            operation="purchaseOrderReceive",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(
        description="What has not come is not expected any more; what was received stays.", **requires("stock:write")
    )
    async def purchase_order_close(self, info: Info, input: PurchaseOrderCloseInput) -> PurchaseOrderClosePayload:
        """Ends as CLOSED_SHORT."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            order_id = await _order_of(tx, context.actor, input.purchase_order_id)
            await close_purchase_order(tx, order_id, expected_version=input.expected_version, now=context.now)
            return _outcome(order_id)

        return await commit(
            context,
            PurchaseOrderClosePayload,
            work,
            operation="purchaseOrderClose",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(
        description="Call a purchase order off before anything has come of it.", **requires("stock:write")
    )
    async def purchase_order_cancel(self, info: Info, input: PurchaseOrderCancelInput) -> PurchaseOrderCancelPayload:
        """Ends as CANCELED."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            order_id = await _order_of(tx, context.actor, input.purchase_order_id)
            await cancel_purchase_order(tx, order_id, expected_version=input.expected_version, now=context.now)
            return _outcome(order_id)

        return await commit(
            context,
            PurchaseOrderCancelPayload,
            work,
            operation="purchaseOrderCancel",
            key=input.idempotency_key,
            body=input,
        )


def _outcome(order_id: UUID) -> Outcome:
    return Outcome({"purchase_order_id": str(order_id)})


async def _order_of(tx: WriteTx, actor: Actor, value: str) -> UUID:
    """A purchase order for a location where the caller may act, locked."""
    order_id = require_uuid(value, "PurchaseOrder", "input", "purchaseOrderId")
    order = await lock_purchase_order(tx, order_id)
    await check_place(tx, actor, order["location_id"], "purchaseOrderId")
    return order_id


async def _lines_of(tx: WriteTx, lines: Sequence[PurchaseOrderLineInput]) -> list[PurchaseLineDraft]:
    check_count(lines)
    for index, line in enumerate(lines):
        check_quantity(line.quantity, "input", "lines", str(index), "quantity")
    skus = {("lines", str(index), "sku"): line.sku for index, line in enumerate(lines)}
    return [
        PurchaseLineDraft(variant_id, line.quantity, line.expected_on)
        for variant_id, line in zip(await variant_ids_of(tx, skus), lines, strict=True)
    ]


def _by_line(pairs: Sequence[tuple[int, T]]) -> dict[int, T]:
    """Raises InvalidInput for a line that is named twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        message = "A line is named twice."
        raise InvalidInput(message, path=["input", "lines"])
    return found
