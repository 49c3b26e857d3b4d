"""What goods need of a compartment, and what fits into which."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations
from typing import Any, Final

from app.kit.temperature import Temperature


class CompartmentSize(StrEnum):
    """Size classes, the smallest first. What they measure is said by each compartment."""

    S = "S"
    M = "M"
    L = "L"
    XL = "XL"


_CLASSES: Final = tuple(Temperature)
DEFAULT_SIZE: Final = CompartmentSize.M
"""What goods need that nobody has measured."""
RANK: Final = {size: rank for rank, size in enumerate(CompartmentSize)}


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """Three sides in mm, the longest first."""

    a_mm: int
    b_mm: int
    c_mm: int

    @classmethod
    def of(cls, *sides_mm: int) -> "Box":
        """From three sides in any order."""
        a_mm, b_mm, c_mm = sorted(sides_mm, reverse=True)
        return cls(a_mm, b_mm, c_mm)

    @property
    def volume(self) -> int:
        """In cubic millimetres."""
        return self.a_mm * self.b_mm * self.c_mm

    def holds(self, other: "Box") -> bool:
        """Whether the other one, turned as is best, fits in."""
        return other.a_mm <= self.a_mm and other.b_mm <= self.b_mm and other.c_mm <= self.c_mm


@dataclass(frozen=True, slots=True)
class Parcel:
    """The goods of one delivery. boxes: (one unit, how many). has_unmeasured: there are also units of unknown size."""

    boxes: tuple[tuple[Box, int], ...] = ()
    has_unmeasured: bool = False
    temperature: Temperature = Temperature.AMBIENT

    @classmethod
    def read(cls, stored: Any, temperature: str) -> "Parcel":
        """From `stored`."""
        boxes = tuple((Box(*sides), count) for *sides, count in stored["boxes"])
        return cls(boxes, stored["unmeasured"], Temperature(temperature))

    def stored(self) -> dict[str, Any]:
        """As JSON, without the temperature."""
        boxes = [[box.a_mm, box.b_mm, box.c_mm, count] for box, count in self.boxes]
        return {"boxes": boxes, "unmeasured": self.has_unmeasured}

    def fits(self, size: CompartmentSize, inner: Box) -> bool:
        """Whether there is a way to lay the goods into a compartment: never said where there is none.

        Units are laid as a grid of equal boxes, or one on the other; goods that nobody has measured fit from
        DEFAULT_SIZE on.
        """
        if self.has_unmeasured and RANK[size] < RANK[DEFAULT_SIZE]:
            return False
        return (
            not self.boxes or inner.holds(self._stack()) or self._grid(inner) >= sum(count for _, count in self.boxes)
        )

    def _largest(self) -> Box:
        """A box that holds any single unit."""
        return Box(
            max(box.a_mm for box, _ in self.boxes),
            max(box.b_mm for box, _ in self.boxes),
            max(box.c_mm for box, _ in self.boxes),
        )

    def _stack(self) -> Box:
        """All units one on the other, each on its largest face."""
        largest = self._largest()
        return Box.of(largest.a_mm, largest.b_mm, sum(box.c_mm * count for box, count in self.boxes))

    def _grid(self, inner: Box) -> int:
        """How many boxes as large as the largest unit can be laid side by side, all turned alike."""
        one = self._largest()
        ways = permutations((inner.a_mm, inner.b_mm, inner.c_mm))
        return max((a // one.a_mm) * (b // one.b_mm) * (c // one.c_mm) for a, b, c in ways)


def parcel_of(goods: Iterable[tuple[Any, int]]) -> Parcel:
    """The parcel of goods: (row or `Goods` with length_mm, width_mm, height_mm and temperature, units).

    It is as cold as its coldest unit: see `kit.temperature.do_not_mix`.
    """
    boxes: dict[Box, int] = {}
    has_unmeasured, rank = False, 0
    for one, count in goods:
        rank = max(rank, _CLASSES.index(Temperature(one.temperature)))
        if one.length_mm is None or one.width_mm is None or one.height_mm is None:
            has_unmeasured = True
            continue
        box = Box.of(one.length_mm, one.width_mm, one.height_mm)
        boxes[box] = boxes.get(box, 0) + count
    return Parcel(tuple(sorted(boxes.items())), has_unmeasured, _CLASSES[rank])
