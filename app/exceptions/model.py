"""Kinds of cases. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
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
    TEXT_CHANGED_FOR_CARRIER = "TEXT_CHANGED_FOR_CARRIER"


class CaseStatus(StrEnum):
    """Whether somebody still has to do something."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """A case to open. subject: (kind of object, its id as text), such as ("PICKUP", "…"). facts: JSON values."""

    kind: CaseKind
    subject: tuple[str, str]
    location_id: int | None = None
    partner_id: UUID | None = None
    order_id: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
