"""Refusals of the orders slice."""

from app.kit.errors import DomainError, ErrorCode


class AmountTooLarge(DomainError):
    """The order's total does not fit into the largest amount that the API can say."""

    code = ErrorCode.INVALID_INPUT


class TooManyFulfilled(DomainError):
    """More units were reported than the order line still waits for. Facts: requested, available."""

    code = ErrorCode.INVALID_QUANTITY
