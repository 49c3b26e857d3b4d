"""Compartments of lockers follow the pickups that they are kept for."""

from collections.abc import Iterable
from datetime import datetime

from app.capacity.actions.follow_standings import follow_standings
from app.capacity.model.claims import Presence
from app.fulfillment.model.lockers import LOCKER_MODE, standing_of
from app.fulfillment.model.pickups import PickupState
from app.kit.db import Row, WriteTx


async def follow_lockers(tx: WriteTx, moved: Iterable[tuple[Row, PickupState]], *, now: datetime) -> None:
    """Bring the claims of locked pickups (rows of `sql.pickups`) to what they are now.

    No statement without pickups at lockers whose goods are there, or were. May be repeated.
    """
    standings = [standing_of(pickup.delivery_id, state) for pickup, state in moved if pickup.mode == LOCKER_MODE]
    told = [standing for standing in standings if standing.presence is not Presence.EXPECTED]
    if told:
        await follow_standings(tx, told, now=now)
