"""Room where orders are collected: compartments of lockers and places in pickup slots."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.capacity.actions.plan_compartments import CompartmentPlan, plan_compartments
from app.capacity.actions.plan_slots import SlotsPlan, plan_slots
from app.capacity.model.claims import CompartmentWish
from app.capacity.model.slots import SlotReason, SlotWish
from app.kit.db import WriteTx
from app.kit.errors import DomainError, Refusals


@dataclass(frozen=True, slots=True)
class RoomWishes:
    """What the order of one cart needs. group_id: of the locations to choose from."""

    compartments: Sequence[CompartmentWish]
    slots: Sequence[SlotWish]
    order_id: UUID
    group_id: int


@dataclass(frozen=True, slots=True)
class Room:
    """What was planned at locked stations and in locked slots, not written yet."""

    wishes: Mapping[UUID, RoomWishes]
    compartments: CompartmentPlan
    slots: SlotsPlan

    async def keep(self, tx: WriteTx, delivery_ids: Collection[UUID], *, now: datetime) -> None:
        """Write what was planned for these deliveries; the others go without. Once, in the same transaction."""
        await self.compartments.keep(tx, delivery_ids, now=now)
        await self.slots.keep(tx, delivery_ids)

    def to_retry(self, failed: Collection[UUID]) -> list[UUID]:
        """The carts that may have found no room only because of others that did not become orders after all: those that
        came to nothing (`failed`), and those that have lockers, and found their slots full.

        Fewer than there are carts.
        """
        of_failed = [self.wishes[cart_id] for cart_id in failed]
        slots = {wish.location_id for own in of_failed for wish in own.slots}
        without_slots = [own for own in self.wishes.values() if own.order_id in self.slots.refused]
        stations = {wish.location_id for own in (*of_failed, *without_slots) for wish in own.compartments}
        return [
            cart_id
            for cart_id, own in self.wishes.items()
            if (
                own.order_id in self.compartments.refused
                and any(wish.location_id in stations for wish in own.compartments)
            )
            or (self._is_full(own.order_id) and any(wish.location_id in slots for wish in own.slots))
        ]

    async def refusals(self, tx: WriteTx, cart_ids: Collection[UUID]) -> dict[UUID, DomainError]:
        """What the buyers of these carts are told, of which each found no room."""
        of_slots = await self.slots.refusals(tx, "input", "cartId") if cart_ids else {}
        found: dict[UUID, DomainError] = {}
        for cart_id in cart_ids:
            own = self.wishes[cart_id]
            wish = self.compartments.refused.get(own.order_id)
            refusal = (
                of_slots[own.order_id] if wish is None else await self.compartments.refusal(tx, wish, own.group_id)
            )
            found[cart_id] = Refusals([refusal])
        return found

    def _is_full(self, order_id: UUID) -> bool:
        slot = self.slots.refused.get(order_id)
        return slot is not None and slot[1] is SlotReason.FULL


async def plan_room(tx: WriteTx, wishes: Mapping[UUID, RoomWishes]) -> tuple[Room, set[UUID]]:
    """Plan room for carts (by id), first come first served; those that have all that they need.

    Whoever locks stations, then slots, does so before the stock, whose rows many wait for.
    """
    compartments = await plan_compartments(tx, [wish for own in wishes.values() for wish in own.compartments])
    slots = await plan_slots(
        tx,
        [wish for own in wishes.values() for wish in own.slots if own.order_id not in compartments.refused],
    )
    room = Room(wishes, compartments, slots)
    return room, {
        cart_id
        for cart_id, own in wishes.items()
        if own.order_id not in compartments.refused and own.order_id not in slots.refused
    }
