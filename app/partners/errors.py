"""Refusals of the partners slice."""

from app.kit.errors import CodeTaken, DomainError, ErrorCode, InvalidInput


class PartnerCodeTaken(CodeTaken):
    """Another partner has this code. Facts: value."""


class KeyNameTaken(CodeTaken):
    """Another key, perhaps a revoked one, has this name. Facts: value."""


class InvalidKey(InvalidInput):
    """A key of this kind cannot be made. Facts: argument, what is wrong with it."""


class LastKey(DomainError):
    """Without this key nobody could make keys any more. Facts: argument, what would have to be different."""

    code = ErrorCode.LAST_KEY
