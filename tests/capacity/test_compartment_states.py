"""The life of a compartment: which step leads from where to where, and what stations really do."""

import random
from datetime import timedelta
from uuid import UUID

import pytest

from app.capacity.model.claims import Compartment, Presence, Reservation, Standing, Terms
from app.capacity.model.compartments import COMPARTMENT, CompartmentStatus, CompartmentStep
from app.capacity.model.parcels import CompartmentSize
from app.capacity.model.stations import Station
from app.kit.errors import InvalidTransition
from app.kit.temperature import Temperature
from tests.capacity.builders import DAY, INNER, MEDIUM, SMALL
from tests.conftest import NOW

AFTER = {
    ("RESERVE", "FREE"): "RESERVED",
    ("RESERVE", "RESERVED"): "RESERVED",
    ("RESERVE", "OCCUPIED"): "OCCUPIED",
    ("RESERVE", "EXPIRED"): "EXPIRED",
    ("DROP_OFF", "FREE"): "OCCUPIED",
    ("DROP_OFF", "RESERVED"): "OCCUPIED",
    ("DROP_OFF", "OCCUPIED"): "OCCUPIED",
    ("DROP_OFF", "EXPIRED"): "OCCUPIED",
    ("DROP_OFF", "FAULTED"): "FAULTED",
    ("EXPIRE", "OCCUPIED"): "EXPIRED",
    ("EXPIRE", "EXPIRED"): "EXPIRED",
    ("EXPIRE", "FAULTED"): "FAULTED",
    ("EXTEND", "EXPIRED"): "OCCUPIED",
    ("EXTEND", "FAULTED"): "FAULTED",
    ("RELEASE", "RESERVED"): "FREE RESERVED",
    ("RELEASE", "OCCUPIED"): "FREE RESERVED OCCUPIED",
    ("RELEASE", "EXPIRED"): "FREE RESERVED EXPIRED",
    ("RELEASE", "FAULTED"): "FAULTED",
    ("FAULT", "FREE"): "FAULTED",
    ("FAULT", "RESERVED"): "FAULTED",
    ("FAULT", "OCCUPIED"): "FAULTED",
    ("FAULT", "EXPIRED"): "FAULTED",
    ("FAULT", "FAULTED"): "FAULTED",
    ("REPAIR", "FAULTED"): "FREE RESERVED OCCUPIED EXPIRED",
}


@pytest.mark.parametrize("status", CompartmentStatus)
@pytest.mark.parametrize("step", CompartmentStep)
def test_each_step_in_each_state(step: CompartmentStep, status: CompartmentStatus) -> None:
    if (step, status) in AFTER:
        assert " ".join(COMPARTMENT.check(step, status)) == AFTER[step, status]
    else:
        with pytest.raises(InvalidTransition):
            COMPARTMENT.check(step, status)


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happens_no_two_deliveries_share_a_compartment(seed: int) -> None:
    """Every change goes through the machine, which refuses what it does not know."""
    chance = random.Random(seed)
    doors = {
        number: Compartment(number, str(number), CompartmentSize(size), Temperature.AMBIENT, INNER[size])
        for number, size in enumerate(("S", "M", "M", "L"), start=1)
    }
    station = Station(1, Terms(), doors, {})
    now, keys = NOW, list[UUID]()
    for number in range(120):
        now += timedelta(hours=chance.randrange(12))
        what = chance.randrange(8)
        if what < 2:
            begins = now + timedelta(hours=chance.randrange(96))
            key = UUID(int=number + 1)
            new = Reservation(
                key, UUID(int=1), chance.choice((SMALL, MEDIUM)), begins, begins + chance.randint(1, 4) * DAY
            )
            if station.reserve(new) is not None:
                keys.append(key)
        elif what < 6 and keys:
            told = Standing(
                chance.choice(keys),
                chance.choice(list(Presence)),
                since=now - timedelta(hours=chance.randrange(48)),
                until=now + timedelta(hours=chance.randrange(-24, 72)),
                compartment=chance.choice((None, None, "1", "2", "3", "unknown")),
            )
            station.follow(told, now)
            before = {key: (one.state, one.compartment_id, one.begins) for key, one in station.reservations.items()}
            station.follow(told, now)
            assert before == {
                key: (one.state, one.compartment_id, one.begins) for key, one in station.reservations.items()
            }
        elif what == 6:
            station.overstay(now)
        else:
            door = chance.choice(list(doors))
            if chance.random() < 0.5:
                station.fault(door, None, now)
            else:
                station.repair(door)
        _check(station)


def _check(station: Station) -> None:
    live = [one for one in station.reservations.values() if one.is_live and one.compartment_id is not None]
    for one in live:
        assert one.begins < one.ends
        others = [other for other in live if other is not one and other.compartment_id == one.compartment_id]
        assert not any(other.begins < one.ends and one.begins < other.ends for other in others)
        if one.state == "PLANNED":
            assert station.compartments[one.compartment_id or 0].fault is None
    for door in station.compartments.values():
        states = {one.state for one in live if one.compartment_id == door.id}
        ranks = [("OVERDUE", "EXPIRED"), ("OCCUPYING", "OCCUPIED"), ("PLANNED", "RESERVED")]
        expected = next((status for state, status in ranks if state in states), "FREE")
        assert door.status == ("FAULTED" if door.fault is not None else expected)
