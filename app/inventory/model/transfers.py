"""Rules of transfers: their life, and what may leave, arrive and be given up. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from app.inventory.errors import InvalidQuantity
from app.kit.errors import NotFound
from app.kit.machine import Machine

# How the input of `transferReceive` calls the units of a line.
_PARTS: Final = ("receivedQuantity", "damagedQuantity", "lostQuantity", "surplusQuantity")


class TransferStatus(StrEnum):
    """Where a transfer stands. Of one that is under way, units may still wait at the source."""

    DRAFT = "DRAFT"
    READY_TO_SHIP = "READY_TO_SHIP"
    IN_TRANSIT = "IN_TRANSIT"
    PARTIALLY_RECEIVED = "PARTIALLY_RECEIVED"
    RECEIVED = "RECEIVED"
    CANCELED = "CANCELED"


class TransferStep(StrEnum):
    """What can be done with a transfer. WITHDRAW: units that have not left will not be sent."""

    EDIT = "EDIT"
    SET_DATE = "SET_DATE"
    MAKE_READY = "MAKE_READY"
    SHIP = "SHIP"
    RECEIVE = "RECEIVE"
    WITHDRAW = "WITHDRAW"
    CLOSE = "CLOSE"
    CANCEL = "CANCEL"


class DiscrepancyReason(StrEnum):
    """Why other units arrived than were sent."""

    LOST = "LOST"
    STOLEN = "STOLEN"
    BROKEN = "BROKEN"
    NOT_SENT = "NOT_SENT"
    MISCOUNTED = "MISCOUNTED"
    UNEXPLAINED = "UNEXPLAINED"


_State = TransferStatus
_Step = TransferStep
UNDER_WAY: Final = (_State.IN_TRANSIT, _State.PARTIALLY_RECEIVED)

TRANSFER: Final = Machine(
    "transfer",
    (_State.DRAFT, _State.READY_TO_SHIP),
    {
        _Step.EDIT: {_State.DRAFT: (_State.DRAFT,)},
        _Step.SET_DATE: {state: (state,) for state in (_State.DRAFT, _State.READY_TO_SHIP, *UNDER_WAY)},
        _Step.MAKE_READY: {_State.DRAFT: (_State.READY_TO_SHIP,)},
        _Step.SHIP: {
            _State.READY_TO_SHIP: (_State.IN_TRANSIT,),
            _State.IN_TRANSIT: (_State.IN_TRANSIT,),
            _State.PARTIALLY_RECEIVED: (_State.PARTIALLY_RECEIVED,),
        },
        _Step.RECEIVE: dict.fromkeys(UNDER_WAY, (_State.PARTIALLY_RECEIVED, _State.RECEIVED)),
        _Step.WITHDRAW: {
            _State.READY_TO_SHIP: (_State.READY_TO_SHIP, _State.CANCELED),
            _State.IN_TRANSIT: (_State.IN_TRANSIT,),
            _State.PARTIALLY_RECEIVED: (_State.PARTIALLY_RECEIVED, _State.RECEIVED),
        },
        _Step.CLOSE: dict.fromkeys(UNDER_WAY, (_State.RECEIVED,)),
        _Step.CANCEL: {_State.DRAFT: (_State.CANCELED,), _State.READY_TO_SHIP: (_State.CANCELED,)},
    },
)


@dataclass(frozen=True, slots=True)
class TransferLineDraft:
    """Units to send. order_line_no: the order's line that they are for, when an order raised the transfer."""

    variant_id: int
    quantity: int
    order_line_no: int | None = None


