"""Read the stock that an imported order history starts from."""

from pathlib import Path
from typing import Final

from app.integrations.actions.read_table import read_table
from app.integrations.errors import UnreadableFile
from app.integrations.model import MAX_QUANTITY

COLUMNS: Final = ("sku", "quantity")


def read_opening_stock(path: Path, *, encoding: str | None = None) -> list[tuple[str, int]]:
    """(product code in upper case, units) per code, in code order; a code that occurs twice is summed.

    Raises UnreadableFile for the first row that is no such pair: half of an opening stock would be a wrong one.
    """
    levels: dict[str, int] = {}
    for row_no, row in read_table(path, COLUMNS, encoding=encoding):
        sku, text = (row["sku"] or "").strip().upper(), (row["quantity"] or "").strip()
        is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_QUANTITY))
        quantity = int(text) if is_number else -1
        if not sku or not 0 <= quantity <= MAX_QUANTITY:
            message = f"{path.name}, line {row_no}: a stock row is a code and a quantity from 0 to {MAX_QUANTITY:,}."
            raise UnreadableFile(message)
        levels[sku] = levels.get(sku, 0) + quantity
    return sorted(levels.items())
