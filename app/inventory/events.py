"""Facts that the inventory slice publishes. Stock levels (topic `stock`) are published by the ledger."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.kit.events import Event


@dataclass(frozen=True, slots=True)
class TransferEvent(Event):
    """What all facts about a transfer tell. order_id: the order that the units are for, if an order raised
    it.
    """

    key_field: ClassVar[str] = "transfer_id"

    transfer_id: UUID
    order_id: UUID | None
    from_location_id: int
    to_location_id: int
    status: str


@dataclass(frozen=True, slots=True)
class TransferCreated(TransferEvent):
    """Units are to be sent from one location to another."""

    topic: ClassVar[str] = "transfer_created"


@dataclass(frozen=True, slots=True)
class TransferShipped(TransferEvent):
    """The units have left."""

    topic: ClassVar[str] = "transfer_shipped"


@dataclass(frozen=True, slots=True)
class TransferReceived(TransferEvent):
    """Units have arrived, or are given up as lost. status tells whether more are under way.

    received (sound ones), lost, damaged, surplus: units of this arrival by line number of the transfer (as text,
    because keys of JSON are).
    """

    topic: ClassVar[str] = "transfer_received"

    received: dict[str, int]
    lost: dict[str, int]
    damaged: dict[str, int]
    surplus: dict[str, int]


@dataclass(frozen=True, slots=True)
class TransferChanged(TransferEvent):
    """A draft has other lines or is final, or units that waited at the source will not be sent."""

    topic: ClassVar[str] = "transfer_changed"


@dataclass(frozen=True, slots=True)
class TransferCanceled(TransferEvent):
    """The transfer will not take place."""

    topic: ClassVar[str] = "transfer_canceled"


@dataclass(frozen=True, slots=True)
class ReservationExpired(Event):
    """The reserved units of an owner went back on sale because nobody confirmed them in time."""

    topic: ClassVar[str] = "reservation_expired"
    key_field: ClassVar[str] = "owner_id"

    owner_kind: str
    owner_id: UUID


@dataclass(frozen=True, slots=True)
class PurchaseOrderChanged(Event):
    """A purchase order was made, took a step or has other dates; what is expected of its variants may be another."""

    topic: ClassVar[str] = "purchase_order_changed"
    key_field: ClassVar[str] = "purchase_order_id"

    purchase_order_id: UUID
    location_id: int
    status: str
    variant_ids: list[int]


@dataclass(frozen=True, slots=True)
class CountSessionChanged(Event):
    """A count session was opened, something was recorded or rejected, or it has ended."""

    topic: ClassVar[str] = "count_session_changed"
    key_field: ClassVar[str] = "count_session_id"

    count_session_id: UUID
    location_id: int
    status: str


@dataclass(frozen=True, slots=True)
class UnitsForWaiting(Event):
    """Units that somebody waits for may be had. Triggers tell it, too: with every movement that frees some."""

    topic: ClassVar[str] = "units_for_waiting"
    key_field: ClassVar[str] = "variant_id"

    variant_id: int


@dataclass(frozen=True, slots=True)
class PromisesMoved(Event):
    """Units that were allocated to an order are not there, and others, at other places, are allocated instead."""

    topic: ClassVar[str] = "promises_moved"
    key_field: ClassVar[str] = "order_id"

    order_id: UUID


@dataclass(frozen=True, slots=True)
class PromiseBroken(Event):
    """Units that were allocated to a line of an order are not there: they were counted, damaged or lost.

    quantity: units of the line. A bundle counts once, whatever of it is missing; variant_id is one of its components.
    """

    topic: ClassVar[str] = "promise_broken"
    key_field: ClassVar[str] = "order_id"

    order_id: UUID
    line_no: int
    variant_id: int
    location_id: int
    quantity: int
