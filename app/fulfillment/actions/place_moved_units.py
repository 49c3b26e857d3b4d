"""Units of a planned order come from another place than was planned: its people pick and ship them."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.model import ClaimedUnits, shares_of
from app.fulfillment.sql import fulfillments, moves, work
from app.kit.db import WriteTx


async def place_moved_units(tx: WriteTx, order_id: UUID, *, now: datetime) -> dict[int, int]:
    """Plan what the order claims where nothing of it is planned; the order is locked.

    An open fulfillment there ships these units, too, and is picked again; else there is a new one. Returns the units
    by line number. May be repeated. Places that have nothing any more are the caller's matter.
    """
    rows = await moves.moved_units(tx, order_id)
    if not rows:
        return {}
    grown = [row for row in rows if row["fulfillment_id"] is not None]
    if grown:
        await moves.grow_lines(tx, grown)
        await work.pick_again(tx, sorted({row["fulfillment_id"] for row in grown}))
    shares = shares_of(
        ClaimedUnits(**{name: value for name, value in dict(row).items() if name != "fulfillment_id"})
        for row in rows
        if row["fulfillment_id"] is None
    )
    if shares:
        ids = await fulfillments.insert_fulfillments(tx, order_id, shares, now=now)
        clocks = await work.clocks_of(tx, {share.location_id for share in shares})
        instructions = [
            new
            for fulfillment_id, share in zip(ids, shares, strict=True)
            for new in work.instructions_of(order_id, fulfillment_id, share, clocks[share.location_id], now)
        ]
        await work.insert_work(tx, instructions, now=now)
    moved = dict[int, int]()
    for row in rows:
        moved[row["line_no"]] = moved.get(row["line_no"], 0) + row["quantity"]
    return moved
