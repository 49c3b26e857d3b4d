"""Refusals of the channels slice."""

from app.kit.errors import DomainError, ErrorCode, InvalidInput


class UnknownCurrency(DomainError):
    """No amounts can be kept in this currency, or not here. Facts: currency, accepted (the only one that would do)."""

    code = ErrorCode.UNKNOWN_CURRENCY


class InvalidChannel(InvalidInput):
    """A channel cannot be saved like this. Facts: argument, what is wrong with it, named like the draft's field."""
