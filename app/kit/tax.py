"""Consumption tax on prices that include it: rounded once per rate and document, never per line.

Source of the rule: Japan's qualified-invoice system (Cabinet Order art. 70-10): one rounding per rate per invoice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class TaxClass(StrEnum):
    """What rate applies to a product."""

    STANDARD_10 = "STANDARD_10"
    REDUCED_8 = "REDUCED_8"
    EXEMPT = "EXEMPT"


# Rates since 2019-10-01, in basis points (1000 = 10 %).
RATES_BP: Final = {TaxClass.STANDARD_10: 1000, TaxClass.REDUCED_8: 800, TaxClass.EXEMPT: 0}


class Rounding(StrEnum):
    """How a fraction of the minor unit is dropped: the seller's choice, kept for all documents."""

    DOWN = "DOWN"
    HALF_UP = "HALF_UP"
    UP = "UP"


@dataclass(frozen=True, slots=True)
class TaxLine:
    """What one rate contributes to a document, in minor units. `taxable` includes the tax."""

    rate_bp: int
    taxable: int
    tax: int


def tax_in_gross(gross: int, rate_bp: int, rounding: Rounding = Rounding.DOWN) -> int:
    """The tax that an amount including tax contains; a negative amount takes back exactly what it had paid."""
    if gross < 0:
        return -tax_in_gross(-gross, rate_bp, rounding)
    numerator, denominator = gross * rate_bp, 10_000 + rate_bp
    if rounding is Rounding.DOWN:
        return numerator // denominator
    if rounding is Rounding.UP:
        return -(-numerator // denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def tax_breakdown(lines: Iterable[tuple[int, int]], rounding: Rounding = Rounding.DOWN) -> list[TaxLine]:
    """From (rate in basis points, amount including tax) per line to one entry per rate, highest rate first."""
    totals: dict[int, int] = {}
    for rate_bp, gross in lines:
        totals[rate_bp] = totals.get(rate_bp, 0) + gross
    return [
        TaxLine(rate, totals[rate], tax_in_gross(totals[rate], rate, rounding)) for rate in sorted(totals, reverse=True)
    ]
