"""The one way in which pickups move: their state, its times, and the fact that tells of it."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.follow_lockers import follow_lockers
from app.fulfillment.actions.free_slots import free_slots
from app.fulfillment.events import PickupChanged
from app.fulfillment.model.pickups import STORE_PICKUP, PickupState, PickupStatus, PickupStep, is_over, machine_of
from app.fulfillment.sql import due_pickups, pickups, work
from app.kit.db import Row, WriteTx
from app.kit.outbox import publish

_TIMES = {
    PickupStatus.READY: "ready_at",
    PickupStatus.COLLECTED: "collected_at",
    PickupStatus.EXPIRED: "expired_at",
}


async def move_pickup(
    tx: WriteTx,
    pickup: Row,
    step: PickupStep,
    wanted: PickupStatus | None = None,
    *,
    now: datetime,
    hold_until: datetime | None = None,
) -> PickupStatus:
    """Take a step of the machine with a locked pickup (of `sql.pickups`). Returns the new status.

    hold_until: the new end, where the step sets one. Raises InvalidTransition.
    """
    status = machine_of(pickup.mode).take(step, pickup.status, wanted)
    state = replace(pickups.state_in(pickup), status=status)
    if status in _TIMES and status != pickup.status and step is not PickupStep.EXTEND:
        state = replace(state, **{_TIMES[status]: now})
    if hold_until is not None:
        state = replace(state, hold_until=hold_until)
    await write_pickups(tx, {pickup.id: state})
    if status is PickupStatus.CANCELED:
        await follow_lockers(tx, [(pickup, state)], now=now)
        await free_slots(tx, [pickup], now=None)
    if status is PickupStatus.EXPIRED:
        await free_slots(tx, [pickup], now=now)
    return status


async def move_due_pickups(
    tx: WriteTx, due: Sequence[Row], step: PickupStep, statuses: Collection[PickupStatus], *, now: datetime
) -> list[Row]:
    """Take a step that leads to one status with pickups at own stores (rows of `sql.due_pickups`) of locked orders.

    Those that somebody changed meanwhile are left out: they have another status than one of these, or another end.
    Returns the others as they are now: see `sql.due_pickups`.
    """
    [status] = {STORE_PICKUP.take(step, each) for each in statuses}
    rows = await due_pickups.move_due(
        tx, due, statuses, status, expired_at=now if status is PickupStatus.EXPIRED else None
    )
    await tell_of_pickups(tx, rows)
    return rows


async def write_pickups(tx: WriteTx, states: dict[UUID, PickupState]) -> list[Row]:
    """Set the states of locked pickups and tell of them; returns id, order_id, number, status, version of each.

    Work about those to which nothing can happen any more is canceled, but for the inspection of what is back.
    """
    rows = await pickups.set_states(tx, states)
    over = {pickup_id: state.status for pickup_id, state in states.items() if is_over(state.status)}
    if over:
        await work.end_work_of_pickups(tx, over)
    await tell_of_pickups(tx, rows)
    return rows


async def tell_of_pickups(tx: WriteTx, rows: Sequence[Row]) -> None:
    """Publish what pickups are now."""
    await publish(
        tx,
        *(
            PickupChanged(
                row.id,
                row.number,
                row.order_id,
                row.partner_id,
                row.location_id,
                row.status,
                row.version,
                is_sandbox=row.is_sandbox,
            )
            for row in rows
        ),
    )
