"""Refusals: what a caller can act on. An action raises one, the edge turns it into `userErrors`."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

A = TypeVar("A")


class ErrorCode(StrEnum):
    """Every refusal that the API can give. Codes are stable; messages are for people and may change."""

    INVALID_INPUT = "INVALID_INPUT"
    NOT_FOUND = "NOT_FOUND"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    INVALID_QUANTITY = "INVALID_QUANTITY"
    INSUFFICIENT_STOCK = "INSUFFICIENT_STOCK"
    QUANTITY_CONFLICT = "QUANTITY_CONFLICT"
    OVER_DELIVERY = "OVER_DELIVERY"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    RESERVATION_EXPIRED = "RESERVATION_EXPIRED"
    RESERVATION_NOT_EXTENDABLE = "RESERVATION_NOT_EXTENDABLE"
    RESERVED_TOO_OFTEN = "RESERVED_TOO_OFTEN"
    CART_EXPIRED = "CART_EXPIRED"
    CART_COMPLETED = "CART_COMPLETED"
    CART_EMPTY = "CART_EMPTY"
    CART_TOO_LARGE = "CART_TOO_LARGE"
    PRICE_CHANGED = "PRICE_CHANGED"
    NOT_SOLD = "NOT_SOLD"
    DELIVERY_MISSING = "DELIVERY_MISSING"
    DELIVERY_MODE_NOT_ELIGIBLE = "DELIVERY_MODE_NOT_ELIGIBLE"
    LOCKER_FULL = "LOCKER_FULL"
    SLOT_FULL = "SLOT_FULL"
    SLOT_NOT_OFFERED = "SLOT_NOT_OFFERED"
    SLOT_MISSING = "SLOT_MISSING"
    INVALID_POSTAL_CODE = "INVALID_POSTAL_CODE"
    UNKNOWN_CURRENCY = "UNKNOWN_CURRENCY"
    PAYMENT_DECLINED = "PAYMENT_DECLINED"
    REFUND_TOO_LARGE = "REFUND_TOO_LARGE"
    PAYMENT_METHOD_NOT_ELIGIBLE = "PAYMENT_METHOD_NOT_ELIGIBLE"
    INVALID_TRANSITION = "INVALID_TRANSITION"
    PICKUP_CODE_INVALID = "PICKUP_CODE_INVALID"
    PICKUP_CODE_LOCKED = "PICKUP_CODE_LOCKED"
    TOO_MANY_WRONG_CODES = "TOO_MANY_WRONG_CODES"
    PICKUP_NOT_EXTENDABLE = "PICKUP_NOT_EXTENDABLE"
    PICKUP_CODE_NOT_VERIFIED = "PICKUP_CODE_NOT_VERIFIED"
    PICKUP_STILL_HELD = "PICKUP_STILL_HELD"
    INVALID_CARRIER_CODE = "INVALID_CARRIER_CODE"
    TRACKING_NUMBER_USED = "TRACKING_NUMBER_USED"
    WORK_TAKEN = "WORK_TAKEN"
    WORK_ON_HOLD = "WORK_ON_HOLD"
    WORK_LISTED = "WORK_LISTED"
    CODE_TAKEN = "CODE_TAKEN"
    BEYOND_KEY = "BEYOND_KEY"
    LAST_KEY = "LAST_KEY"
    CURSOR_EXPIRED = "CURSOR_EXPIRED"
    OUTDATED = "OUTDATED"
    COUNT_INCOMPLETE = "COUNT_INCOMPLETE"
    FOUR_EYES_NEEDED = "FOUR_EYES_NEEDED"
    BEING_COUNTED = "BEING_COUNTED"
    RETRYABLE = "RETRYABLE"


class DomainError(Exception):
    """Base of all refusals.

    message: a full sentence for people. path: where in the input the trouble is, from `input` downwards.
    facts: what the caller can act on (JSON values), named like the fields of the GraphQL error type in snake case.
    """

    code: ClassVar[ErrorCode] = ErrorCode.INVALID_INPUT

    def __init__(self, message: str, *, path: Sequence[str] = (), **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.path = list(path)
        self.facts = facts

    def at(self, *path: str) -> "DomainError":
        """The same refusal, pointing at `path`; a path that is already set stays."""
        self.path = self.path or list(path)
        return self


class Refusals(DomainError):
    """Several refusals at once, so that the caller need not find them one after another.

    Stands for the first one wherever only one can be said.
    """

    def __init__(self, refusals: Sequence[DomainError]) -> None:
        first = refusals[0]
        super().__init__(first.message, path=first.path, **first.facts)
        self.code = first.code  # pyright: ignore[reportAttributeAccessIssue]
        self.refusals = list(refusals)


def answer_of(answer: A | DomainError) -> A:
    """The answer of a set-based action to one request. Raises it when it is a refusal."""
    if isinstance(answer, DomainError):
        raise answer
    return answer


def each_refusal(error: DomainError) -> Sequence[DomainError]:
    """The refusals that an error stands for."""
    return error.refusals if isinstance(error, Refusals) else (error,)


class InvalidInput(DomainError):
    """A value that no state of the shop could make right."""

    code = ErrorCode.INVALID_INPUT


class InvalidEmail(InvalidInput):
    """No e-mail address that a message could be sent to."""


class NotFound(DomainError):
    """No such object, or none that this caller may see."""

    code = ErrorCode.NOT_FOUND


class CodeTaken(DomainError):
    """Something else has this code or name, which may exist once. Facts: value, owner (who has it, if that is told)."""

    code = ErrorCode.CODE_TAKEN


class BeyondKey(DomainError):
    """More than the caller's key allows. Facts: scopes, those that it lacks."""

    code = ErrorCode.BEYOND_KEY


class VersionConflict(DomainError):
    """Somebody changed the object since the caller read it. Facts: current_version."""

    code = ErrorCode.VERSION_CONFLICT


class InvalidTransition(DomainError):
    """The object's state does not allow this step. Facts: current_status."""

    code = ErrorCode.INVALID_TRANSITION


class IdempotencyKeyReused(DomainError):
    """The key was used before with another body."""

    code = ErrorCode.IDEMPOTENCY_KEY_REUSED
