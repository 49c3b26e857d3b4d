"""Kinds of cases. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from uuid import UUID


class CaseKind(StrEnum):
    """What is wrong."""

    CONTRADICTORY_REPORTS = "CONTRADICTORY_REPORTS"
    EXPIRED_TOO_EARLY = "EXPIRED_TOO_EARLY"
    BLOCKED_AT_POINT = "BLOCKED_AT_POINT"
    REPORTED_BEFORE_SHIPMENT = "REPORTED_BEFORE_SHIPMENT"
    COLLECTED_WITHOUT_CODE = "COLLECTED_WITHOUT_CODE"
    NOT_REPORTED_IN_TIME = "NOT_REPORTED_IN_TIME"
    PARCEL_LOST = "PARCEL_LOST"
    PARCEL_COMES_BACK = "PARCEL_COMES_BACK"
    REFUND_DUE = "REFUND_DUE"
    TRANSFER_LATE = "TRANSFER_LATE"
    TEXT_CHANGED_FOR_CARRIER = "TEXT_CHANGED_FOR_CARRIER"
    LOCKER_FULL = "LOCKER_FULL"


class CaseStatus(StrEnum):
    """Whether somebody still has to do something."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Remedy:
    """A mutation that may solve a case. takes: which of its input fields get the subject, the order, or a fixed value.

    Values: `subject` and `order` stand for the global ids of those.
    """

    mutation: str
    why: str
    takes: Mapping[str, str] = field(default_factory=dict[str, str])


_PICKUP: Final = {"pickupId": "subject"}
_TAKE_BACK: Final = Remedy("pickupTakeBack", "The goods are back in the house.", _PICKUP)
_COLLECTED: Final = Remedy("pickupReport", "The point says that the buyer has them.", {**_PICKUP, "kind": "COLLECTED"})
_SENT_BACK: Final = Remedy("pickupReport", "They are on their way back.", {**_PICKUP, "kind": "RETURN_SENT"})
_READY: Final = Remedy("pickupReport", "They can be collected (again).", {**_PICKUP, "kind": "READY"})
_UNPACKED: Final = Remedy("shipmentTakeBack", "The goods of a home delivery are back in the house.")
_NOTHING: Final = Remedy("exceptionCaseClose", "Everything is as it should be, or was put right elsewhere.")
_NOT_IN_STOCK: Final = Remedy(
    "stockAdjust",
    "The point is right, and the goods are not in the house: `facts.goods` are the units that were put into stock. "
    "A buyer who has them still owes `facts.amountMinor`.",
    {"reason": "CORRECTION"},
)
_IN_STOCK: Final = Remedy("exceptionCaseClose", "The point is wrong: the goods are in the house.")
_DELIVERED: Final = Remedy("trackingReport", "The buyer has it.", {"packageId": "subject", "kind": "DELIVERED"})
REMEDIES: Final[Mapping[CaseKind, tuple[Remedy, ...]]] = {
    CaseKind.CONTRADICTORY_REPORTS: (_TAKE_BACK, _COLLECTED, _NOTHING),
    CaseKind.EXPIRED_TOO_EARLY: (_READY, _SENT_BACK, _NOTHING),
    CaseKind.BLOCKED_AT_POINT: (_READY, _SENT_BACK, _TAKE_BACK),
    CaseKind.REPORTED_BEFORE_SHIPMENT: (
        Remedy("shipmentCreate", "The parcel has left, and nobody has said so."),
        _NOTHING,
    ),
    CaseKind.COLLECTED_WITHOUT_CODE: (_NOTHING,),
    CaseKind.PARCEL_LOST: (_UNPACKED, _NOTHING),
    CaseKind.PARCEL_COMES_BACK: (_UNPACKED, _NOTHING),
    CaseKind.TRANSFER_LATE: (
        Remedy("transferDateSet", "They come, and somebody knows when.", {"transferId": "subject"}),
        Remedy("transferClose", "What has not come will not come.", {"transferId": "subject"}),
        Remedy("orderCancel", "The buyer does not want to wait.", {"orderId": "order"}),
        _NOTHING,
    ),
    CaseKind.REFUND_DUE: (
        Remedy("orderRefund", "It is given back: `facts.amountMinor` says how much.", {"orderId": "order"}),
        _NOTHING,
    ),
    CaseKind.TEXT_CHANGED_FOR_CARRIER: (_NOTHING,),
    CaseKind.LOCKER_FULL: (
        Remedy("pickupRelocate", "Another station takes them: `facts.stations` are the nearest with room."),
        Remedy("lockerFaultSet", "A compartment there works again."),
        _NOTHING,
    ),
    CaseKind.NOT_REPORTED_IN_TIME: (
        _COLLECTED,
        _SENT_BACK,
        _TAKE_BACK,
        Remedy("pickupExtend", "They are kept.", _PICKUP),
    ),
}

# Of reports that do not go together it depends on what they are about, and on what became of it.
_OF_CONTRADICTIONS: Final[Mapping[tuple[str, str], tuple[Remedy, ...]]] = {
    ("PICKUP", "RETURNED"): (_NOT_IN_STOCK, _IN_STOCK),
    ("PICKUP", "COLLECTED"): (_NOTHING,),
    ("PICKUP", "CANCELED"): (_NOTHING,),
}


def remedies_of(kind: CaseKind, subject_kind: str, status: str | None) -> tuple[Remedy, ...]:
    """What may solve a case, the likeliest first. status: what had become of its subject when it was found."""
    if kind is not CaseKind.CONTRADICTORY_REPORTS:
        return REMEDIES[kind]
    if subject_kind == "PACKAGE":
        return (_NOTHING,) if status == "TAKEN_BACK" else (_DELIVERED, _UNPACKED, _NOTHING)
    return _OF_CONTRADICTIONS.get((subject_kind, status or ""), REMEDIES[kind])


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """A case to open. subject: (kind of object, its id as text), such as ("PICKUP", "…"). facts: JSON values.

    causes: what the trouble consists of, by any names: a case that a person closed is not opened again for the same.
    Without any each time is another trouble.
    """

    kind: CaseKind
    subject: tuple[str, str]
    location_id: int | None = None
    partner_id: UUID | None = None
    order_id: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    causes: frozenset[str] = frozenset()
