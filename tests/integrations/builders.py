"""Files for imports."""

from collections.abc import Iterable
from pathlib import Path

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


def history_file(folder: Path, rows: Iterable[str], name: str = "history.csv") -> Path:
    """An order history in the layout of online-retail; each row is `invoice,sku,quantity[,price[,customer]]`."""
    lines = [HEADER]
    for row in rows:
        cells = row.split(",")
        invoice, sku, quantity = cells[:3]
        price, customer = (*cells[3:], *("1.50", "")[len(cells) - 3 :])
        lines.append(f"{invoice},{sku},Name of {sku},{quantity},2010-12-01 08:26:00,{price},{customer},Japan")
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path
