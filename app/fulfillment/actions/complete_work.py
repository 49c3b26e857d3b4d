"""People report that a piece of work is done."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from app.fulfillment.actions.mark_ready import mark_ready
from app.fulfillment.actions.move_pickup import write_pickups
from app.fulfillment.actions.take_works import take_works
from app.fulfillment.model import WorkKind
from app.fulfillment.model.pickups import PickupStatus
from app.fulfillment.model.work import REPORTED_BY, WORK, WorkStep, check_done
from app.fulfillment.sql import fulfillments, pickups, work, work_steps
from app.fulfillment.sql.work_steps import WorkChange, change_works
from app.inventory.actions.correct_stock import correct_stock
from app.inventory.actions.move_promises import Elsewhere
from app.inventory.model.corrections import AdjustmentReason, Cause, Correction, PromisePolicy
from app.kit.db import Row, WriteTx
from app.kit.errors import DomainError, InvalidTransition
from app.kit.permissions import Actor
from app.orders.actions.change_states import StateChange, change_states
from app.orders.model import OrderHistoryKind
from app.orders.sql import lock_orders

CAUSE: Final = "WORK"


async def complete_work(
    tx: WriteTx,
    work_id: UUID,
    done: Mapping[int, int] | None = None,
    *,
    elsewhere: Elsewhere | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """The work becomes DONE: what was picked can be packed or shipped, a prepared pickup is READY.

    done: units by line number, where somebody counted them while doing it; they must be those of the lines. What a
    COUNT found is what is on hand then: promises to orders that it cannot keep move `elsewhere` or end. Raises NotFound
    (also for work at locations that the caller's key does not cover, and for lines that are not there),
    InvalidQuantity, or InvalidTransition when the work is not open or is reported by another mutation.
    """
    [instruction] = await take_works(tx, [work_id], actor=actor)
    kind = WorkKind(instruction["kind"])
    if kind in REPORTED_BY:
        message = f"{kind} work is done when `{REPORTED_BY[kind]}` reports it."
        raise InvalidTransition(message, current_status=instruction["status"])
    WORK.check(WorkStep.COMPLETE, instruction["status"])
    if kind is WorkKind.COUNT:
        cause = Cause(CAUSE, work_id, actor.reference, now, reason=AdjustmentReason.COUNT)
        await _count(tx, instruction, done or {}, elsewhere, cause)
    elif done is not None:
        check_done(done, await _asked(tx, instruction))
        if instruction["fulfillment_id"] is None:
            await work_steps.set_done(tx, work_id, done)
    if kind is WorkKind.PREPARE_PICKUP:
        fulfillment = await fulfillments.lock_fulfillment(tx, instruction["fulfillment_id"])
        pickup = fulfillment and await pickups.lock_pickup_of_delivery(tx, fulfillment["delivery_id"])
        if pickup is not None:
            await mark_ready(tx, pickup["id"], actor=actor, now=now)
            status = WORK.take(WorkStep.COMPLETE, instruction["status"])
            told = (work_id, WorkStep.COMPLETE, status, {})
            await work_steps.tell_works(tx, [told], actor=actor.reference, now=now)
        return
    await complete_locked(tx, [instruction], actor=actor, now=now)


async def complete_locked(tx: WriteTx, instructions: Sequence[Row], *, actor: Actor, now: datetime) -> None:
    """Complete locked work of one kind that is not PREPARE_PICKUP; what comes next opens. Raises InvalidTransition."""
    changes = [
        WorkChange(
            one,
            WorkStep.COMPLETE,
            {"status": WORK.take(WorkStep.COMPLETE, one["status"]), "completed_by": actor.reference},
        )
        for one in instructions
    ]
    await change_works(tx, changes, actor=actor.reference, now=now)
    parcels = [one["fulfillment_id"] for one in instructions if one["fulfillment_id"] is not None]
    if not parcels:
        return
    await work.open_next(tx, parcels)
    picked = [one for one in instructions if one["kind"] == WorkKind.PICK]
    if picked:
        begun = await work_steps.lock_requested_pickups(tx, [one["fulfillment_id"] for one in picked])
        preparing = {row.id: replace(pickups.state_in(row), status=PickupStatus.PREPARING) for row in begun}
        if preparing:
            await write_pickups(tx, preparing)
        orders = await lock_orders(tx, sorted({one["order_id"] for one in picked}))
        told = [StateChange(order, OrderHistoryKind.PICKED) for order in orders.values()]
        await change_states(tx, told, actor=actor.reference, now=now)


async def _asked(tx: WriteTx, instruction: Row) -> dict[int, int]:
    """Units by line number that the work is about."""
    if instruction["fulfillment_id"] is not None:
        return await fulfillments.quantities_of(tx, [instruction["fulfillment_id"]])
    return {row["line_no"]: row["quantity"] for row in await work_steps.lines_of_work(tx, instruction["id"])}


async def _count(
    tx: WriteTx, instruction: Row, found: Mapping[int, int], elsewhere: Elsewhere | None, cause: Cause
) -> None:
    """What was found is what is on hand: all lines, or work that only has a note."""
    lines = await work_steps.lines_of_work(tx, instruction["id"])
    check_done(found, {row["line_no"]: None for row in lines})
    if not lines:
        return
    corrections = [
        Correction(row["variant_id"], instruction["location_id"], quantity=found[row["line_no"]]) for row in lines
    ]
    policy = PromisePolicy.KEEP if elsewhere is None else PromisePolicy.RESOURCE_YOUNGEST
    for result in (await correct_stock(tx, corrections, policy=policy, elsewhere=elsewhere, cause=cause)).results:
        if isinstance(result, DomainError):
            raise result
    await work_steps.set_done(tx, instruction["id"], found)
