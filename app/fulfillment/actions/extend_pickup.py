"""Goods are kept for longer."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.follow_reports import follow_reports
from app.fulfillment.actions.move_pickup import move_pickup
from app.fulfillment.actions.take_pickup import take_pickup
from app.fulfillment.actions.tell_orders import tell_orders
from app.fulfillment.errors import PickupNotExtendable
from app.fulfillment.model.pickups import LONGEST_HOLD, POINT_MODES, PickupStep, machine_of
from app.fulfillment.model.reports import Report, ReportKind
from app.fulfillment.sql import pickups, reports
from app.fulfillment.sql.policies import policies_of
from app.kit.db import Row, WriteTx
from app.kit.errors import InvalidInput, NotFound
from app.kit.permissions import Actor, ActorKind
from app.orders.model import OrderHistoryKind


async def extend_pickup(
    tx: WriteTx,
    pickup_id: UUID,
    *,
    order_id: UUID | None = None,
    until: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """The goods are kept until `until`, or (None) for the days that the place allows.

    Shoppers name the order, too, and can do it once and only by those days. Raises NotFound, InvalidTransition when the
    goods do not wait to be collected, PickupNotExtendable, InvalidInput for an end that is not later or past 60 days.
    """
    order, pickup = await take_pickup(tx, pickup_id, actor=actor)
    is_shopper = actor.kind is ActorKind.SHOPPER
    if is_shopper and order.id != order_id:
        raise NotFound("There is no such pickup.")
    machine_of(pickup.mode).check(PickupStep.EXTEND, pickup.status)
    wanted = await _end(tx, pickup, until, is_shopper=is_shopper)
    if not pickup.hold_until < wanted <= (pickup.ready_at or now) + LONGEST_HOLD:
        message = "A later end, up to 60 days after the goods were ready."
        raise InvalidInput(message, path=["input", "until"])
    await pickups.count_extension(tx, pickup_id)
    if pickup.mode in POINT_MODES:
        await _report(tx, pickup, wanted, actor=actor.reference, now=now)
        return
    await move_pickup(tx, pickup, PickupStep.EXTEND, now=now, hold_until=wanted)
    facts = {"pickup": pickup.number, "holdUntil": wanted.isoformat()}
    entry = (order.id, OrderHistoryKind.PICKUP_EXTENDED, facts)
    await tell_orders(tx, [entry], actor=actor.reference, now=now)


async def _end(tx: WriteTx, pickup: Row, until: datetime | None, *, is_shopper: bool) -> datetime:
    if until is not None and not is_shopper:
        return until
    policy = (await policies_of(tx, [pickup.location_id]))[pickup.location_id]
    if policy.extension_days == 0 or (is_shopper and pickup.extensions > 0):
        raise PickupNotExtendable(pickup.hold_until)
    return policy.extended(pickup.hold_until)


async def _report(tx: WriteTx, pickup: Row, until: datetime, *, actor: str, now: datetime) -> None:
    """The point hears of it by its queue. An extension of the same instant as an arrival comes after it."""
    given = replace(Report("", ReportKind.EXTENDED, now), hold_until=until)
    key = f"extend {pickup.id} {until.isoformat()}"
    await reports.insert_reports(tx, [reports.NewReport(actor, key, pickup.id, actor, given, None, b"")], now=now)
    await follow_reports(tx, [pickup], actor=actor, now=now)
