"""Somebody walks once for many orders."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from app.fulfillment.actions.take_works import take_works
from app.fulfillment.errors import WorkListed
from app.fulfillment.model import WorkKind, WorkStatus
from app.fulfillment.model.work import WORK, WorkStep
from app.fulfillment.sql import pick_lists
from app.kit.db import Row, WriteTx
from app.kit.errors import InvalidInput, InvalidTransition
from app.kit.permissions import Actor

MAX_ORDERS: Final = 100


async def create_pick_list(
    tx: WriteTx,
    location_id: int,
    *,
    work_ids: Sequence[UUID] | None,
    due_before: datetime | None = None,
    max_orders: int = 20,
    assignee: str | None = None,
    actor: Actor,
    now: datetime,
) -> UUID:
    """A list of open PICK work at one location: of this work, or of what is due first and in no list.

    assignee: who gets the list and its work. The caller may act at the location. Of several who ask at once none gets
    work that another has got. Raises NotFound, WorkListed, InvalidTransition for work of other kinds, at other places
    or that is not open, InvalidInput when there is nothing to pick.
    """
    if work_ids is None:
        chosen = await _due_first(tx, location_id, due_before, max_orders, actor)
    else:
        taken = await take_works(tx, work_ids, actor=actor)
        for work in taken:
            await check_pickable(tx, work, location_id)
        chosen = [work["id"] for work in taken]
    if not chosen:
        message = "There is nothing to pick."
        raise InvalidInput(message)
    list_id = await pick_lists.insert_pick_list(tx, location_id, assignee=assignee, actor=actor.reference, now=now)
    await pick_lists.put_in_list(tx, chosen, list_id, assignee=assignee)
    return list_id


async def check_pickable(tx: WriteTx, work: Row, location_id: int, *, may_be_listed: bool = False) -> None:
    """Raises WorkListed or InvalidTransition unless locked work may join a list at this location."""
    if work["kind"] != WorkKind.PICK or work["location_id"] != location_id:
        message = "A pick list is of PICK work at one location."
        raise InvalidTransition(message, current_status=work["status"])
    WORK.check(WorkStep.COMPLETE, work["status"])
    if work["pick_list_id"] is not None and not may_be_listed:
        raise WorkListed(await pick_lists.number_of(tx, work["pick_list_id"]))


async def _due_first(tx: WriteTx, location_id: int, due_before: datetime | None, most: int, actor: Actor) -> list[UUID]:
    """Others may have listed, by the time it is locked, what was found: then look again."""
    if not 1 <= most <= MAX_ORDERS:
        message = f"A list is of 1 to {MAX_ORDERS} orders."
        raise InvalidInput(message, path=["input", "maxOrders"])
    chosen = list[UUID]()
    while len(chosen) < most:
        found = await pick_lists.next_picks(tx, location_id, due_before=due_before, limit=most)
        fresh = [work_id for work_id in found if work_id not in chosen][: most - len(chosen)]
        if not fresh:
            break
        chosen += [
            work["id"]
            for work in await take_works(tx, fresh, actor=actor)
            if work["status"] == WorkStatus.OPEN and work["pick_list_id"] is None
        ]
    return chosen
