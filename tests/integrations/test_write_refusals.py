"""Refused rows can be read, mended and imported again."""

import csv
from pathlib import Path

from app.integrations.actions.write_refusals import write_refusals
from app.integrations.model import ImportReport, Refusal


def test_writes_line_reason_and_content(tmp_path: Path) -> None:
    path = tmp_path / "refused.csv"
    path.write_text("older and longer content that must not stay behind " * 10)
    report = ImportReport(refusals=[Refusal(7, "'x' is no price.", '1,"茶",x')])
    write_refusals(report, path)
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["line", "reason", "content"], ["7", "'x' is no price.", '1,"茶",x']]
