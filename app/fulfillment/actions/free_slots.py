"""Places in pickup slots that nobody will need go to others."""

from collections.abc import Iterable
from datetime import datetime

from app.capacity.actions.release_slots import release_slots
from app.kit.db import Row, WriteTx


async def free_slots(tx: WriteTx, over: Iterable[Row], *, now: datetime | None) -> None:
    """Free the slots of locked pickups (rows of `sql.pickups`) that nobody will collect, or somebody has, if they begin
    after `now` (None: or before). No statement without any.
    """
    deliveries = [
        row.delivery_id for row in over if row.slot_begins is not None and (now is None or row.slot_begins > now)
    ]
    if deliveries:
        await release_slots(tx, delivery_ids=deliveries)
