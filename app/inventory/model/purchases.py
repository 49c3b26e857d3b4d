"""Rules of purchase orders: their life, and how many units a delivery may bring. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from app.inventory.errors import InvalidQuantity, OverDelivery
from app.inventory.model import check_quantity
from app.kit.errors import NotFound
from app.kit.machine import Machine

MAX_OVER_DELIVERY_PERCENT: Final = 100


class PurchaseOrderStatus(StrEnum):
    """What a supplier has been asked for, and how much of it has come."""

    DRAFT = "DRAFT"
    ORDERED = "ORDERED"
    PARTIALLY_RECEIVED = "PARTIALLY_RECEIVED"
    RECEIVED = "RECEIVED"
    CLOSED_SHORT = "CLOSED_SHORT"
    CANCELED = "CANCELED"


class PurchaseOrderStep(StrEnum):
    """What can be done with a purchase order."""

    EDIT = "EDIT"
    PLACE = "PLACE"
    SET_DATES = "SET_DATES"
    RECEIVE = "RECEIVE"
    CLOSE = "CLOSE"
    CANCEL = "CANCEL"


_State = PurchaseOrderStatus
_Step = PurchaseOrderStep
INCOMING: Final = (_State.ORDERED, _State.PARTIALLY_RECEIVED)
"""The states in which units are expected: those that were ordered and have not been received."""

PURCHASE_ORDER: Final = Machine(
    "purchase order",
    (_State.DRAFT,),
    {
        _Step.EDIT: {_State.DRAFT: (_State.DRAFT,)},
        _Step.PLACE: {_State.DRAFT: (_State.ORDERED,)},
        _Step.SET_DATES: {state: (state,) for state in (_State.DRAFT, *INCOMING)},
        _Step.RECEIVE: dict.fromkeys(INCOMING, (_State.PARTIALLY_RECEIVED, _State.RECEIVED)),
        _Step.CLOSE: dict.fromkeys(INCOMING, (_State.CLOSED_SHORT,)),
        _Step.CANCEL: {_State.DRAFT: (_State.CANCELED,), _State.ORDERED: (_State.CANCELED,)},
    },
)


@dataclass(frozen=True, slots=True)
class PurchaseLineDraft:
    """Units to buy. expected_on: the day (of the location) on which they are to arrive, where it is known."""

    variant_id: int
    quantity: int
    expected_on: date | None = None


@dataclass(frozen=True, slots=True)
class PurchaseLine:
    """Units that were ordered, and those of them that have come so far."""

    line_no: int
    ordered: int
    received: int

    @property
    def outstanding(self) -> int:
        """Units that are still expected."""
        return max(self.ordered - self.received, 0)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Units that arrive by line number, in the order in which they are told. sound: those that can be sold; None: all
    that are outstanding. damaged: those that came and cannot be sold, on top of the sound ones.
    """

    sound: Mapping[int, int] | None = None
    damaged: Mapping[int, int] = field(default_factory=dict[int, int])


@dataclass(frozen=True, slots=True)
class CheckedDelivery:
    """The same without zeros, when the lines allow it. arriving: sound and damaged ones."""

    sound: dict[int, int]
    damaged: dict[int, int]
    arriving: dict[int, int]


def check_delivery(
    lines: Mapping[int, PurchaseLine], delivery: Delivery, *, over_delivery_percent: int
) -> CheckedDelivery:
    """A line may bring up to `over_delivery_percent` (0..100) of its ordered units, rounded down, more than was
    ordered. Raises NotFound for a line that is not there, OverDelivery past the tolerance, InvalidQuantity for negative
    quantities, for nothing at all and for another percentage; their paths name the place in what was told.
    """
    check_over_delivery(over_delivery_percent)
    sound = delivery.sound
    if sound is None:
        sound = {line.line_no: line.outstanding for line in lines.values()}
    for index, line_no in enumerate(dict.fromkeys((*sound, *delivery.damaged))):
        path = ("input", "lines", str(index))
        if line_no not in lines:
            raise NotFound(f"The purchase order has no line {line_no}.", path=[*path, "lineNo"])
        check_quantity(sound.get(line_no, 0), *path, "quantity", minimum=0)
        check_quantity(delivery.damaged.get(line_no, 0), *path, "damagedQuantity", minimum=0)
        units = sound.get(line_no, 0) + delivery.damaged.get(line_no, 0)
        _check_tolerance(lines[line_no], units, over_delivery_percent, path)
    found = [{line_no: units for line_no, units in part.items() if units} for part in (sound, delivery.damaged)]
    arriving = {line_no: sum(part.get(line_no, 0) for part in found) for line_no in {**found[0], **found[1]}}
    if not arriving:
        most = sum(line.outstanding for line in lines.values())
        raise InvalidQuantity("Nothing arrives.", path=["input", "lines"], minimum=1, maximum=most)
    return CheckedDelivery(found[0], found[1], arriving)


def _check_tolerance(line: PurchaseLine, units: int, percent: int, path: Sequence[str]) -> None:
    most = line.ordered + line.ordered * percent // 100
    if units and line.received + units > most:
        raise OverDelivery(
            f"{line.received} + {units} units of line {line.line_no} would have come; at most {most} are taken.",
            path=[*path, "quantity"],
            line_no=line.line_no,
            ordered_quantity=line.ordered,
            received_quantity=line.received,
            maximum=max(most - line.received, 0),
        )


def check_over_delivery(percent: int) -> None:
    """Raises InvalidQuantity for a tolerance outside of 0..100 percent."""
    if not 0 <= percent <= MAX_OVER_DELIVERY_PERCENT:
        raise InvalidQuantity(
            f"A tolerance lies between 0 and {MAX_OVER_DELIVERY_PERCENT} percent, not at {percent}.",
            path=["input", "overDeliveryPercent"],
            minimum=0,
            maximum=MAX_OVER_DELIVERY_PERCENT,
        )


def status_after(lines: Mapping[int, PurchaseLine], arriving: Mapping[int, int]) -> PurchaseOrderStatus:
    """RECEIVED once every line has all its units, else PARTIALLY_RECEIVED."""
    is_open = any(line.outstanding > arriving.get(line.line_no, 0) for line in lines.values())
    return PurchaseOrderStatus.PARTIALLY_RECEIVED if is_open else PurchaseOrderStatus.RECEIVED
