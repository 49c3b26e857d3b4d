"""Refusals of the inventory slice."""

from app.kit.errors import DomainError, ErrorCode


class InvalidQuantity(DomainError):
    """A quantity outside of what one command may move. Facts: minimum, maximum."""

    code = ErrorCode.INVALID_QUANTITY


class InsufficientStock(DomainError):
    """Fewer units than asked for. Facts: requested, available, variant_id, and line_no or sku where they are
    known; waiting, where units are there and kept for those who wait.
    """

    code = ErrorCode.INSUFFICIENT_STOCK


class QuantityConflict(DomainError):
    """The quantity on hand is not the one that the caller expected. Facts: current_quantity."""

    code = ErrorCode.QUANTITY_CONFLICT


class ReservationNotExtendable(DomainError):
    """The reservation's end cannot be moved there now. Facts: extendable_at, the instant from which it may be moved
    again, extendable_until, the latest end; None where it has neither.
    """

    code = ErrorCode.RESERVATION_NOT_EXTENDABLE


class ReservationExpired(DomainError):
    """The reserved units were given back, because their time was up or because the owner released them."""

    code = ErrorCode.RESERVATION_EXPIRED


class OverDelivery(DomainError):
    """More units than were ordered, past the tolerance. Facts: line_no, ordered_quantity, received_quantity (before),
    maximum (units that would be taken now).
    """

    code = ErrorCode.OVER_DELIVERY


class CursorExpired(DomainError):
    """Changes behind the cursor may have been deleted, or never happened here: the copy has to be made anew."""

    code = ErrorCode.CURSOR_EXPIRED


class Outdated(DomainError):
    """A newer feed has set the stock already. Facts: sku."""

    code = ErrorCode.OUTDATED


class CountIncomplete(DomainError):
    """Lines of a count session cannot be believed yet. Facts: uncounted, disputed (SKUs, at most 100 of each)."""

    code = ErrorCode.COUNT_INCOMPLETE


class FourEyesNeeded(DomainError):
    """The approver has counted. Facts: counted_by, all who have."""

    code = ErrorCode.FOUR_EYES_NEEDED


class BeingCounted(DomainError):
    """Another open count session at the location has the variant. Facts: sku, count_number."""

    code = ErrorCode.BEING_COUNTED
