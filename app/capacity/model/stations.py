"""Who gets which compartment of a station, decided on all that is known of it. Pure.

Smallest fitting compartment first. Goods are where they are: who finds them in a compartment that was planned for
others moves the others, to another compartment of the station, or to none, which is trouble for a person.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.capacity.model.claims import (
    OVERSTAY,
    Compartment,
    Presence,
    Reservation,
    Standing,
    Terms,
    later,
    stay_of,
)
from app.capacity.model.compartments import COMPARTMENT, INSIDE, CompartmentStatus, CompartmentStep, ReservationState
from app.capacity.model.parcels import CompartmentSize, Parcel
from app.kit.temperature import Temperature


@dataclass(slots=True)
class Station:
    """A station with its compartments by id, and those of its reservations that matter, by delivery.

    touched: deliveries whose reservation changed; changed: compartments that did.
    """

    location_id: int
    terms: Terms
    compartments: dict[int, Compartment]
    reservations: dict[UUID, Reservation]
    touched: dict[UUID, None] = field(default_factory=dict[UUID, None])
    changed: dict[int, None] = field(default_factory=dict[int, None])
    _held: dict[int, list[Reservation]] = field(init=False)
    _order: list[Compartment] = field(init=False)
    _known_fits: dict[tuple[Parcel, int], bool] = field(init=False)

    def __post_init__(self) -> None:
        self._held = {compartment_id: [] for compartment_id in self.compartments}
        for reservation in self.reservations.values():
            if reservation.is_live and reservation.compartment_id is not None:
                self._held[reservation.compartment_id].append(reservation)
        self._order = sorted(self.compartments.values(), key=lambda one: one.place)
        self._known_fits = {}

    def takes(self, parcel: Parcel) -> bool:
        """Whether any compartment could ever take these goods."""
        return any(one.is_active and self._fits(parcel, one) for one in self._order)

    def has_class(self, temperature: Temperature) -> bool:
        """Whether any compartment is of this class."""
        return any(one.is_active and one.temperature is temperature for one in self._order)

    def free_for(self, parcel: Parcel, begins: datetime, ends: datetime) -> Compartment | None:
        """The smallest compartment that takes the goods and is free for the period; None: there is none."""
        for one in self._order:
            is_open = one.is_active and one.fault is None
            if is_open and self._fits(parcel, one) and not self._is_taken(one.id, begins, ends):
                return one
        return None

    def free_count(self, size: CompartmentSize, temperature: Temperature, begins: datetime, ends: datetime) -> int:
        """How many compartments of a class are free for the period."""
        return sum(
            one.is_active and one.fault is None and not self._is_taken(one.id, begins, ends)
            for one in self._order
            if one.size is size and one.temperature is temperature
        )

    def reserve(self, wish: Reservation) -> Reservation | None:
        """Plan a compartment for a delivery that has none here; None when there is none for it."""
        if not self._place(wish):
            return None
        self.reservations[wish.delivery_id] = wish
        return wish

    def add(self, wish: Reservation) -> None:
        """Plan a compartment for a delivery that comes whether there is one or not."""
        self.reservations[wish.delivery_id] = wish
        self.touched[wish.delivery_id] = None
        self._place(wish)

    def untouch(self, delivery_id: UUID) -> None:
        """The claim is another station's from now on: this one does not write it."""
        self.touched.pop(delivery_id, None)

    def release(self, delivery_id: UUID) -> None:
        """The delivery needs no compartment here any more; those that had none may get it. May be repeated."""
        own = self.reservations.get(delivery_id)
        if own is not None and own.is_live:
            own.state = ReservationState.ENDED
            self._leave(own)
            self._place_waiting()

    def forget(self, delivery_id: UUID) -> None:
        """A claim that was planned here a moment ago, and is not written yet, was none."""
        own = self.reservations.pop(delivery_id, None)
        if own is not None:
            self._leave(own)
            del self.touched[delivery_id]

    def follow(self, told: Standing, now: datetime) -> None:
        """Bring the reservation of a delivery to where its goods are. May be repeated; changes nothing then."""
        own = self.reservations.get(told.delivery_id)
        if own is None or told.presence is Presence.EXPECTED:
            return
        if told.presence is Presence.GONE:
            self.release(told.delivery_id)
        elif told.presence is Presence.REFUSED:
            self._refuse(own, told, now)
        else:
            self._occupy(own, told, now)
            if told.presence is Presence.STUCK and own.compartment_id is not None:
                self._break(own.compartment_id, told.reason, now)
        self._place_waiting()

    def fault(self, compartment_id: int, reason: str | None, now: datetime) -> None:
        """The compartment takes nothing until it is repaired; what was planned for it goes elsewhere."""
        self._break(compartment_id, reason, now)
        self._place_waiting()

    def repair(self, compartment_id: int) -> None:
        """The compartment works again."""
        one = self.compartments[compartment_id]
        if one.fault is not None:
            one.fault = None
            self._step(one, CompartmentStep.REPAIR)
            self._place_waiting()

    def set_active(self, compartment_id: int, *, is_active: bool, now: datetime) -> None:
        """The compartment was saved: what was planned for it goes elsewhere if it does not fit any more, or if it is
        given to nobody any more.
        """
        one = self.compartments[compartment_id]
        one.is_active = is_active
        self.changed[compartment_id] = None
        for reservation in self._planned(compartment_id):
            if not is_active or not self._fits(reservation.parcel, one):
                self._move(reservation, now)
        self._place_waiting()

    def overstay(self, now: datetime) -> None:
        """Goods that should have left are still there: who was to come next goes elsewhere."""
        for own in list(self.reservations.values()):
            if own.state in INSIDE and own.ends <= now:
                ends = now + OVERSTAY
                if own.compartment_id is not None:
                    self._displace(own, own.compartment_id, own.begins, ends)
                own.state, own.ends = ReservationState.OVERDUE, ends
                self.touched[own.delivery_id] = None
                if own.compartment_id is not None:
                    self._step(self.compartments[own.compartment_id], CompartmentStep.EXPIRE)
        self._place_waiting()

    def _refuse(self, own: Reservation, told: Standing, now: datetime) -> None:
        """The goods could not be put in. Once for each time that it is said."""
        if told.since == own.refused_at:
            return
        broken = own.compartment_id
        own.refused_at, own.refused_compartment_id = told.since, broken
        self.touched[own.delivery_id] = None
        if own.is_live and broken is not None:
            own.state = ReservationState.PLANNED
        else:
            own.state, own.compartment_id = ReservationState.UNPLACED, None
            own.begins, own.ends = later(own, now)
        if broken is not None:
            self._break(broken, told.reason, now)

    def _occupy(self, own: Reservation, told: Standing, now: datetime) -> None:
        """The goods are in the compartment that the point names, else in the one that was planned for them."""
        named = next((one.id for one in self._order if one.code == told.compartment), None)
        target = named or own.refused_compartment_id or own.compartment_id
        state, begins, ends = stay_of(own, told, now)
        if (own.state, own.compartment_id, own.begins, own.ends) == (state, target, begins, ends):
            return
        before = own.state if own.is_live and own.compartment_id == target else None
        if before is None:
            self._leave(own, is_moving=True)
        if target is not None:
            self._displace(own, target, begins, ends)
        own.begins, own.ends = begins, ends
        self.touched[own.delivery_id] = None
        if target is None:
            own.state = state
            return
        if before is None:
            self._put(own, target)
        self._enter(own, self.compartments[target], state, was_overdue=before is ReservationState.OVERDUE)

    def _enter(self, own: Reservation, one: Compartment, state: ReservationState, *, was_overdue: bool) -> None:
        if not was_overdue or state is ReservationState.OCCUPYING:
            own.state = ReservationState.OCCUPYING
            self._step(one, CompartmentStep.EXTEND if was_overdue else CompartmentStep.DROP_OFF)
        if state is ReservationState.OVERDUE:
            own.state = state
            self._step(one, CompartmentStep.EXPIRE)

    def _displace(self, own: Reservation, compartment_id: int, begins: datetime, ends: datetime) -> None:
        """Whoever else is in the compartment, or claims it in the period, leaves it."""
        in_way = [*self._in_way(compartment_id, begins, ends)]
        for other in [one for one in self._held[compartment_id] if one is not own]:
            if other.state not in INSIDE and other not in in_way:
                continue
            # Of two that say that they are in here the newer one is believed: nobody knows where the other one is.
            self._leave(other, is_moving=True)
            if other.state not in INSIDE:
                other.state = ReservationState.UNPLACED

    def _break(self, compartment_id: int, reason: str | None, now: datetime) -> None:
        one = self.compartments[compartment_id]
        if one.fault is None:
            one.fault = reason or "FAULT"
            self._step(one, CompartmentStep.FAULT)
        self._clear(compartment_id, now)

    def _clear(self, compartment_id: int, now: datetime) -> None:
        self.changed[compartment_id] = None
        for reservation in self._planned(compartment_id):
            self._move(reservation, now)

    def _move(self, reservation: Reservation, now: datetime) -> None:
        """It waits for another compartment: `_place_waiting` looks for one when everything else is said."""
        self._leave(reservation, is_moving=True)
        reservation.state = ReservationState.UNPLACED
        reservation.begins, reservation.ends = later(reservation, now)

    def _place(self, reservation: Reservation) -> bool:
        found = self.free_for(reservation.parcel, reservation.begins, reservation.ends)
        if found is not None:
            reservation.state = ReservationState.PLANNED
            self._put(reservation, found.id)
            self._step(found, CompartmentStep.RESERVE)
        return found is not None

    def _place_waiting(self) -> None:
        waiting = [one for one in self.reservations.values() if one.state is ReservationState.UNPLACED]
        for reservation in sorted(waiting, key=lambda one: (one.begins, one.delivery_id)):
            self._place(reservation)

    def _put(self, reservation: Reservation, compartment_id: int) -> None:
        reservation.compartment_id = compartment_id
        self._held[compartment_id].append(reservation)
        self.touched[reservation.delivery_id] = None

    def _leave(self, reservation: Reservation, *, is_moving: bool = False) -> None:
        """Take it out of its compartment, which it remembers unless it moves."""
        self.touched[reservation.delivery_id] = None
        compartment_id = reservation.compartment_id
        if compartment_id is None:
            return
        held = self._held[compartment_id]
        if reservation in held:
            self._held[compartment_id] = [one for one in held if one is not reservation]
            self._step(self.compartments[compartment_id], CompartmentStep.RELEASE)
        if is_moving:
            reservation.compartment_id = None

    def _step(self, one: Compartment, step: CompartmentStep) -> None:
        one.status = COMPARTMENT.take(step, one.status, self._status(one))
        self.changed[one.id] = None

    def _status(self, one: Compartment) -> CompartmentStatus:
        """What the compartment is, by all that is known of it."""
        states = {reservation.state for reservation in self._held[one.id]}
        if one.fault is not None:
            return CompartmentStatus.FAULTED
        if ReservationState.OVERDUE in states:
            return CompartmentStatus.EXPIRED
        if ReservationState.OCCUPYING in states:
            return CompartmentStatus.OCCUPIED
        return CompartmentStatus.RESERVED if states else CompartmentStatus.FREE

    def _planned(self, compartment_id: int) -> list[Reservation]:
        return [one for one in self._held[compartment_id] if one.state is ReservationState.PLANNED]

    def _is_taken(self, compartment_id: int, begins: datetime, ends: datetime) -> bool:
        # A loop and no generator: this is asked of each compartment for each order.
        for one in self._held[compartment_id]:  # noqa: SIM110
            if one.begins < ends and begins < one.ends:
                return True
        return False

    def _in_way(self, compartment_id: int, begins: datetime, ends: datetime) -> Iterator[Reservation]:
        held: Iterable[Reservation] = self._held[compartment_id]
        return (one for one in held if one.begins < ends and begins < one.ends)

    def _fits(self, parcel: Parcel, one: Compartment) -> bool:
        key = (parcel, one.id)
        if key not in self._known_fits:
            self._known_fits[key] = parcel.temperature is one.temperature and parcel.fits(one.size, one.inner)
        return self._known_fits[key]
