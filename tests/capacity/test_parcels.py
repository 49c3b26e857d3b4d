"""What fits into which compartment."""

from itertools import permutations
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.capacity.model.parcels import Box, CompartmentSize, Parcel, parcel_of
from app.kit.temperature import Temperature
from tests.capacity.builders import INNER

SIDES = st.integers(min_value=1, max_value=600)
BOXES = st.builds(Box.of, SIDES, SIDES, SIDES)


def goods(*sides: int | None, temperature: str = "AMBIENT") -> SimpleNamespace:
    length, width, height = sides or (None, None, None)
    return SimpleNamespace(length_mm=length, width_mm=width, height_mm=height, temperature=temperature)


@pytest.mark.parametrize(
    ("boxes", "smallest"),
    [
        (((Box(550, 440, 85), 1),), "S"),
        (((Box(550, 440, 86), 1),), "M"),
        (((Box(300, 200, 50), 1),), "S"),
        # Side by side, though not one on the other.
        (((Box(270, 220, 85), 4),), "S"),
        (((Box(270, 220, 85), 5),), "M"),
        # One on the other, though not side by side.
        (((Box(540, 430, 20), 4),), "S"),
        (((Box(540, 430, 20), 5),), "M"),
        (((Box(540, 430, 20), 2), (Box(300, 100, 30), 1)), "S"),
        (((Box(801, 10, 10), 1),), None),
        (((Box(600, 500, 500), 1),), None),
    ],
)
def test_the_smallest_class_that_takes_the_goods(boxes: tuple[tuple[Box, int], ...], smallest: str | None) -> None:
    fitting = [size for size, inner in INNER.items() if Parcel(boxes).fits(CompartmentSize(size), inner)]
    assert (fitting or [None])[0] == smallest


def test_goods_that_nobody_has_measured_fit_from_medium_on() -> None:
    parcel = parcel_of([(goods(), 7), (goods(300, 200, 50), 1)])
    assert parcel == Parcel(((Box(300, 200, 50), 1),), has_unmeasured=True)
    assert [size for size, inner in INNER.items() if parcel.fits(CompartmentSize(size), inner)] == ["M", "L", "XL"]


def test_one_chilled_unit_chills_the_parcel_and_equal_units_are_added_up() -> None:
    parcel = parcel_of([(goods(10, 30, 20), 2), (goods(30, 20, 10, temperature="CHILLED"), 3)])
    assert parcel == Parcel(((Box(30, 20, 10), 5),), temperature=Temperature.CHILLED)
    assert Parcel.read(parcel.stored(), "CHILLED") == parcel


@given(st.lists(st.tuples(BOXES, st.integers(min_value=1, max_value=6)), min_size=1, max_size=4), BOXES)
def test_nothing_is_said_to_fit_that_is_larger_than_the_room(boxes: list[tuple[Box, int]], inner: Box) -> None:
    parcel = Parcel(tuple(boxes))
    if parcel.fits(CompartmentSize.XL, inner):
        assert sum(box.volume * count for box, count in boxes) <= inner.volume
        assert all(inner.holds(box) for box, _ in boxes)


@given(BOXES, BOXES)
def test_one_box_fits_exactly_when_it_can_be_turned_so(box: Box, inner: Box) -> None:
    sides = (box.a_mm, box.b_mm, box.c_mm)
    turned = any(a <= inner.a_mm and b <= inner.b_mm and c <= inner.c_mm for a, b, c in permutations(sides))
    assert Parcel(((box, 1),)).fits(CompartmentSize.S, inner) == turned
