"""Orders that go into lockers are planned a compartment each, first come first served."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.capacity import sql
from app.capacity.actions.find_room import find_room
from app.capacity.actions.keep_stations import keep_stations
from app.capacity.errors import LockerFull
from app.capacity.model.claims import CompartmentWish, Reservation
from app.capacity.model.stations import Station
from app.kit.db import WriteTx


@dataclass(slots=True)
class CompartmentPlan:
    """What was planned at locked stations, not written yet. refused: by order, the wish that found no room.

    Deliveries to points whose compartments nobody has told are not in it: they go there without.
    """

    stations: Mapping[int, Station] = field(default_factory=dict[int, Station])
    refused: dict[UUID, CompartmentWish] = field(default_factory=dict[UUID, CompartmentWish])

    async def refusal(self, tx: WriteTx, wish: CompartmentWish, group_id: int) -> LockerFull:
        """What the buyer is told, with the nearest stations of the group that have room."""
        station = self.stations[wish.location_id]
        is_too_large = not station.takes(wish.parcel)
        message = (
            "The goods are too large for the lockers of this station."
            if is_too_large
            else "No locker of this station is free for the goods on the days on which they would be there."
        )
        found = await find_room(tx, wish.location_id, wish.parcel, None, placed_at=wish.placed_at, group_id=group_id)
        return LockerFull(
            message,
            path=["input", "cartId"],
            location_id=wish.location_id,
            is_too_large=is_too_large,
            found=found,
        )

    async def keep(self, tx: WriteTx, delivery_ids: Collection[UUID], *, now: datetime) -> None:
        """Write what was planned for these deliveries; the others go without. Once, in the same transaction."""
        for station in self.stations.values():
            for delivery_id in [one for one in station.touched if one not in delivery_ids]:
                station.forget(delivery_id)
        await keep_stations(tx, self.stations.values(), now=now, settles=False)


async def plan_compartments(tx: WriteTx, wishes: Sequence[CompartmentWish]) -> CompartmentPlan:
    """Look for a compartment for each wish, in their order: an order has all of its own, or none.

    Locks the stations until the transaction ends. Three statements, none without wishes, one where no station's
    compartments are known. `CompartmentPlan.keep` writes.
    """
    if not wishes:
        return CompartmentPlan()
    terms = await sql.lock_stations(tx, {wish.location_id for wish in wishes})
    known = [wish for wish in wishes if wish.location_id in terms]
    if not known:
        return CompartmentPlan()
    periods = [terms[wish.location_id].period(wish.placed_at) for wish in known]
    span = min(begins for begins, _ in periods), max(ends for _, ends in periods)
    plan = CompartmentPlan(await sql.look_at_stations(tx, terms, span=span))
    for wish, (begins, ends) in zip(known, periods, strict=True):
        if wish.order_id in plan.refused:
            continue
        claim = Reservation(wish.delivery_id, wish.order_id, wish.parcel, begins, ends)
        if plan.stations[wish.location_id].reserve(claim) is None:
            plan.refused[wish.order_id] = wish
            for other in known:
                if other.order_id == wish.order_id:
                    plan.stations[other.location_id].forget(other.delivery_id)
    return plan
