"""Units that an order held at a place are not there: its transfers from there bring fewer."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from app.inventory.actions.withdraw_transfers import withdraw_transfers
from app.inventory.model import HoldState, OwnerKind
from app.inventory.model.corrections import Promise
from app.inventory.sql.promises import lines_waiting_to_be_sent, lock_waiting_transfers
from app.kit.db import WriteTx


async def recall_transfers(tx: WriteTx, lost: Sequence[Promise], *, first: UUID | None = None, now: datetime) -> None:
    """Take lost units of orders off the transfers that were to send them, as far as they have not left.

    lost: with the units that are gone, whose holds are locked. first: the transfer that loses them before the others;
    then the youngest. Raises PostgreSQL's serialization failure where
    somebody else is dealing with such a transfer: it locks the transfer before the holds.
    """
    units = dict[tuple[UUID, int, int, int], int]()
    for promise in lost:
        if promise.owner_kind == OwnerKind.ORDER and promise.state == HoldState.ALLOCATED:
            key = (promise.owner_id, promise.line_no, promise.variant_id, promise.location_id)
            units[key] = units.get(key, 0) + promise.quantity
    if not units:
        return
    recalled = dict[UUID, dict[int, int]]()
    rows = await lines_waiting_to_be_sent(tx, {key[0] for key in units}, {key[3] for key in units})
    for row in sorted(rows, key=lambda row: row["id"] != first):
        key = (row["order_id"], row["order_line_no"], row["variant_id"], row["from_location_id"])
        taken = min(units.get(key, 0), row["unsent"])
        if taken:
            units[key] -= taken
            recalled.setdefault(row["id"], {})[row["line_no"]] = taken
    if not recalled:
        return
    if len(await lock_waiting_transfers(tx, recalled)) < len(recalled):
        message = "A transfer of these units is being changed by others."
        raise asyncpg.SerializationError(message)
    await withdraw_transfers(tx, recalled, now=now)
