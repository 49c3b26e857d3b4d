"""A partner's developers get something to work on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.fulfillment.actions.move_pickup import tell_of_pickups
from app.fulfillment.model import FulfillmentKind, FulfillmentState, Share
from app.fulfillment.model.packages import PackageDraft
from app.fulfillment.model.pickups import PickupStatus
from app.fulfillment.model.sandbox import CARRIER, check_point, check_room
from app.fulfillment.sql import fulfillments, packages, pickups, sandbox
from app.fulfillment.sql.pickups import NewPickup
from app.kit.db import Row, WriteTx
from app.kit.errors import BeyondKey, NotFound
from app.kit.ids import new_id
from app.kit.permissions import Actor
from app.kit.tax import TaxClass
from app.locations.actions.save_locations import save_locations
from app.locations.model import LocationDraft, LocationKind
from app.orders.actions.create_orders import create_orders
from app.orders.model import SANDBOX, DeliveryDraft, LineDraft, OrderDeliveryMode, OrderDraft, OrderStatus
from app.partners.model import PartnerKind
from app.partners.sql import find_partner
from app.payments.model import PaymentStatus

_LOCKERS: Final = (LocationKind.LOCKER_STATION, OrderDeliveryMode.LOCKER_PICKUP)
_COUNTERS: Final = (LocationKind.CONVENIENCE_STORE, OrderDeliveryMode.CONVENIENCE_STORE_PICKUP)


@dataclass(frozen=True, slots=True)
class SandboxPoint:
    """A test point. mode: how goods reach their buyers there."""

    location_id: int
    mode: OrderDeliveryMode


async def create_sandbox_pickup(tx: WriteTx, *, actor: Actor, point: int, now: datetime) -> UUID:
    """Make a test order of one unit into the caller's test point 1 to 5, with a parcel under way; returns its pickup.

    Points are made as they are needed. No stock, work, payment or fact of an order comes of it. Raises BeyondKey for
    callers that are no sandbox partners, NotFound when the key is limited to other points or the shop sells nothing
    yet, InvalidSandboxPickup.
    """
    partner = None if actor.partner_id is None else await find_partner(tx, actor.partner_id)
    if partner is None or not partner.is_sandbox:
        message = "Only keys of sandbox partners make test pickups."
        raise BeyondKey(message, scopes=[])
    check_point(point)
    check_room(await sandbox.count_sandbox_pickups(tx, partner.id))
    place = await _save_point(tx, partner, point)
    if not actor.may_act_at(place.location_id):
        message = "Your key does not work at this test point."
        raise NotFound(message, path=["input", "point"])
    goods = await sandbox.sandbox_goods(tx)
    if goods is None:
        message = "The shop sells nothing yet that could be in a parcel."
        raise NotFound(message, path=["input"])
    order_id, delivery_id = new_id(), new_id()
    await create_orders(tx, [_draft(order_id, delivery_id, place, goods, now)], actor=actor.reference, now=now)
    new = [NewPickup(delivery_id, place.location_id, PickupStatus.IN_TRANSIT_TO_POINT)]
    [pickup] = await pickups.insert_pickups(tx, order_id, new, now=now, is_sandbox=True)
    await _send_parcel(tx, pickup, delivery_id, goods, now)
    await tell_of_pickups(tx, [pickup])
    return pickup.id


async def _save_point(tx: WriteTx, partner: Row, number: int) -> SandboxPoint:
    """The point, which is made when it is not there. It is not active: no buyer can choose it."""
    kind, mode = _LOCKERS if partner.kind == PartnerKind.LOCKER_OPERATOR else _COUNTERS
    code = f"SANDBOX-{partner.id}-{number}"
    names = {"ja": f"テスト拠点{number}", "en": f"Test point {number}"}
    ids = await save_locations(tx, [LocationDraft(code, kind, names, partner_id=partner.id, is_active=False)])
    return SandboxPoint(ids[code], mode)


def _draft(order_id: UUID, delivery_id: UUID, place: SandboxPoint, goods: Row, now: datetime) -> OrderDraft:
    """One unit for nothing."""
    line = LineDraft(1, goods.variant_id, goods.sku, goods.names, 1, 0, TaxClass.STANDARD_10, delivery_id)
    return OrderDraft(
        id=order_id,
        source_system=SANDBOX,
        external_reference=str(order_id),
        channel_id=goods.channel_id,
        currency=goods.currency,
        status=OrderStatus.PLACED,
        payment_status=PaymentStatus.CAPTURED,
        placed_at=now,
        lines=(line,),
        deliveries=(DeliveryDraft(delivery_id, place.mode, place.location_id),),
    )


async def _send_parcel(tx: WriteTx, pickup: Row, delivery_id: UUID, goods: Row, now: datetime) -> None:
    """As if it had left; from the point itself, so that no warehouse has to do with it."""
    share = Share(delivery_id, FulfillmentKind.SHIP, pickup.location_id, {(1, goods.variant_id): 1})
    [fulfillment_id] = await fulfillments.insert_fulfillments(tx, pickup.order_id, [share], now=now)
    await fulfillments.set_states(tx, [fulfillment_id], FulfillmentState.SHIPPED, now=now)
    shipment_id = await fulfillments.insert_shipment(tx, {"id": fulfillment_id, "order_id": pickup.order_id}, now=now)
    parcel = PackageDraft(CARRIER, f"TEST-{pickup.number}")
    await packages.insert_packages(tx, shipment_id, [parcel], [True])
