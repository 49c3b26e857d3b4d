"""Requests about units on their way: transfers from the draft to their end, and purchase orders."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.inventory.actions.cancel_purchase_order import cancel_purchase_order
from app.inventory.actions.cancel_transfer import cancel_transfer
from app.inventory.actions.close_purchase_order import close_purchase_order
from app.inventory.actions.close_transfer import close_transfer
from app.inventory.actions.create_purchase_order import create_purchase_order
from app.inventory.actions.create_transfer import create_transfer
from app.inventory.actions.edit_transfer import edit_transfer
from app.inventory.actions.make_transfer_ready import make_transfer_ready
from app.inventory.actions.place_purchase_order import place_purchase_order
from app.inventory.actions.receive_purchase_order import receive_purchase_order
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.inventory.model.purchases import Delivery, PurchaseLineDraft
from app.inventory.model.transfers import Arrival, DiscrepancyReason, TransferLine, TransferLineDraft
from app.inventory.sql.transfers import transfer_lines_of
from app.kit.db import WriteTx
from tests.chaos.operations import ACTOR, OPERATIONS, Body, operation

__all__ = ["OPERATIONS"]


@operation
async def send(tx: WriteTx, body: Body, now: datetime) -> Any:
    places = {"from_location_id": body["source"], "to_location_id": body["place"]}
    return str(await create_transfer(tx, **places, lines=_lines(body), is_draft=body["draft"], actor=ACTOR, now=now))


def _lines(body: Body) -> list[TransferLineDraft]:
    return [TransferLineDraft(variant_id, quantity) for variant_id, quantity in body["lines"]]


@operation
async def send_otherwise(tx: WriteTx, body: Body, now: datetime) -> Any:
    await edit_transfer(tx, UUID(body["transfer"]), _lines(body), now=now)
    return True


@operation
async def make_ready(tx: WriteTx, body: Body, now: datetime) -> Any:
    await make_transfer_ready(tx, UUID(body["transfer"]), actor=ACTOR, now=now)
    return True


@operation
async def send_off(tx: WriteTx, body: Body, now: datetime) -> Any:
    """All, or of each line one unit."""
    transfer_id = UUID(body["transfer"])
    one_each = {line.line_no: 1 for line in await transfer_lines_of(tx, transfer_id) if line.unsent}
    await ship_transfer(tx, transfer_id, quantities=one_each if body["part"] else None, actor=ACTOR, now=now)
    return True


@operation
async def take_in(tx: WriteTx, body: Body, now: datetime) -> Any:
    """All or one of each line; one of each may be lost or damaged, and one too many."""
    transfer_id = UUID(body["transfer"])
    lines = await transfer_lines_of(tx, transfer_id)
    arrival = _arrival([line for line in lines if line.under_way], body)
    await receive_transfer(tx, transfer_id, arrival, actor=ACTOR, now=now)
    return True


def _arrival(lines: list[TransferLine], body: Body) -> Arrival:
    strange = {line.line_no: 1 for line in lines}
    lost, damaged, surplus = (strange if body["strange"] == what else {} for what in ("lost", "damaged", "surplus"))
    left = {line.line_no: line.under_way - lost.get(line.line_no, 0) - damaged.get(line.line_no, 0) for line in lines}
    received = {number: min(units, 1) if body["part"] else units for number, units in left.items()}
    return Arrival(received, damaged, lost, surplus)


@operation
async def close(tx: WriteTx, body: Body, now: datetime) -> Any:
    """Nothing more comes of it."""
    await close_transfer(tx, UUID(body["transfer"]), reason=DiscrepancyReason(body["reason"]), actor=ACTOR, now=now)
    return True


@operation
async def call_off(tx: WriteTx, body: Body, now: datetime) -> Any:
    await cancel_transfer(tx, UUID(body["transfer"]), actor=ACTOR, now=now)
    return True


@operation
async def buy(tx: WriteTx, body: Body, now: datetime) -> Any:
    lines = [PurchaseLineDraft(variant_id, quantity) for variant_id, quantity in body["lines"]]
    purchase_id = await create_purchase_order(
        tx, location_id=body["place"], supplier_name="Chaos", lines=lines, now=now
    )
    await place_purchase_order(tx, purchase_id, now=now)
    return str(purchase_id)


@operation
async def unload(tx: WriteTx, body: Body, now: datetime) -> Any:
    quantities = {int(number): units for number, units in body["quantities"].items()}
    damaged = {int(number): units for number, units in body["damaged"].items()}
    await receive_purchase_order(
        tx,
        UUID(body["purchase"]),
        delivery=Delivery(quantities, damaged),
        over_delivery_percent=100,
        actor=ACTOR,
        now=now,
    )
    return True


@operation
async def give_up(tx: WriteTx, body: Body, now: datetime) -> Any:
    """The rest of a purchase order does not come."""
    await close_purchase_order(tx, UUID(body["purchase"]), now=now)
    return True


@operation
async def countermand(tx: WriteTx, body: Body, now: datetime) -> Any:
    await cancel_purchase_order(tx, UUID(body["purchase"]), now=now)
    return True
