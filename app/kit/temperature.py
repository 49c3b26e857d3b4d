"""How cold goods are kept."""

from collections.abc import Iterable
from enum import StrEnum


class Temperature(StrEnum):
    """How warm it is where goods are, the warmest first."""

    AMBIENT = "AMBIENT"
    CHILLED = "CHILLED"
    FROZEN = "FROZEN"


def do_not_mix(temperatures: Iterable[Temperature]) -> bool:
    """Whether no one parcel can hold goods of all these classes: what is not frozen must not freeze."""
    classes = set(temperatures)
    return Temperature.FROZEN in classes and len(classes) > 1
