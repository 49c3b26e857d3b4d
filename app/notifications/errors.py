"""Refusals of the notifications slice."""

from app.kit.errors import DomainError, ErrorCode, InvalidInput


class InvalidEndpoint(InvalidInput):
    """An endpoint cannot be like this. Facts: argument, what is wrong with it."""


class ReplayTooOld(DomainError):
    """Facts behind the cursor are not kept any more."""

    code = ErrorCode.CURSOR_EXPIRED
