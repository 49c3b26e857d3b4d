"""The catalogue of what endpoints can hear: types of events, the facts that they come from, and what they say. Pure.

Events are thin: ids, numbers, a status and a version. Whoever wants more asks the API with the id.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from app.fulfillment.model.pickups import PickupStatus
from app.kit.ids import global_id
from app.notifications.errors import InvalidEndpoint

MAX_TYPES: Final = 50
EVERYTHING: Final = "*"
TEST: Final = "webhook.test"


@dataclass(frozen=True, slots=True)
class Field:
    """One value of an event's data. source: its name in the fact. node: the type whose global id it is; None: as is."""

    name: str
    source: str
    says: str
    node: str | None = None


@dataclass(frozen=True, slots=True)
class EventType:
    """One type. topic, mark: of the facts that it comes from, by their `status` or `change`; mark None: all.

    is_for_partners: its facts have a `partner_id`, and whose points they are about hears them, too. is_chosen: it comes
    only to endpoints that name it or its group, never by `*`. is_newest: of one key only the newest is sent where older
    ones still wait.
    """

    name: str
    says: str
    topic: str
    fields: tuple[Field, ...]
    mark: str | None = None
    is_for_partners: bool = False
    is_chosen: bool = False
    is_newest: bool = False

    @property
    def group(self) -> str:
        """As endpoints may name it together with its siblings."""
        return self.name.partition(".")[0] + ".*"


_STATUS: Final = Field("status", "status", "Its status.")
_VERSION: Final = Field("version", "version", "Rises with every change: what has a smaller one is old.")
_PICKUP: Final = (
    Field("pickupId", "pickup_id", "The pickup.", "Pickup"),
    Field("number", "number", "Its number, as people say it."),
    Field("locationId", "location_id", "Where it is collected.", "Location"),
    _STATUS,
    _VERSION,
)
_ORDER_ID: Final = Field("orderId", "order_id", "The order.", "Order")
_TRANSFER: Final = (
    Field("transferId", "transfer_id", "The transfer.", "Transfer"),
    Field("orderId", "order_id", "The order that it is for, or null.", "Order"),
    Field("fromLocationId", "from_location_id", "Where the units come from.", "Location"),
    Field("toLocationId", "to_location_id", "Where they go.", "Location"),
    _STATUS,
)
_ENDPOINT: Final = Field("endpointId", "endpoint_id", "The webhook endpoint.", "WebhookEndpoint")

_WORK: Final = (
    Field("workId", "work_id", "The work.", "WorkInstruction"),
    Field("kind", "kind", "What is to be done, such as PICK."),
    Field("locationId", "location_id", "Where it is to be done.", "Location"),
    Field("orderId", "order_id", "The order that it is for, or null.", "Order"),
    _STATUS,
    Field("assignee", "assignee", "Whose it is, or null."),
    Field("dueAt", "due_at", "When it is to be done by, or null."),
    _VERSION,
)
_CASE: Final = (
    Field("caseId", "case_id", "The case.", "ExceptionCase"),
    Field("kind", "kind", "What is wrong, such as PARCEL_LOST."),
    Field("locationId", "location_id", "Where it is, or null.", "Location"),
    Field("orderId", "order_id", "The order that it concerns, or null.", "Order"),
    _STATUS,
    Field("assignee", "assignee", "Who looks after it, or null."),
    _VERSION,
)

_PICKUP_SAYS: Final = {
    "REQUESTED": "A pickup was asked for.",
    "PREPARING": "Its goods are being prepared.",
    "IN_TRANSIT_TO_POINT": "Its goods are on their way to the point.",
    "ARRIVED": "Its goods are at the point.",
    "READY": "It can be collected.",
    "EXPIRING": "It is still to be collected, and the time is nearly over.",
    "COLLECTED": "It was collected.",
    "EXPIRED": "It was given up uncollected.",
    "RETURNING": "Its goods are on their way back.",
    "RETURNED": "Its goods have come back.",
    "CANCELED": "It will not take place.",
}

