"""What is wrong with the pickup slots that were chosen, or were not. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.capacity.model.slot_refusals import others, slot_refusal
from app.capacity.model.slots import Slot, SlotBoard, SlotReason
from app.carts.model.problems import CartProblem, CartProblemCode, InsufficientStockProblem, PickupSlotProblem
from app.sourcing.model import Available, DeliveryMode


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is collected at a store. is_here: whether its units lie there; will_wait: nobody has them yet."""

    row: Any
    is_here: bool
    will_wait: bool


def slot_problems(
    rows: Iterable[Any], board: SlotBoard, available: Available, short: Iterable[CartProblem], now: datetime
) -> list[CartProblem]:
    """What is wrong with the slots of a cart's lines (rows), once for each delivery.

    Units that are not at the store have to be there before its slot begins; what waits for its arrival needs none.
    available: units by (variant id, location id), with those that are reserved for the cart. short: what is wrong with
    the lines otherwise.
    """
    by_delivery: dict[UUID, list[_Line]] = {}
    missing = {one.line_id for one in short if isinstance(one, InsufficientStockProblem)}
    totals: dict[int, int] = {}
    for (variant_id, _), units in available.items():
        totals[variant_id] = totals.get(variant_id, 0) + max(units, 0)
    for row in rows:
        if row.mode == DeliveryMode.STORE_PICKUP and (row.slot_begins is not None or row.needs_slot):
            is_here = available.get((row.variant_id, row.delivery_location_id), 0) >= row.quantity
            will_wait = totals.get(row.variant_id, 0) < row.quantity and row.id not in missing
            by_delivery.setdefault(row.delivery_id, []).append(_Line(row, is_here, will_wait))
    found: list[CartProblem] = []
    for lines in by_delivery.values():
        found += _of_delivery([line for line in lines if not line.will_wait], board, now)
    return found


def _of_delivery(lines: Sequence[_Line], board: SlotBoard, now: datetime) -> Iterator[CartProblem]:
    if not lines:
        return
    first = lines[0].row
    place, begins = first.delivery_location_id, first.slot_begins
    plan = board.plans.get(place)
    away = [line.row for line in lines if not line.is_here]
    ready = plan.transferred(now) if plan is not None and away else None

    def problem(line_id: UUID, reason: SlotReason | None) -> PickupSlotProblem:
        return PickupSlotProblem(line_id, code_of(reason), place, reason, tuple(others(board, place, now, ready=ready)))

    if begins is None:
        yield problem(first.id, None)
    elif reason := board.reason(place, begins, now):
        yield problem(first.id, reason)
    elif ready is not None and begins < ready:
        for row in away:
            yield problem(row.id, SlotReason.GOODS_NOT_READY)


def code_of(reason: SlotReason | None) -> CartProblemCode:
    """The code of what is wrong with a slot; None: there is none."""
    if reason is None:
        return CartProblemCode.SLOT_MISSING
    return CartProblemCode.SLOT_FULL if reason is SlotReason.FULL else CartProblemCode.SLOT_NOT_OFFERED


def by_lines(rows: Iterable[Any], *problems: Iterable[CartProblem]) -> list[CartProblem]:
    """Problems in the order of the lines that they are about."""
    places = {row.id: number for number, row in enumerate(rows)}
    return sorted((one for some in problems for one in some), key=lambda one: places[one.line_id])


def require_slot(board: SlotBoard, location_id: int, begins: datetime, now: datetime, *path: str) -> Slot:
    """The slot that a buyer chooses at a place. Raises SlotFull or SlotNotOffered with others that can be had."""
    reason = board.reason(location_id, begins, now)
    plan = board.plans.get(location_id)
    slot = None if plan is None else plan.slot_at(begins)
    if reason is not None or slot is None:
        found = others(board, location_id, now)
        raise slot_refusal(reason or SlotReason.NO_SUCH_SLOT, location_id, begins, found, path=path)
    return slot


def early_stores(deliveries: Iterable[Any], board: SlotBoard, now: datetime) -> Mapping[UUID, int]:
    """The store of each delivery (row) whose slot begins before goods from elsewhere are there, by the delivery's id:
    only the store's own units can be collected then.
    """
    return {
        row.id: row.location_id
        for row in deliveries
        if row.slot_begins is not None
        and (plan := board.plans.get(row.location_id)) is not None
        and row.slot_begins < plan.transferred(now)
    }
