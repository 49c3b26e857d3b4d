"""What partners try the API with: points that nobody can choose, and test pickups that nobody else hears of. Pure."""

from datetime import timedelta
from typing import Final

from app.fulfillment.errors import InvalidSandboxPickup

CARRIER: Final = "sandbox"
MAX_POINTS: Final = 5
# Of one partner; more are possible when the oldest ones are pruned.
MAX_PICKUPS: Final = 1_000
KEPT: Final = timedelta(days=30)


def check_point(number: int) -> int:
    """The number of a test point. Raises InvalidSandboxPickup."""
    if not 1 <= number <= MAX_POINTS:
        message = f"There are test points 1 to {MAX_POINTS}."
        raise InvalidSandboxPickup(message, path=["input", "point"])
    return number


def check_room(pickups: int) -> None:
    """Raise InvalidSandboxPickup when a partner with so many test pickups can have no more."""
    if pickups >= MAX_PICKUPS:
        message = f"There are {MAX_PICKUPS} test pickups. Each is deleted {KEPT.days} days after it was made."
        raise InvalidSandboxPickup(message, path=["input"])
