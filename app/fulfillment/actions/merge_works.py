"""Picking for several orders is done in one walk, whatever lists it was in."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.create_pick_list import check_pickable
from app.fulfillment.actions.take_works import take_works
from app.fulfillment.model.pick_lists import PICK_LIST, PickListStatus, PickListStep
from app.fulfillment.sql import pick_lists
from app.kit.db import WriteTx
from app.kit.permissions import Actor


async def merge_works(tx: WriteTx, work_ids: Sequence[UUID], *, actor: Actor, now: datetime) -> UUID:
    """All of it is in one list from now on: the oldest that some of it is in, or a new one. Returns the list.

    Lists that lose all of their work are CANCELED. Raises NotFound, InvalidTransition for work that is not open picking
    at one location.
    """
    taken = await take_works(tx, work_ids, actor=actor)
    place: int = taken[0]["location_id"]
    for work in taken:
        await check_pickable(tx, work, place, may_be_listed=True)
    lists = await pick_lists.lock_pick_lists(
        tx, {work["pick_list_id"] for work in taken if work["pick_list_id"] is not None}
    )
    for one in lists.values():
        PICK_LIST.check(PickListStep.CHANGE, one["status"])
    list_id = min(lists, default=None)
    if list_id is None:
        list_id = await pick_lists.insert_pick_list(tx, place, assignee=None, actor=actor.reference, now=now)
    await pick_lists.put_in_list(tx, work_ids, list_id)
    empty = await pick_lists.empty_lists(tx, lists)
    await pick_lists.set_list_status(tx, empty, PickListStatus.CANCELED, actor=actor.reference, now=now)
    return list_id
