"""Writes a benchmark's tables into docs/benchmarks.md, in place of that benchmark's older ones."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parent.parent / "docs" / "benchmarks.md"
TWO_COLUMNS: Final = ("what", "figure")


@dataclass(frozen=True)
class Table:
    """Rows of texts below their heads."""

    rows: Sequence[Sequence[str]]
    heads: Sequence[str] = TWO_COLUMNS

    def lines(self) -> list[str]:
        """As Markdown; all columns but the first are figures."""
        marks = ["---", *("---:" if len(self.heads) > len(TWO_COLUMNS) else "---" for _ in self.heads[1:])]
        return [f"| {' | '.join(row)} |" for row in (self.heads, marks, *self.rows)]


def record(title: str, command: str, *tables: Table, note: str = "", store: bool = True) -> str:
    """Print and, if wanted, store tables; returns the text of the section."""
    machine = f"{cpu_count()} cores, {platform.system()}, CPython {platform.python_version()}"
    day = datetime.now(UTC).date().isoformat()
    lines = [f"## {title}", "", f"`{command}`, {day}, {machine}.", ""]
    if note:
        lines += [note, ""]
    for table in tables:
        lines += [*table.lines(), ""]
    section = "\n".join(lines)
    if store:
        _store(title, section)
    print(section)
    return section


def _store(title: str, section: str) -> None:
    page = PAGE.read_text() if PAGE.exists() else "# Benchmarks\n\nFigures of one machine on one day: compare ratios.\n"
    first, *parts = page.split("\n## ")
    kept = [part for part in parts if not part.startswith(f"{title}\n")]
    PAGE.write_text("\n## ".join([first, *kept]).rstrip("\n") + "\n\n" + section)
