"""What an import says of itself when it has ended."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not imported."""

    row_no: int
    reason: str
    content: str


@dataclass(slots=True)
class ImportReport:
    """What an import did. rows_read = rows_imported + rows_refused, always.

    rows_already: those of rows_imported that an earlier run had brought in. Line counts are of this run.
    """

    rows_read: int = 0
    rows_imported: int = 0
    rows_already: int = 0
    refusals: list[Refusal] = field(default_factory=list[Refusal])
    orders: int = 0
    returns: int = 0
    lines_allocated: int = 0
    lines_split: int = 0
    lines_short: int = 0
    lines_returned: int = 0
    oversold: int = 0
    seconds: float = 0.0

    @property
    def rows_refused(self) -> int:
        """Rows that were not imported; each is in `refusals` with its number and reason."""
        return len(self.refusals)

    @property
    def rows_per_second(self) -> int:
        """Rows read for each second of the whole import."""
        return round(self.rows_read / self.seconds) if self.seconds else 0
