"""Some lines of a piece of work are done apart from the others."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.take_works import take_works
from app.fulfillment.errors import UnknownLine
from app.fulfillment.model import FulfillmentKind, Share, WorkKind, WorkStatus
from app.fulfillment.model.work import WORK, WorkStep
from app.fulfillment.sql import fulfillments, splits, work, work_steps
from app.kit.db import Row, WriteTx
from app.kit.errors import InvalidInput, InvalidTransition
from app.kit.permissions import Actor


async def split_work(tx: WriteTx, work_id: UUID, line_nos: Collection[int], *, actor: Actor, now: datetime) -> UUID:
    """These lines, whole, leave the work; returns the new work about them: PICK work of a parcel of its own, or a
    COUNT.

    Raises NotFound, UnknownLine, InvalidInput when no line or all lines are named, InvalidTransition for other kinds
    and for work that is not open.
    """
    [taken] = await take_works(tx, [work_id], actor=actor)
    WORK.check(WorkStep.SPLIT, taken["status"])
    if taken["kind"] == WorkKind.PICK:
        lines = await fulfillments.quantities_of(tx, [taken["fulfillment_id"]])
    elif taken["kind"] == WorkKind.COUNT:
        lines = {row["line_no"]: row["quantity"] for row in await work_steps.lines_of_work(tx, work_id)}
    else:
        message = "Only PICK and COUNT work is split."
        raise InvalidTransition(message, current_status=taken["status"])
    for line_no in sorted(set(line_nos) - lines.keys()):
        raise UnknownLine(line_no)
    if not line_nos or len(set(line_nos)) == len(lines):
        message = "Name some of the lines, not all."
        raise InvalidInput(message)
    split = _parcel if taken["kind"] == WorkKind.PICK else _count
    new_id = await split(tx, taken, sorted(set(line_nos)), now)
    told = {"lines": sorted(set(line_nos)), "to": str(new_id)}
    history = [
        (work_id, WorkStep.SPLIT, taken["status"], told),
        (new_id, "CREATE", taken["status"], {"of": str(work_id)}),
    ]
    await work_steps.tell_works(tx, history, actor=actor.reference, now=now)
    return new_id


async def _parcel(tx: WriteTx, taken: Row, line_nos: list[int], now: datetime) -> UUID:
    """A parcel of its own, with work of its own, as far as the first one has it."""
    parcel = await fulfillments.lock_fulfillment(tx, taken["fulfillment_id"])
    if parcel is None:
        raise UnknownLine(line_nos[0])
    share = Share(parcel["delivery_id"], FulfillmentKind(parcel["kind"]), parcel["location_id"], {})
    [new_parcel] = await fulfillments.insert_fulfillments(tx, parcel["order_id"], [share], now=now)
    await splits.move_lines(tx, parcel["id"], new_parcel, line_nos)
    new = [
        work.NewWork(
            WorkKind(row["kind"]),
            row["location_id"],
            WorkStatus.OPEN if row["kind"] == WorkKind.PICK else WorkStatus.WAITING,
            row["order_id"],
            fulfillment_id=new_parcel,
            due_at=row["due_at"],
            note=row["note"],
        )
        for row in await splits.unfinished_of(tx, parcel["id"])
    ]
    await work.insert_work(tx, new, now=now)
    return next(one.id for one in new if one.kind is WorkKind.PICK)


async def _count(tx: WriteTx, taken: Row, line_nos: list[int], now: datetime) -> UUID:
    new = work.NewWork(
        WorkKind.COUNT,
        taken["location_id"],
        WorkStatus(taken["status"]),
        None,
        due_at=taken["due_at"],
        note=taken["note"],
    )
    await work.insert_work(tx, [new], now=now)
    await splits.move_work_lines(tx, taken["id"], new.id, line_nos)
    return new.id
