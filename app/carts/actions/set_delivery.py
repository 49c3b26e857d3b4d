"""Say how lines of a cart are to be handed over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.carts import sql
from app.carts.actions.remove_lines import require_lines
from app.carts.errors import DeliveryModeNotEligible
from app.carts.model import AddressDraft, check_row_count, clean_address
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput, NotFound
from app.kit.ids import new_id
from app.locations.sql import places_of_group
from app.sourcing.model import DeliveryMode, IneligibleReason, is_point_of


async def set_delivery(  # plain data, all by keyword
    tx: WriteTx,
    cart_id: UUID,
    line_ids: Sequence[UUID],
    *,
    mode: DeliveryMode,
    location_id: int | None = None,
    address: AddressDraft | None = None,
    now: datetime,
) -> UUID:
    """Hand lines over by `mode`: to an address (home delivery) or at a location (all pickups). Returns the
    delivery's id.

    The lines leave the delivery that they were in; a cart has one delivery per mode and place. Goods that
    the mode cannot take are a problem of the cart, no refusal. Raises NotFound (cart, line, location),
    CartCompleted, CartExpired, InvalidInput, InvalidPostalCode, CartTooLarge, or DeliveryModeNotEligible
    when the location does not hand over in this mode.
    """
    cart = await sql.lock_open_cart(tx, cart_id, now=now)
    check_row_count(len(line_ids), "lineIds")
    require_lines(await sql.lines_of(tx, cart_id), line_ids, "lineIds")
    cleaned = await _destination(tx, cart.location_group_id, mode, location_id, address)
    deliveries = await sql.deliveries_of(tx, cart_id)
    place = (mode, location_id, cleaned)
    delivery_id = next((row.id for row in deliveries if (row.mode, row.location_id, row.address) == place), None)
    if delivery_id is None:
        delivery_id = new_id()
        await tx.execute(
            sql.INSERT_DELIVERY,
            id=delivery_id,
            cart_id=cart_id,
            mode=mode,
            location_id=location_id,
            address=cleaned,
        )
    await tx.execute(sql.MOVE_LINES, cart_id=cart_id, ids=list(line_ids), delivery_id=delivery_id)
    await sql.save_change(tx, cart_id, now=now)
    return delivery_id


async def _destination(
    tx: WriteTx, group_id: int, mode: DeliveryMode, location_id: int | None, address: AddressDraft | None
) -> dict[str, Any] | None:
    """The checked address of a home delivery; None for a pickup, whose location is checked."""
    if mode is DeliveryMode.HOME_DELIVERY:
        if location_id is not None:
            raise InvalidInput("A home delivery goes to an address.", path=["input", "locationId"])
        if address is None:
            raise InvalidInput("A home delivery needs an address.", path=["input", "address"])
        return clean_address(address, "input", "address")
    if address is not None:
        raise InvalidInput("A pickup takes place at a location.", path=["input", "address"])
    if location_id is None:
        raise InvalidInput("A pickup needs a location.", path=["input", "locationId"])
    places = await places_of_group(tx, group_id)
    point = next((place for place in places if place.id == location_id), None)
    if point is None:
        raise NotFound("The channel has no such open location.", path=["input", "locationId"])
    if not is_point_of(point, mode):
        raise DeliveryModeNotEligible(
            "This location does not hand over in this mode.",
            path=["input", "locationId"],
            mode=mode,
            reasons=[IneligibleReason.NO_SUCH_POINT],
        )
    return None
