"""A step of a pick list begins by taking it: its orders locked, its work, then itself, and only by who may."""

from typing import NamedTuple
from uuid import UUID

import asyncpg

from app.fulfillment.actions.take_works import take_works
from app.fulfillment.model import may_touch
from app.fulfillment.sql import pick_lists
from app.kit.db import Row, WriteTx
from app.kit.errors import NotFound
from app.kit.permissions import Actor


class TakenList(NamedTuple):
    """A list and the work in it, all columns, locked until the transaction ends."""

    row: Row
    works: list[Row]


async def take_pick_list(tx: WriteTx, list_id: UUID, *, actor: Actor) -> TakenList:
    """Raises NotFound, and PostgreSQL's serialization failure where work joined or left the list meanwhile."""
    found = await pick_lists.find_pick_list(tx, list_id)
    if found is None or not may_touch(actor, partner_id=found["partner_id"], location_id=found["location_id"]):
        message = "There is no such pick list."
        raise NotFound(message)
    work_ids = await pick_lists.works_in(tx, list_id)
    works = await take_works(tx, work_ids, actor=actor)
    [row] = (await pick_lists.lock_pick_lists(tx, [list_id])).values()
    if await pick_lists.works_in(tx, list_id) != work_ids:
        message = "The list was changed by others."
        raise asyncpg.SerializationError(message)
    return TakenList(row, works)
