"""Opening stock is read whole or not at all."""

from pathlib import Path

import pytest

from app.integrations.actions.read_opening_stock import read_opening_stock
from app.integrations.errors import UnreadableFile


def test_sums_codes_in_any_case(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text("sku,quantity\nb,2\na,0\nB,3\n")
    assert read_opening_stock(path) == [("A", 0), ("B", 5)]


@pytest.mark.parametrize("row", ["a,-1", "a,1.5", "a,", ",1", "a", "a,1000001", "a,99999999999999999999"])
def test_one_bad_row_refuses_the_file(tmp_path: Path, row: str) -> None:
    path = tmp_path / "stock.csv"
    path.write_text(f"sku,quantity\nok,1\n{row}\n")
    with pytest.raises(UnreadableFile, match=r"stock.csv, line 3: a stock row is a code and a quantity"):
        read_opening_stock(path)
