"""Goods that had left are in the house again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.inventory.actions.receive_stock import receive_stock
from app.inventory.errors import InvalidQuantity
from app.inventory.model import OwnerKind, StockLine
from app.kit.db import Row, WriteTx
from app.kit.errors import NotFound
from app.orders.sql import components_of


@dataclass(frozen=True, slots=True)
class ReturnedGoods:
    """How goods came back, in units by the order's line number; the rest is sound. missing: did not come back."""

    damaged: Mapping[int, int] = field(default_factory=dict[int, int])
    missing: Mapping[int, int] = field(default_factory=dict[int, int])


async def put_back_units(
    tx: WriteTx, order_id: UUID, lines: Sequence[Row], goods: ReturnedGoods, *, location_id: int | None, actor: str
) -> None:
    """Put what came back of an order into stock: bundles by what they are made of, damaged units set aside.

    lines: with line_no, variant_id, quantity, and location_id that they had left from; location_id: where all came to
    instead. Raises NotFound for other lines and locations, InvalidQuantity for more damaged and missing units than
    there were.
    """
    made_of: dict[int, list[tuple[int, int]]] = {}
    for part in await components_of(tx, [order_id]):
        made_of.setdefault(part.line_no, []).append((part.variant_id, part.quantity))
    damaged, missing = dict(goods.damaged), dict(goods.missing)
    sound_lines: dict[tuple[int, int], int] = {}
    damaged_lines: dict[tuple[int, int], int] = {}
    for line in lines:
        gone = _take(missing, line.line_no, line.quantity)
        broken = _take(damaged, line.line_no, line.quantity - gone)
        for variant_id, each in made_of.get(line.line_no, [(line.variant_id, 1)]):
            place = (variant_id, location_id or line.location_id)
            sound_lines[place] = sound_lines.get(place, 0) + (line.quantity - gone - broken) * each
            damaged_lines[place] = damaged_lines.get(place, 0) + broken * each
    _refuse_rest({line.line_no for line in lines}, damaged, missing)
    await receive_stock(
        tx,
        _stock_lines(sound_lines),
        damaged=_stock_lines(damaged_lines),
        kind="RETURNED",
        cause_kind=OwnerKind.ORDER,
        cause_id=order_id,
        actor=actor,
    )


def _take(units: dict[int, int], line_no: int, at_most: int) -> int:
    """A line may have left in several parcels: the first ones take what is said of it."""
    taken = min(max(units.get(line_no, 0), 0), at_most)
    if line_no in units:
        units[line_no] -= taken
    return taken


def _refuse_rest(known: set[int], *said: Mapping[int, int]) -> None:
    for units in said:
        for line_no, left in units.items():
            if line_no not in known:
                raise NotFound(f"Line {line_no} is not part of what had left.", path=["lineNo"])
            if left:
                message = f"Line {line_no} has fewer units than are said to be damaged or missing."
                raise InvalidQuantity(message, minimum=0)


def _stock_lines(units: Mapping[tuple[int, int], int]) -> list[StockLine]:
    return [StockLine(*place, quantity) for place, quantity in sorted(units.items()) if quantity]
