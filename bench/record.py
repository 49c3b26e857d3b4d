"""Writes a benchmark's table into docs/benchmarks.md, in place of that benchmark's older one."""

import platform
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def record(title: str, command: str, table: list[tuple[str, str]], note: str = "") -> str:
    """Print and store a table of (what, figure); returns the text of the section."""
    machine = f"{cpu_count()} cores, {platform.system()}, CPython {platform.python_version()}"
    day = datetime.now(UTC).date().isoformat()
    lines = [f"## {title}", "", f"`{command}`, {day}, {machine}.", ""]
    if note:
        lines += [note, ""]
    lines += ["| what | figure |", "| --- | --- |", *(f"| {what} | {figure} |" for what, figure in table), ""]
    section = "\n".join(lines)
    page = PAGE.read_text() if PAGE.exists() else "# Benchmarks\n\nFigures of one machine on one day: compare ratios.\n"
    parts = page.split("\n## ")
    kept = [part for part in parts[1:] if not part.startswith(f"{title}\n")]
    PAGE.write_text("\n## ".join([parts[0], *kept]).rstrip("\n") + "\n\n" + section)
    print(section)
    return section
