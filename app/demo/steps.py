"""What happens to a demo order after it was placed: the same actions that staff and partners call."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from app.fulfillment.actions.cancel_order import cancel_order
from app.fulfillment.actions.complete_work import complete_work
from app.fulfillment.actions.create_shipment import create_shipment
from app.fulfillment.actions.expire_pickup import expire_pickup
from app.fulfillment.actions.follow_transfer import follow_transfer
from app.fulfillment.actions.hand_over import hand_over
from app.fulfillment.actions.mark_ready import mark_ready
from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.actions.report_pickups import ReportRequest, report_pickups
from app.fulfillment.actions.verify_code import verify_code
from app.fulfillment.model.codes import pickup_code
from app.fulfillment.model.packages import PackageDraft
from app.fulfillment.model.pickups import POINT_MODES, PickupExpiryReason
from app.fulfillment.model.reports import Report, ReportKind
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.kit.db import Row, WriteTx
from app.kit.errors import answer_of
from app.kit.permissions import SYSTEM
from app.kit.statement import Statement

ACTOR: Final = SYSTEM.reference
# Any key will do to make a code and check it at once; the shop's own key stays out of the demo.
_KEY: Final = b"the demo shop hands over by itself"

_TRANSFERS: Final = Statement("SELECT id FROM transfers WHERE order_id = :order_id ORDER BY id")
_PICKS: Final = Statement("SELECT id FROM work_instructions WHERE order_id = :order_id AND kind = 'PICK' ORDER BY id")
_TO_SHIP: Final = Statement("SELECT id FROM fulfillments WHERE order_id = :order_id AND kind = 'SHIP' ORDER BY id")
_PICKUPS: Final = Statement("""
    SELECT pickup.id, pickup.code_version, delivery.mode
      FROM pickups AS pickup JOIN order_deliveries AS delivery ON delivery.id = pickup.delivery_id
     WHERE pickup.order_id = :order_id ORDER BY pickup.id
""")

Step = Callable[[WriteTx, UUID, datetime], Awaitable[None]]


async def _plan(tx: WriteTx, order_id: UUID, now: datetime) -> None:
    await plan_work(tx, order_id, now=now)


async def _send(tx: WriteTx, order_id: UUID, now: datetime) -> None:
    for row in await tx.fetch(_TRANSFERS, order_id=order_id):
        await ship_transfer(tx, row.id, actor=ACTOR, now=now)
        await follow_transfer(tx, row.id, now=now)


async def _receive(tx: WriteTx, order_id: UUID, now: datetime) -> None:
    for row in await tx.fetch(_TRANSFERS, order_id=order_id):
        await receive_transfer(tx, row.id, actor=ACTOR, now=now)
        await follow_transfer(tx, row.id, now=now)


async def _pick(tx: WriteTx, order_id: UUID, now: datetime) -> None:
    for row in await tx.fetch(_PICKS, order_id=order_id):
        await complete_work(tx, row.id, actor=SYSTEM, now=now)


async def _ship(tx: WriteTx, order_id: UUID, now: datetime) -> None:
    for row in await tx.fetch(_TO_SHIP, order_id=order_id):
        first = row.id.int % 10**11
        number = f"{first:011}{first % 7}"
        await create_shipment(tx, row.id, [PackageDraft("yamato", number)], actor=SYSTEM, now=now)


async def _pickups(tx: WriteTx, order_id: UUID) -> list[Row]:
    return await tx.fetch(_PICKUPS, order_id=order_id)


async def _ready(tx: WriteTx, order_id: UUID, now: datetime) -> None:
    for row in await _pickups(tx, order_id):
        await mark_ready(tx, row.id, actor=SYSTEM, now=now)


async def _arrive(tx: WriteTx, order_id: UUID, now: datetime) -> None:
    await _report(tx, await _pickups(tx, order_id), ReportKind.ARRIVED, now)


async def _report(
    tx: WriteTx, about: Sequence[Row], kind: ReportKind, now: datetime, reason: PickupExpiryReason | None = None
) -> None:
    """Of points; reports of one instant are taken in the order of their kinds."""
    requests = [ReportRequest(Report("", kind, now, reason=reason), SYSTEM, pickup_id=row.id) for row in about]
    for answer in await report_pickups(tx, requests, now=now):
        answer_of(answer)


async def _collect(tx: WriteTx, order_id: UUID, now: datetime) -> None:
    for row in await _pickups(tx, order_id):
        code = pickup_code(_KEY, row.id, row.code_version)
        await verify_code(tx, row.id, code, secret_key=_KEY, actor=SYSTEM, now=now)
        if row.mode in POINT_MODES:
            await _report(tx, [row], ReportKind.COLLECTED, now)
        else:
            await hand_over(tx, row.id, actor=SYSTEM, now=now)


async def _expire(tx: WriteTx, order_id: UUID, now: datetime) -> None:
    reason = PickupExpiryReason.BUYER_DECLINED
    for row in await _pickups(tx, order_id):
        if row.mode in POINT_MODES:
            await _report(tx, [row], ReportKind.EXPIRED, now, reason)
        else:
            await expire_pickup(tx, row.id, reason=reason, actor=SYSTEM, now=now)


async def _cancel(tx: WriteTx, order_id: UUID, now: datetime) -> None:
    await cancel_order(tx, order_id, reason="BUYER", actor=ACTOR, now=now)


_STEPS: Final[Mapping[str, Step]] = {
    "plan": _plan,
    "send": _send,
    "receive": _receive,
    "pick": _pick,
    "ship": _ship,
    "ready": _ready,
    "arrive": _arrive,
    "collect": _collect,
    "expire": _expire,
    "cancel": _cancel,
}


async def take_steps(tx: WriteTx, order_id: UUID, steps: str, *, now: datetime) -> None:
    """Let the named steps happen to an order, one after another."""
    for name in steps.split():
        await _STEPS[name](tx, order_id, now)
