"""Rules of promised days: by when a store has a pickup ready whose goods other places send. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.fulfillment.model import WorkKind, due_at
from app.locations.model import Hours

# How long a transfer is under way where nobody says, and by how much what is late is put off.
TRANSIT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Bringing:
    """A transfer that brings units. is_unsent: some of them wait at the source, to be sent by `send_by`. left_at: when
    the first of it left. expected_at: what somebody said of its arrival.
    """

    is_unsent: bool
    send_by: datetime
    left_at: datetime | None = None
    expected_at: datetime | None = None


def arrival_of(transfer: Bringing, now: datetime) -> datetime:
    """When its units are to arrive. What should have been sent or should have come by now is put off by whole days."""
    if transfer.expected_at is not None:
        return _put_off(transfer.expected_at, now)
    if transfer.is_unsent or transfer.left_at is None:
        return _put_off(transfer.send_by, now) + TRANSIT
    return _put_off(transfer.left_at + TRANSIT, now)


def ready_by(bringing: Sequence[Bringing], hours: Hours, timezone: str, now: datetime) -> datetime | None:
    """By when a pickup is ready that waits for these transfers; None where the store does not open within two weeks."""
    arrives = max((arrival_of(transfer, now) for transfer in bringing), default=now)
    return due_at(WorkKind.PREPARE_PICKUP, arrives, hours, timezone)


def _put_off(planned: datetime, now: datetime) -> datetime:
    if planned > now:
        return planned
    return planned + ((now - planned) // TRANSIT + 1) * TRANSIT
