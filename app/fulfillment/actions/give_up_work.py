"""A location does not give all that it is asked for: other places do, or the buyer gets less."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.capacity.actions.lock_claims import lock_claims
from app.capacity.actions.lock_slots_of_orders import lock_slots_of_orders
from app.fulfillment.actions.follow_moved_units import follow_moved_units
from app.fulfillment.actions.follow_transfer import follow_transfer
from app.fulfillment.errors import UnknownLine
from app.fulfillment.model import WorkKind, WorkStatus
from app.fulfillment.model.work import MISSING, OF_UNITS, SET_ASIDE, WORK, ShortReason, WorkStep
from app.fulfillment.sql import work, work_steps
from app.fulfillment.sql.work_steps import WorkChange, change_works
from app.inventory.actions.give_up_units import Given, give_up_units
from app.inventory.actions.move_promises import Elsewhere
from app.inventory.errors import InvalidQuantity
from app.inventory.model.corrections import Cause
from app.inventory.model.giving import GivenUp
from app.kit.db import Row, WriteTx
from app.kit.errors import InvalidInput, InvalidTransition
from app.kit.permissions import Actor

CAUSE = "WORK"


@dataclass(frozen=True, slots=True)
class ShortLine:
    """Units of a line of the work that the location does not give. component: of a bundle, what of it is missing."""

    line_no: int
    units: int
    component: int | None = None


class GivenWork(NamedTuple):
    """status: of the work now. moved, broken: units of the order's lines, served elsewhere and by nobody."""

    status: WorkStatus
    moved: int
    broken: int


async def give_up_work(
    tx: WriteTx,
    taken: Row,
    step: WorkStep,
    lines: Sequence[ShortLine] | None,
    *,
    reason: ShortReason | None,
    only_at: int | None = None,
    elsewhere: Elsewhere,
    facts: Mapping[str, Any],
    actor: Actor,
    now: datetime,
) -> GivenWork:
    """Units of taken work (its order is locked) come from elsewhere or not at all, and all other work follows.

    lines: None: all that there is. reason: None: nothing is wrong with the units. Raises InvalidTransition where the
    work is not in a status for this step or not about an order's units, UnknownLine, InvalidQuantity, InvalidInput for
    a component that is missing and is not named or is none, and InsufficientStock with `only_at`.
    """
    WORK.check(step, taken["status"])
    order_id: UUID | None = taken["order_id"]
    if WorkKind(taken["kind"]) not in OF_UNITS or order_id is None:
        message = "This work is not about units of an order that have not left."
        raise InvalidTransition(message, current_status=taken["status"])
    await lock_claims(tx, [order_id])
    await lock_slots_of_orders(tx, [order_id])
    # What others reported a moment ago comes first.
    await follow_moved_units(tx, order_id, now=now)
    given_up = _lines(taken["location_id"], await work_steps.units_to_give(tx, taken["id"]), lines, reason)
    cause = Cause(CAUSE, taken["id"], actor.reference, now, reason=None if reason is None else str(reason))
    given = await give_up_units(
        tx, order_id, given_up, elsewhere=elsewhere, only_at=only_at, transfer_id=taken["transfer_id"], cause=cause
    )
    await follow_moved_units(tx, order_id, now=now)
    for transfer in await work.transfers_of_order(tx, order_id):
        await follow_transfer(tx, transfer["id"], now=now)
    return await _close(tx, taken, step, given, facts, reason, actor, now)


def _lines(
    place: int, rows: Sequence[Row], wanted: Sequence[ShortLine] | None, reason: ShortReason | None
) -> list[GivenUp]:
    """rows: of `units_to_give`. Units of several lines of a transfer may be for one line of the order."""
    by_no = {row["line_no"]: row for row in rows}
    asked = [ShortLine(row["line_no"], row["units"]) for row in rows] if wanted is None else wanted
    found = list[GivenUp]()
    for line in asked:
        row = by_no.get(line.line_no)
        if row is None:
            raise UnknownLine(line.line_no)
        parts: list[int] = row["components"]
        component = (row["component"] if parts else None) or line.component
        each = 1 if line.component is None else row["each"].get(str(line.component), 1)
        if line.component is not None and line.component not in parts:
            message = "This is no component of the bundle."
            raise InvalidInput(message)
        if not 1 <= line.units <= row["units"] * each:
            message = f"{row['units'] * each} units of line {line.line_no} are asked for, not {line.units}."
            raise InvalidQuantity(message, minimum=1, maximum=row["units"] * each)
        is_wrong = reason in MISSING or reason in SET_ASIDE
        if is_wrong and parts and component is None:
            if wanted is not None:
                message = "Say which component of the bundle is missing."
                raise InvalidInput(message)
            is_wrong = False
        missing = (component or row["variant_id"]) if is_wrong else None
        found.append(
            GivenUp(row["order_line_no"], place, line.units, component, missing, is_damaged=reason in SET_ASIDE)
        )
    return found


async def _close(  # noqa: PLR0917  # what was decided above
    tx: WriteTx,
    taken: Row,
    step: WorkStep,
    given: Given,
    facts: Mapping[str, Any],
    reason: ShortReason | None,
    actor: Actor,
    now: datetime,
) -> GivenWork:
    """What is left of the work itself. Of a parcel that is called off the location has given nothing."""
    [after] = (await work_steps.lock_works(tx, [taken["id"]])).values()
    told = {**facts, "moved": given.moved_units, "canceled": given.broken_units}
    status = WorkStatus(after["status"])
    if status is WorkStatus.CANCELED and step is not WorkStep.MOVE:
        values = {"status": WorkStatus.REJECTED, "reject_reason": str(reason)}
        await change_works(tx, [WorkChange(after, step, values, told)], actor=actor.reference, now=now)
        status = WorkStatus.REJECTED
    else:
        await work_steps.tell_works(tx, [(taken["id"], step, status, told)], actor=actor.reference, now=now)
    WORK.take(step, taken["status"], status)
    return GivenWork(status, given.moved_units, given.broken_units)
