"""Rows of goods that are to be put into a cart, and what keeps them out of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.carts.errors import NotSold
from app.carts.model.address import is_plain_text
from app.carts.model.draft import WantedLine
from app.carts.model.limits import MAX_QUANTITY, invalid_quantity
from app.kit.errors import DomainError, InvalidInput, NotFound, Refusals


def skus_of(lines: Iterable[WantedLine]) -> set[str]:
    """The SKUs that are named. A text that PostgreSQL cannot even hold is none."""
    return {line.sku for line in lines if line.sku is not None and is_plain_text(line.sku)}


def variants_of(lines: Sequence[WantedLine], by_sku: Mapping[str, int]) -> list[int]:
    """The variant of each row. Raises InvalidInput or NotFound, once for each wrong row."""
    refusals: list[DomainError] = []
    found: list[int] = []
    for index, line in enumerate(lines):
        path = ["input", "lines", str(index)]
        variant_id = line.variant_id if line.sku is None else by_sku.get(line.sku)
        if (line.sku is None) == (line.variant_id is None):
            refusals.append(InvalidInput("Name the goods by either sku or variantId.", path=path))
        elif variant_id is None:
            refusals.append(NotFound("There is no such SKU.", path=[*path, "sku"]))
        else:
            found.append(variant_id)
    if refusals:
        raise Refusals(refusals)
    return found


def check_sold(variant_ids: Sequence[int], goods: Mapping[int, Any], lines: Sequence[WantedLine]) -> None:
    """Raises NotFound or NotSold, once for each row that cannot be bought in the channel. goods: see `sellables`."""
    refusals: list[DomainError] = []
    for index, variant_id in enumerate(variant_ids):
        row = goods.get(variant_id)
        path = ["input", "lines", str(index), "variantId" if lines[index].sku is None else "sku"]
        if row is None:
            refusals.append(NotFound("There is no such variant.", path=path))
        elif not row.is_sold or row.price_minor is None:
            message = f"{row.sku} is not sold in this channel now."
            refusals.append(NotSold(message, path=path, sku=row.sku, variant_id=variant_id))
    if refusals:
        raise Refusals(refusals)


def units_by_variant(
    variant_ids: Sequence[int], lines: Sequence[WantedLine], present: Mapping[int, int] | None = None
) -> dict[int, int]:
    """Units to add to the line of each variant, in the order of the rows.

    present: units that the cart has already. Raises InvalidQuantity when a line would have too many.
    """
    wanted: dict[int, int] = {}
    for index, (variant_id, line) in enumerate(zip(variant_ids, lines, strict=True)):
        wanted[variant_id] = wanted.get(variant_id, 0) + line.quantity
        together = (present or {}).get(variant_id, 0) + wanted[variant_id]
        if together > MAX_QUANTITY:
            raise invalid_quantity(together, ["input", "lines", str(index), "quantity"])
    return wanted
