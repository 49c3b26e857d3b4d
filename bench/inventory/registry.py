"""The rows of the inventory's table: each is a module with TITLE and `measure`."""

from dataclasses import dataclass
from typing import Final

from bench.record import Table

ROWS: Final[dict[str, str]] = {
    "hot": "bench.inventory.promises",
    "spread": "bench.inventory.promises",
    "import": "bench.inventory.stock_import",
    "checkouts": "bench.inventory.checkouts",
    "many_rows": "bench.inventory.reads",
    "nearest": "bench.inventory.reads",
}
"""Name of a row -> its module: `async def measure(row: str, options: Options) -> list[Table]`."""


@dataclass(frozen=True)
class Options:
    """What was asked for. seconds: of one window. rounds: windows of each contestant, the first of them warms up."""

    seconds: float = 3.0
    rounds: int = 4
    clients: int = 256
    skus: int = 100_000


Tables = list[Table]
