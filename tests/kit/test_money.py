"""Money: shown exactly, split without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.money import EXPONENTS, format_amount, is_currency, split_amount


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (1980, "JPY", "¥1,980"),
        (0, "JPY", "¥0"),
        (-5, "JPY", "-¥5"),
        (255, "GBP", "£2.55"),
        (-10, "USD", "-$0.10"),
        (123456789, "USD", "$1,234,567.89"),
        (5, "SGD", "SGD 0.05"),
    ],
)
def test_amounts_as_people_read_them(amount: int, currency: str, shown: str) -> None:
    assert format_amount(amount, currency) == shown


def test_known_currencies() -> None:
    assert all(is_currency(code) for code in EXPONENTS)
    assert not any(is_currency(code) for code in ("", "jpy", "XXX", "JPYY"))


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_parts_sum_to_the_whole_and_are_fair(total: int, weights: list[int]) -> None:
    parts = split_amount(total, weights)
    assert sum(parts) == total
    assert len(parts) == len(weights)
    whole = sum(weights)
    if whole:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part * whole - total * weight) < whole


def test_who_gets_the_odd_unit() -> None:
    assert split_amount(100, [1, 1, 1]) == [34, 33, 33]
    assert split_amount(-100, [1, 1, 1]) == [-34, -33, -33]
    assert split_amount(10, [0, 0]) == [10, 0]
    assert split_amount(7, [0, 5, 0]) == [0, 7, 0]
    with pytest.raises(ValueError, match="at least one part"):
        split_amount(1, [])
