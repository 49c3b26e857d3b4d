"""Too few units for lines of a cart, as refusals."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from app.inventory.errors import InsufficientStock
from app.inventory.model import Shortage
from app.kit.errors import DomainError
from app.kit.ids import global_id


def shortage_refusals(shortages: Iterable[Shortage], lines: Sequence[Any]) -> list[DomainError]:
    """What the inventory did not give to lines, with the units that were left under its lock."""
    return [
        insufficient_stock(lines[shortage.line_no - 1], shortage.requested, shortage.available)
        for shortage in shortages
    ]


def insufficient_stock(line: Any, requested: int, available: int) -> InsufficientStock:
    """Too few units for a line (row of a cart)."""
    message = f"{line.sku}: {available} of {requested} units are available."
    return InsufficientStock(
        message, requested=requested, available=available, variant_id=line.variant_id, **line_facts(line)
    )


def line_facts(line: Any) -> dict[str, str]:
    """By what a refusal tells which line (row of a cart) it is about."""
    line_id: UUID = line.id
    return {"line_id": global_id("CartLine", line_id), "sku": line.sku}