TYPES: Final[tuple[EventType, ...]] = (
    *(
        EventType(
            f"pickup.{status.lower()}",
            _PICKUP_SAYS.get(status, f"A pickup is {status.replace('_', ' ')} now."),
            "pickup_changed",
            _PICKUP,
            mark=status,
            is_for_partners=True,
        )
        for status in PickupStatus
    ),
    EventType(
        "promise.redated",
        "The goods of a pickup at an own store will be there later than its buyer was told.",
        "promise_redated",
        (
            Field("pickupId", "pickup_id", "The pickup.", "Pickup"),
            Field("number", "number", "Its number, as people say it."),
            _ORDER_ID,
            Field("locationId", "location_id", "The store.", "Location"),
            Field("readyBy", "ready_by", "By when they are expected to be ready there (UTC)."),
        ),
    ),
    EventType("order.placed", "An order is to be fulfilled.", "order_placed", (_ORDER_ID,)),
    EventType(
        "order.changed",
        "A state of an order is another one.",
        "order",
        (
            _ORDER_ID,
            _STATUS,
            Field("paymentStatus", "payment_status", "Whether it is paid."),
            Field("fulfillmentStatus", "fulfillment_status", "How much of it was handed over."),
            _VERSION,
        ),
    ),
    EventType("order.completed", "Every unit was handed over, or never will be.", "order_completed", (_ORDER_ID,)),
    *(
        EventType(f"transfer.{verb}", says, f"transfer_{verb}", _TRANSFER)
        for verb, says in (
            ("created", "Units are to be sent from one location to another."),
            ("changed", "The lines of a draft are others, it is final, or units will not be sent."),
            ("shipped", "Units have left."),
            ("received", "Units have arrived, or are given up as lost."),
            ("canceled", "A transfer will not take place."),
        )
    ),
    EventType(
        "purchase_order.changed",
        "A purchase order was made, took a step or has other dates.",
        "purchase_order_changed",
        (
            Field("purchaseOrderId", "purchase_order_id", "The purchase order.", "PurchaseOrder"),
            Field("locationId", "location_id", "Where the units go.", "Location"),
            _STATUS,
        ),
    ),
    *(
        EventType(f"exception_case.{change.lower()}", says, "exception_case_changed", _CASE, mark=change)
        for change, says in (
            ("OPENED", "There is something that a person must solve."),
            ("CHANGED", "Somebody else looks after it, or more of it is known."),
            ("CLOSED", "It was solved, or went away by itself."),
        )
    ),
    *(
        EventType(
            f"work.{change.lower()}", f"{says} Not a part of `*`.", "work_changed", _WORK, mark=change, is_chosen=True
        )
        for change, says in (
            ("RAISED", "There is new work for people."),
            ("CHANGED", "Work took a step, or is somebody else's."),
        )
    ),
    EventType(
        "stock.changed",
        "The stock of a variant at a location is another one. Where several changes wait to be sent, only the newest "
        "is. Not a part of `*`.",
        "stock",
        (
            Field("variantId", "variant_id", "The variant.", "Variant"),
            Field("locationId", "location_id", "Where.", "Location"),
            _VERSION,
        ),
        is_chosen=True,
        is_newest=True,
    ),
    EventType(
        "webhook.stopped",
        "An endpoint is sent nothing any more, because it failed for days or said that it is gone.",
        "webhook_stopped",
        (_ENDPOINT, _STATUS),
    ),
    EventType(TEST, "Asked for by `webhookEndpointTest`; comes whatever was chosen.", "webhook_tested", (_ENDPOINT,)),
)
_BY_FACT: Final = {(each.topic, each.mark): each for each in TYPES}
# What a fact says of its type, where a topic has several.
_MARKS: Final = {
    "pickup_changed": "status",
    "work_changed": "change",
    "exception_case_changed": "change",
}


def type_of(topic: str, payload: Mapping[str, Any]) -> EventType | None:
    """The type of a fact; None for facts that nobody outside is told of."""
    return _BY_FACT.get((topic, payload.get(_MARKS[topic]) if topic in _MARKS else None))


def types_for(*, is_partner: bool) -> list[EventType]:
    """What a partner, or the shop, can hear."""
    return [each for each in TYPES if each.is_for_partners or each.name == TEST or not is_partner]


def check_types(chosen: Collection[str], *, is_partner: bool) -> list[str]:
    """The chosen types and groups, each once. Raises InvalidEndpoint for unknown ones and for none."""
    known = types_for(is_partner=is_partner)
    names = {each.name for each in known} | {each.group for each in known} | {EVERYTHING}
    unknown = sorted(set(chosen) - names)
    if not 1 <= len(chosen) <= MAX_TYPES or unknown:
        what = f"there is no {unknown[0][:80]!r}" if unknown else f"name 1 to {MAX_TYPES}"
        message = f"An endpoint hears types, groups of them such as `pickup.*`, or `*`: {what}."
        raise InvalidEndpoint(message, argument="event_types")
    return list(dict.fromkeys(chosen))


def topics_of(chosen: Iterable[str]) -> set[str]:
    """The topics of the facts behind types and groups, with that of tests."""
    wanted = frozenset(chosen)
    return {each.topic for each in TYPES if each.name == TEST or is_chosen(each, wanted)}


def is_wanted(each: EventType, payload: Mapping[str, Any], endpoint: Any) -> bool:
    """Whether an endpoint (id, partner_id, event_types) is told of a fact of this type."""
    if each.name == TEST:
        return str(endpoint["id"]) == payload["endpoint_id"]
    partner_id = endpoint["partner_id"]
    if partner_id is None and payload.get("is_sandbox"):
        return False
    if partner_id is not None and not (each.is_for_partners and payload.get("partner_id") == str(partner_id)):
        return False
    return is_chosen(each, frozenset(endpoint["event_types"]))


def is_chosen(each: EventType, chosen: frozenset[str]) -> bool:
    """Whether types and groups include a type."""
    return each.name in chosen or each.group in chosen or (EVERYTHING in chosen and not each.is_chosen)


def body_of(each: EventType, payload: Mapping[str, Any], occurred_at: datetime) -> str:
    """What is sent, as JSON."""
    data = {field.name: _value(field, payload.get(field.source)) for field in each.fields}
    return orjson.dumps({"type": each.name, "timestamp": occurred_at, "data": data}, option=orjson.OPT_UTC_Z).decode()


def _value(field: Field, value: Any) -> Any:
    if value is None or field.node is None:
        return value
    return global_id(field.node, value if isinstance(value, int) else UUID(value))
