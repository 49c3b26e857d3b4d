"""Write down the rows that an import refused."""

import csv
from pathlib import Path

from app.integrations.model import ImportReport


def write_refusals(report: ImportReport, path: Path) -> None:
    """A CSV file with line number, reason and content of each refused row, replacing an older one of that name."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "reason", "content"])
        writer.writerows([refusal.row_no, refusal.reason, refusal.content] for refusal in report.refusals)
