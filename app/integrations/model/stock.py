"""Rules of stock files: their columns, and what is said of a refused row. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

MEANINGS: Final = ("sku", "location", "quantity")


@dataclass(frozen=True, slots=True)
class StockLayout:
    """How the columns are named. location: the code of the one place that a file without such a column is about."""

    columns: Mapping[str, str] = field(default_factory=lambda: dict(zip(MEANINGS, MEANINGS, strict=True)))
    location: str | None = None

    def wanted(self) -> dict[str, str]:
        """Meaning to column name, of the columns that the file must have."""
        return {name: column for name, column in self.columns.items() if name != "location" or self.location is None}

    def with_columns(self, names: Mapping[str, str]) -> "StockLayout":
        """The same with other names. Raises ValueError for an unknown meaning."""
        if unknown := set(names) - set(MEANINGS):
            message = f"A stock file has no {', '.join(sorted(unknown))}. Known: {', '.join(MEANINGS)}."
            raise ValueError(message)
        return StockLayout({**self.columns, **names}, self.location)


@dataclass(slots=True)
class StockReport:
    """What became of a file. rows = changed + unchanged + refused, when it was applied to its end.

    released: rows of the changed ones that took promised units off, of which other places serve `moved` now, and nobody
    `ended`. earlier: rows that an earlier run had applied. is_repeated: the file had been applied to its end before.
    """

    rows: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    released: int = 0
    moved: int = 0
    ended: int = 0
    earlier: int = 0
    is_repeated: bool = False
    seconds: float = 0.0

    @property
    def rows_per_second(self) -> int:
        """Rows of this run for each second of it."""
        return round((self.rows - self.earlier) / self.seconds) if self.seconds else 0


def reason_of(code: str, given: Mapping[str, str], facts: Mapping[str, Any]) -> tuple[str, str]:
    """(code, sentence) of a refused row."""
    if code == "NOT_FOUND":
        what = f"location {given['location']!r}" if facts["is_variant"] else f"SKU {given['sku']!r}"
        return code, f"There is no {what}."
    if code == "INVALID_QUANTITY":
        return (
            code,
            f"{given['quantity']!r} is no whole quantity that can be taken: at most 1,000,000, and none below 0.",
        )
    if code == "INSUFFICIENT_STOCK" and "promised" not in facts:
        return code, f"{facts['on_hand']} units are on hand: more cannot be taken off."
    if code == "INSUFFICIENT_STOCK":
        return code, f"{facts['promised']} units are promised ({facts['on_hand']} on hand): fewer cannot be set."
    if code == "DUPLICATE":
        return "INVALID_INPUT", "An earlier line names the same SKU and location."
    return code, str(facts["problem"])
