"""Refusals of the locations slice."""

from app.kit.errors import DomainError, ErrorCode, InvalidInput


class InvalidPostalCode(DomainError):
    """The text is no Japanese postal code. Facts: value, the text as given."""

    code = ErrorCode.INVALID_POSTAL_CODE


class InvalidLocation(InvalidInput):
    """A location's data contradict themselves or each other. Facts: location_code."""


class InvalidNetwork(InvalidInput):
    """A network cannot be like this. Facts: argument, what is wrong with it."""
