"""Consumption tax: contained in the price, rounded once per rate."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.tax import RATES_BP, Rounding, TaxClass, TaxLine, tax_breakdown, tax_in_gross


@pytest.mark.parametrize(
    ("gross", "rate", "down", "half_up", "up"),
    [
        (1980, 1000, 180, 180, 180),
        (108, 800, 8, 8, 8),
        (100, 1000, 9, 9, 10),
        (105, 1000, 9, 10, 10),
        (0, 1000, 0, 0, 0),
        (500, 0, 0, 0, 0),
    ],
)
def test_tax_in_a_price(gross: int, rate: int, down: int, half_up: int, up: int) -> None:
    found = [tax_in_gross(gross, rate, rounding) for rounding in (Rounding.DOWN, Rounding.HALF_UP, Rounding.UP)]
    assert found == [down, half_up, up]


@given(st.integers(0, 10**12), st.sampled_from(sorted(RATES_BP.values())), st.sampled_from(Rounding))
def test_rounding_is_off_by_less_than_one_unit_in_the_right_direction(
    gross: int, rate: int, rounding: Rounding
) -> None:
    exact = Fraction(gross * rate, 10_000 + rate)
    error = tax_in_gross(gross, rate, rounding) - exact
    assert {
        Rounding.DOWN: -1 < error <= 0,
        Rounding.UP: 0 <= error < 1,
        Rounding.HALF_UP: abs(error) <= Fraction(1, 2),
    }[rounding]


def test_one_rounding_per_rate_not_per_line() -> None:
    standard, reduced = RATES_BP[TaxClass.STANDARD_10], RATES_BP[TaxClass.REDUCED_8]
    lines = [(standard, 105)] * 3 + [(reduced, 108), (standard, 10)]
    assert tax_breakdown(lines) == [TaxLine(1000, 325, 29), TaxLine(800, 108, 8)]
    assert 3 * tax_in_gross(105, standard) + tax_in_gross(10, standard) == 27
    assert tax_breakdown([]) == []


@given(st.lists(st.tuples(st.sampled_from([0, 800, 1000]), st.integers(0, 10**9)), max_size=40))
def test_the_breakdown_keeps_every_unit(lines: list[tuple[int, int]]) -> None:
    entries = tax_breakdown(lines)
    assert sum(entry.taxable for entry in entries) == sum(gross for _, gross in lines)
    assert [entry.rate_bp for entry in entries] == sorted({rate for rate, _ in lines}, reverse=True)


@given(st.integers(-(10**9), 10**9))
def test_a_return_mirrors_its_sale(gross: int) -> None:
    assert tax_in_gross(-gross, 1000) == -tax_in_gross(gross, 1000)
