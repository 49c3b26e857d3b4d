"""Refusals of the fulfillment slice."""

from datetime import datetime

from app.kit.errors import DomainError, ErrorCode, InvalidInput, NotFound


class PickupCodeInvalid(DomainError):
    """The code is not this pickup's. Facts: remaining_attempts, before the pickup is locked."""

    code = ErrorCode.PICKUP_CODE_INVALID

    def __init__(self, *, remaining_attempts: int) -> None:
        super().__init__(
            f"This is not the code of the pickup. {remaining_attempts} attempts remain.",
            path=["input", "code"],
            remaining_attempts=remaining_attempts,
        )


class PickupCodeLocked(DomainError):
    """Too many wrong codes: staff must unlock the pickup, which gives it a new code."""

    code = ErrorCode.PICKUP_CODE_LOCKED

    def __init__(self) -> None:
        super().__init__("Too many wrong codes were tried. Staff of the shop can unlock the pickup.")


class TooManyWrongCodes(DomainError):
    """So many wrong codes were said by this key, at this place or at all places of the company that no more are looked
    at for a while. Facts: retry_at, an instant.
    """

    code = ErrorCode.TOO_MANY_WRONG_CODES

    def __init__(self, retry_at: datetime) -> None:
        super().__init__("Too many wrong codes were said here. Try again at `retryAt`.", retry_at=retry_at)


class PickupNotExtendable(DomainError):
    """The place does not keep goods for longer, or they are kept for longer already. Facts: hold_until, an instant."""

    code = ErrorCode.PICKUP_NOT_EXTENDABLE

    def __init__(self, hold_until: datetime) -> None:
        super().__init__("The goods cannot be kept for longer than until `holdUntil`.", hold_until=hold_until)


class PickupCodeNotVerified(DomainError):
    """Goods are handed over only after the code was verified."""

    code = ErrorCode.PICKUP_CODE_NOT_VERIFIED

    def __init__(self) -> None:
        super().__init__("Verify the pickup code before handing over.")


class PickupStillHeld(DomainError):
    """The time for which the goods are kept is not over. Facts: hold_until, an instant."""

    code = ErrorCode.PICKUP_STILL_HELD

    def __init__(self, hold_until: datetime) -> None:
        super().__init__(
            "The goods are kept for the shopper until `holdUntil`. Give a reason to end it earlier.",
            path=["input", "reason"],
            hold_until=hold_until,
        )


class InvalidCarrierCode(DomainError):
    """The carrier cannot have given out this number, which is not repeated here. Facts: digits, how many it has where
    that is known.
    """

    code = ErrorCode.INVALID_CARRIER_CODE

    def __init__(self, message: str, *, name: str, digits: int | None) -> None:
        super().__init__(message, path=[name], digits=digits)


class TrackingNumberUsed(DomainError):
    """The carrier's tracking number already belongs to another shipment. place: of the parcel."""

    code = ErrorCode.TRACKING_NUMBER_USED

    def __init__(self, place: int) -> None:
        super().__init__(
            "This tracking number of the carrier already belongs to another shipment.",
            path=["input", "packages", str(place), "trackingNumber"],
        )


class UnknownLine(NotFound):
    """The work has no such line."""

    def __init__(self, line_no: int) -> None:
        super().__init__(f"The work has no line {line_no}.")


class WorkTaken(DomainError):
    """Somebody else has the work. Facts: assignee, their name."""

    code = ErrorCode.WORK_TAKEN

    def __init__(self, assignee: str) -> None:
        super().__init__(f"This work is {assignee}'s. Assign it to somebody else first.", assignee=assignee)


class WorkListed(DomainError):
    """The work is in a pick list already. Facts: pick_list, its number."""

    code = ErrorCode.WORK_LISTED

    def __init__(self, number: str) -> None:
        super().__init__(f"This work is in the pick list {number} already.", pick_list=number)


class WorkOnHold(DomainError):
    """The work about these goods is on hold. Facts: hold_reason."""

    code = ErrorCode.WORK_ON_HOLD

    def __init__(self, hold_reason: str) -> None:
        super().__init__("The work on these goods is on hold. Release it first.", hold_reason=hold_reason)


class InvalidPackage(InvalidInput):
    """A parcel that cannot be. Its place among those that were given is in the path."""

    def __init__(self, message: str, *, place: int | None = None, name: str | None = None) -> None:
        path = [] if place is None or name is None else [str(place), name]
        super().__init__(message, path=["input", "packages", *path])


class InvalidSandboxPickup(InvalidInput):
    """A test pickup that cannot be."""