@dataclass(frozen=True, slots=True)
class TransferLine:
    """What became of the units of one line so far. received: damaged ones included."""

    line_no: int
    variant_id: int
    quantity: int
    shipped: int
    received: int
    lost: int
    withdrawn: int
    order_line_no: int | None

    @property
    def under_way(self) -> int:
        """Units that have left and are not accounted for yet."""
        return self.shipped - self.received - self.lost

    @property
    def unsent(self) -> int:
        """Units that wait at the source."""
        return self.quantity - self.shipped - self.withdrawn


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of units under way, in units by line number, in the order in which they are told. received: sound
    ones; None: all that are under way and not named otherwise. surplus: sound ones that came on top of what was sent.
    """

    received: Mapping[int, int] | None = None
    damaged: Mapping[int, int] = field(default_factory=dict[int, int])
    lost: Mapping[int, int] = field(default_factory=dict[int, int])
    surplus: Mapping[int, int] = field(default_factory=dict[int, int])


@dataclass(frozen=True, slots=True)
class CheckedArrival:
    """The same without zeros, when the lines allow it."""

    received: dict[int, int]
    damaged: dict[int, int]
    lost: dict[int, int]
    surplus: dict[int, int]

    @property
    def accounted(self) -> dict[int, int]:
        """Units by line number that are not under way any more."""
        units = dict[int, int]()
        for part in (self.received, self.damaged, self.lost):
            for line_no, quantity in part.items():
                units[line_no] = units.get(line_no, 0) + quantity
        return units


def transfer_line_of(row: Any) -> TransferLine:
    """The line in a row of the table."""
    return TransferLine(
        row["line_no"],
        row["variant_id"],
        row["quantity"],
        row["shipped_quantity"],
        row["received_quantity"],
        row["lost_quantity"],
        row["withdrawn_quantity"],
        row["order_line_no"],
    )


def check_shipment(lines: Iterable[TransferLine], quantities: Mapping[int, int] | None) -> dict[int, int]:
    """Units that leave by line number, without zeros. quantities: in the order in which they are told, so that paths of
    refusals name a line's place there; None: all that wait at the source.

    Raises NotFound for a line that is not there, InvalidQuantity for more units than wait and for nothing at all.
    """
    unsent = {line.line_no: line.unsent for line in lines}
    wanted = unsent if quantities is None else quantities
    _check_lines(unsent, wanted)
    for index, (line_no, units) in enumerate(wanted.items()):
        if not 0 <= units <= unsent[line_no]:
            message = f"{unsent[line_no]} units of line {line_no} wait to be sent, not {units}."
            raise InvalidQuantity(message, path=_path(index, "quantity"), minimum=0, maximum=unsent[line_no])
    leaving = _without_zeros(wanted)
    if not leaving:
        message = "Nothing leaves."
        raise InvalidQuantity(message, path=["input", "lines"], minimum=1, maximum=sum(unsent.values()))
    return leaving


def check_arrival(lines: Iterable[TransferLine], arrival: Arrival) -> CheckedArrival:
    """Raises NotFound for a line that is not there, InvalidQuantity for more units than are under way, for negative
    ones, and for nothing at all; paths name the line's place in what was told.
    """
    under_way = {line.line_no: line.under_way for line in lines}
    received = arrival.received
    if received is None:
        received = {
            line_no: max(units - arrival.damaged.get(line_no, 0) - arrival.lost.get(line_no, 0), 0)
            for line_no, units in under_way.items()
        }
    parts = (received, arrival.damaged, arrival.lost, arrival.surplus)
    _check_lines(under_way, *parts)
    for index, line_no in enumerate(dict.fromkeys(line_no for part in parts for line_no in part)):
        _check_line(index, line_no, [part.get(line_no, 0) for part in parts], under_way[line_no])
    found = CheckedArrival(*(_without_zeros(part) for part in parts))
    if not (found.received or found.damaged or found.lost or found.surplus):
        message = "Nothing arrives."
        raise InvalidQuantity(message, path=["input", "lines"], minimum=1, maximum=sum(under_way.values()))
    return found


def _check_line(index: int, line_no: int, named: Sequence[int], under_way: int) -> None:
    """named: units that are sound, damaged, lost, and too many."""
    accounted = sum(named[:3])
    negative = [_PARTS[part] for part, units in enumerate(named) if units < 0]
    if negative or accounted > under_way:
        message = f"{under_way} units of line {line_no} are under way, not {accounted}."
        part = negative[0] if negative else next(_PARTS[part] for part, units in enumerate(named) if units)
        raise InvalidQuantity(message, path=_path(index, part), minimum=0, maximum=under_way)


def status_after(lines: Iterable[TransferLine], arrived: Mapping[int, int]) -> TransferStatus:
    """RECEIVED once nothing is under way and nothing waits at the source, else PARTIALLY_RECEIVED.

    arrived: units by line number that are not under way any more.
    """
    is_open = any(line.unsent or line.under_way > arrived.get(line.line_no, 0) for line in lines)
    return TransferStatus.PARTIALLY_RECEIVED if is_open else TransferStatus.RECEIVED


def _check_lines(known: Mapping[int, int], *named: Mapping[int, int]) -> None:
    for index, line_no in enumerate(dict.fromkeys(line_no for part in named for line_no in part)):
        if line_no not in known:
            message = f"The transfer has no line {line_no}."
            raise NotFound(message, path=_path(index, "lineNo"))


def _path(index: int, name: str) -> list[str]:
    return ["input", "lines", str(index), name]


def _without_zeros(units: Mapping[int, int]) -> dict[int, int]:
    return {line_no: quantity for line_no, quantity in units.items() if quantity}
