"""Say how lines of a cart are to be handed over."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.capacity.model.slots import Slot
from app.capacity.sql.slots import look_at_slots
from app.carts import sql
from app.carts.actions.keep_reserved import keep_reserved
from app.carts.actions.remove_lines import require_lines
from app.carts.model import Destination, check_row_count, clean_destination
from app.carts.model.slot_problems import require_slot
from app.kit.db import WriteTx
from app.kit.ids import new_id
from app.kit.permissions import SHOPPER
from app.locations.sql import open_places


async def set_delivery(
    tx: WriteTx,
    cart_id: UUID,
    line_ids: Sequence[UUID],
    to: Destination,
    *,
    now: datetime,
    actor: str = SHOPPER.reference,
) -> UUID:
    """Hand lines over at an address (home delivery) or at a location (all pickups). Returns the delivery's id.

    The lines leave the delivery that they were in; a cart has one delivery per mode, place and slot. Goods that
    the mode cannot take are a problem of the cart, no refusal. Raises NotFound (cart, line, location),
    CartCompleted, CartExpired, InvalidInput, InvalidPostalCode, CartTooLarge, DeliveryModeNotEligible when the location
    does not hand over in this mode, SlotFull or SlotNotOffered. Nothing is kept of a slot before the checkout.
    """
    cart = await sql.lock_open_cart(tx, cart_id, now=now)
    check_row_count(len(line_ids), "lineIds")
    require_lines(await sql.lines_of(tx, cart_id), line_ids, "lineIds")
    points = () if to.location_id is None else (to.location_id,)
    places = await open_places(tx, cart.location_group_id, points) if points else {}
    address = clean_destination(to, places, "input")
    slot = await _slot(tx, to, now)
    deliveries = await sql.deliveries_of(tx, cart_id)
    place = (to.mode, to.location_id, address, to.slot_begins)
    delivery_id = next(
        (row.id for row in deliveries if (row.mode, row.location_id, row.address, row.slot_begins) == place), None
    )
    if delivery_id is None:
        delivery_id = new_id()
        await tx.execute(
            sql.INSERT_DELIVERIES,
            ids=[delivery_id],
            cart_ids=[cart_id],
            modes=[to.mode.value],
            location_ids=[to.location_id],
            addresses=[address],
            slot_begins=[slot and slot.begins],
            slot_ends=[slot and slot.ends],
        )
    await tx.execute(sql.MOVE_LINES, cart_id=cart_id, ids=list(line_ids), delivery_id=delivery_id)
    await sql.save_change(tx, cart_id, now=now)
    await keep_reserved(tx, cart, actor=actor, now=now)
    return delivery_id


async def _slot(tx: WriteTx, to: Destination, now: datetime) -> Slot | None:
    if to.slot_begins is None or to.location_id is None:
        return None
    board = await look_at_slots(tx, [to.location_id], now)
    return require_slot(board, to.location_id, to.slot_begins, now, "input", "slotBegins")
