"""Refusals as data: the interface `UserError` and its concrete types, which carry the facts."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final, TypeVar

import strawberry

from app.kit.errors import DomainError, ErrorCode
from app.kit.graphql.enums import describe_enum

describe_enum(
    ErrorCode,
    "Why a request was refused. Codes are stable; new ones may be added.",
    {
        ErrorCode.INVALID_INPUT: "A value that no state of the shop could make right.",
        ErrorCode.NOT_FOUND: "There is no such object, or none that the caller may see.",
        ErrorCode.IDEMPOTENCY_KEY_REUSED: "The key was used before with another request.",
        ErrorCode.INVALID_QUANTITY: "A quantity outside of what one request may ask for.",
        ErrorCode.INSUFFICIENT_STOCK: "There are fewer units than were asked for.",
        ErrorCode.QUANTITY_CONFLICT: "The quantity on hand is not the expected one.",
        ErrorCode.OVER_DELIVERY: "More units than were ordered.",
        ErrorCode.VERSION_CONFLICT: "The object was changed since it was read.",
        ErrorCode.RESERVATION_EXPIRED: "The reserved units have gone back on sale.",
        ErrorCode.RESERVATION_NOT_EXTENDABLE: "The reservation's end cannot be moved there now.",
        ErrorCode.RESERVED_TOO_OFTEN: "The cart was reserved anew too often within an hour.",
        ErrorCode.CART_EXPIRED: "The cart was left alone for too long.",
        ErrorCode.CART_COMPLETED: "The cart has become an order.",
        ErrorCode.CART_EMPTY: "There is nothing in the cart.",
        ErrorCode.CART_TOO_LARGE: "More lines, rows or money than one cart or one request may have.",
        ErrorCode.PRICE_CHANGED: "Something costs another amount than the buyer was told.",
        ErrorCode.NOT_SOLD: "The variant is not sold in the channel now.",
        ErrorCode.DELIVERY_MISSING: "Nobody has said how a line is to be handed over.",
        ErrorCode.DELIVERY_MODE_NOT_ELIGIBLE: "The goods or the location do not allow the delivery mode.",
        ErrorCode.LOCKER_FULL: "No compartment of the station is free for the goods.",
        ErrorCode.SLOT_FULL: "The pickup slot has as many orders as it takes.",
        ErrorCode.SLOT_NOT_OFFERED: "The pickup slot cannot be had, even if it is not full.",
        ErrorCode.SLOT_MISSING: "The store hands over by slots, and none was chosen.",
        ErrorCode.INVALID_POSTAL_CODE: "The text is no Japanese postal code.",
        ErrorCode.UNKNOWN_CURRENCY: "The channel does not sell in the currency.",
        ErrorCode.PAYMENT_DECLINED: "The payment provider declined.",
        ErrorCode.REFUND_TOO_LARGE: "More was to be given back than was taken and not given back yet.",
        ErrorCode.PAYMENT_METHOD_NOT_ELIGIBLE: "The order cannot be paid like this.",
        ErrorCode.INVALID_TRANSITION: "The object's state does not allow the step.",
        ErrorCode.PICKUP_CODE_INVALID: "The code is not the pickup's; the attempt was counted.",
        ErrorCode.PICKUP_CODE_LOCKED: "Too many wrong codes were tried.",
        ErrorCode.TOO_MANY_WRONG_CODES: "So many wrong codes were said that none is looked at for a while.",
        ErrorCode.PICKUP_NOT_EXTENDABLE: "The place does not keep the goods for longer.",
        ErrorCode.PICKUP_CODE_NOT_VERIFIED: "The pickup's code has to be verified first, or again after 15 minutes.",
        ErrorCode.PICKUP_STILL_HELD: "The goods are kept for the shopper for longer.",
        ErrorCode.INVALID_CARRIER_CODE: "The carrier cannot have given out this number.",
        ErrorCode.TRACKING_NUMBER_USED: "The tracking number belongs to another shipment.",
        ErrorCode.WORK_TAKEN: "The work is somebody else's.",
        ErrorCode.WORK_ON_HOLD: "The work on these goods is on hold.",
        ErrorCode.WORK_LISTED: "The work is in a pick list already.",
        ErrorCode.CODE_TAKEN: "Something else has this code or name, which may exist once.",
        ErrorCode.BEYOND_KEY: "More than the caller's own key allows.",
        ErrorCode.LAST_KEY: "Without this key nobody could make keys any more.",
        ErrorCode.CURSOR_EXPIRED: "What lies behind the cursor is not kept any more: read everything anew.",
        ErrorCode.OUTDATED: "Something newer has been told already.",
        ErrorCode.COUNT_INCOMPLETE: "Lines of a count session were not counted, or counters disagree.",
        ErrorCode.FOUR_EYES_NEEDED: "Somebody else has to approve.",
        ErrorCode.BEING_COUNTED: "Another open count session has the variant.",
        ErrorCode.RETRYABLE: "Nothing was done; the same request may be sent again.",
    },
)


@strawberry.interface(description="A refusal that the caller can act on. Concrete types carry the facts.")
class UserError:
    """Base of all refusals in the API."""

    code: ErrorCode = strawberry.field(description="Why, for programs.")
    message: str = strawberry.field(description="Why, in a sentence for people (English).")
    path: list[str] | None = strawberry.field(
        description="Where in the arguments the trouble is, from `input` downwards; null: nowhere in particular."
    )


ErrorType = TypeVar("ErrorType", bound=type[UserError])
ERROR_TYPES: Final[dict[ErrorCode, type[UserError]]] = {}


def user_error(code: ErrorCode, description: str) -> Callable[[ErrorType], ErrorType]:
    """Declare the concrete GraphQL type of a refusal. Its own fields are named like the refusal's facts.

    Fields of one name have one type in all refusals: a document may ask several of them for it.
    """

    def register(cls: ErrorType) -> ErrorType:
        declared = strawberry.type(cls, description=description)
        ERROR_TYPES[code] = declared
        return declared

    return register


@strawberry.type(description="A refusal that needs no facts beyond its code and message.")
class GenericError(UserError):
    """Used for codes without a type of their own."""


@user_error(ErrorCode.VERSION_CONFLICT, "The object was changed since it was read.")
class VersionConflictError(UserError):
    """Read the object again and decide anew."""

    current_version: int = strawberry.field(description="The version that the object has now.")


@user_error(ErrorCode.INVALID_TRANSITION, "The object's state does not allow this step.")
class InvalidTransitionError(UserError):
    """Read the object again; somebody else may have taken the step."""

    current_status: str = strawberry.field(description="The state that the object is in.")


@user_error(ErrorCode.CODE_TAKEN, "Something else has this code or name, which may exist once.")
class CodeTakenError(UserError):
    """Choose another one."""

    value: str = strawberry.field(description="The code or name.")
    owner: str | None = strawberry.field(
        description="Who has it, such as the SKU with this JAN code; null where that is not told.", default=None
    )


@user_error(ErrorCode.BEYOND_KEY, "More than the caller's own key allows.")
class BeyondKeyError(UserError):
    """Ask somebody whose key allows more."""

    scopes: list[str] = strawberry.field(
        description="The scopes that the caller lacks; empty when its key is limited to locations.",
        default_factory=list[str],
    )


def to_user_error(error: DomainError) -> UserError:
    """The GraphQL object of a refusal."""
    return build_user_error(error.code, error.message, error.path, error.facts)


def build_user_error(code: ErrorCode, message: str, path: list[str], facts: dict[str, Any]) -> UserError:
    """The GraphQL object from its parts; facts that the type does not know are left out."""
    cls = ERROR_TYPES.get(code, GenericError)
    known = {field.name for field in fields(cls)} - {"code", "message", "path"}  # pyright: ignore[reportArgumentType]
    values = {name: value for name, value in facts.items() if name in known}
    return cls(code=code, message=message, path=path or None, **values)
