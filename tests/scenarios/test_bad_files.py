"""A file that cannot be imported is refused in one line, and nothing of it comes in."""

import asyncio
import gzip
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner, Result

from app import cli
from tests.scenarios.ground import Ground

ORDERS: Final = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
ROW: Final = "1,MUG,マグカップ,2,2026-10-01,5.00,77,Japan\n"
WHOLE: Final = gzip.compress((ORDERS + ROW * 500).encode())
BAD: Final = {
    "nothing": ("orders.csv", b"", "has no column InvoiceNo"),
    "other columns": ("orders.csv", b"a,b\n1,2\n", "has no column InvoiceNo"),
    "UTF-16": ("orders.csv", (ORDERS + ROW).encode("utf-16"), "UTF-8"),
    "no text": ("orders.csv", b"\x00\xff\xfe\x80" * 50, "UTF-8"),
    "half a gzip": ("orders.csv.gz", WHOLE[:-20], "gzip"),
    "a spoilt gzip": ("orders.csv.gz", WHOLE[:40] + b"spoilt" + WHOLE[46:], "gzip"),
    "an endless cell": ("orders.csv", (ORDERS + '"' + "x" * 200_000 + '",MUG,').encode(), "field larger than"),
}


async def _hikiate(monkeypatch: pytest.MonkeyPatch, dsn: str, *words: str) -> Result:
    monkeypatch.setattr(cli, "set_up_logs", lambda **_: None)
    monkeypatch.setenv("DATABASE_URL", dsn)
    return await asyncio.to_thread(CliRunner().invoke, cli.cli, words)


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("what", ["orders", "pickup-points"])
async def test_a_file_that_cannot_be_read(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, what: str, bad: tuple[str, bytes, str]
) -> None:
    name, content, reason = bad
    path = tmp_path / name
    path.write_bytes(content)
    done = await _hikiate(monkeypatch, ground.shop.db.dsn, "import", what, str(path))
    [line] = done.stderr.splitlines()
    assert done.exit_code == 1, done.output
    assert line.startswith("hikiate: ")
    assert name in line
    # As a list of points, a file that can be read lacks other columns.
    assert reason in line or (what == "pickup-points" and "has no column code" in line)


@pytest.mark.parametrize("words", [("--stock", "nowhere.csv"), ("--channel", "web")], ids=["stock", "currency"])
async def test_options_that_do_not_fit(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS + ROW)
    done = await _hikiate(monkeypatch, ground.shop.db.dsn, "import", "orders", str(path), *words)
    assert done.exit_code == 1, done.output
    assert [line for line in done.stderr.splitlines() if line.startswith("hikiate: ")] != []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
async def test_rows_that_cannot_be_read_are_listed_and_the_others_come_in(
    laid_ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    rows = [
        "9,MUG,マグカップ,x,2026-10-01,5.00,,",
        "9,MUG,マグカップ,1,someday,5.00,,",
        "9,,マグカップ,1,2026-10-01,5.00,,",
    ]
    path = tmp_path / "orders.csv"
    path.write_bytes((ORDERS + "\n".join(rows)).encode(encoding))
    done = await _hikiate(
        monkeypatch, laid_ground.shop.db.dsn, "import", "orders", str(path), "--channel", f"in-{encoding}"
    )
    assert done.exit_code == 0, done.output
    refused = (tmp_path / "orders.csv.refused.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.partition(",")[0] for line in refused] == ["line", "2", "3", "4"]
    assert "マグカップ" in refused[1]
