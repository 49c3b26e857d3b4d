"""Money: whole minor units of a currency. Yen have none, so an amount of 1,980 yen is 1980."""

from dataclasses import dataclass
from typing import Final

# ISO 4217 exponents of the currencies that can be sold in; a shop that needs another adds a line.
EXPONENTS: Final = {
    "JPY": 0, "KRW": 0, "USD": 2, "EUR": 2, "GBP": 2, "CNY": 2, "HKD": 2, "TWD": 2, "SGD": 2, "AUD": 2, "THB": 2,
}  # fmt: skip
_SYMBOLS: Final = {"JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "KRW": "₩", "CNY": "CN¥", "TWD": "NT$"}


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in minor units of `currency` (ISO 4217)."""

    amount: int
    currency: str


def is_currency(code: str) -> bool:
    """Whether amounts in this currency can be kept and shown."""
    return code in EXPONENTS


def format_amount(amount: int, currency: str) -> str:
    """For people: `¥1,980`, `£2.55`, `-$0.10`."""
    exponent = EXPONENTS[currency]
    sign = "-" if amount < 0 else ""
    units, rest = divmod(abs(amount), 10**exponent)
    fraction = f".{rest:0{exponent}d}" if exponent else ""
    return f"{sign}{_SYMBOLS.get(currency, currency + ' ')}{units:,}{fraction}"


def split_amount(total: int, weights: list[int]) -> list[int]:
    """Split `total` in proportion to non-negative `weights` by largest remainder; the parts sum to `total`.

    Ties go to the earlier part. All weights zero: everything goes to the first part.
    """
    if not weights:
        message = "An amount is split over at least one part."
        raise ValueError(message)
    whole = sum(weights)
    if whole == 0:
        return [total, *([0] * (len(weights) - 1))]
    sign = -1 if total < 0 else 1
    parts = [divmod(abs(total) * weight, whole) for weight in weights]
    shares = [share for share, _ in parts]
    by_remainder = sorted(range(len(parts)), key=lambda index: (-parts[index][1], index))
    for index in by_remainder[: abs(total) - sum(shares)]:
        shares[index] += 1
    return [sign * share for share in shares]
