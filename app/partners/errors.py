"""Refusals of the partners slice."""

from app.kit.errors import CodeTaken, InvalidInput


class PartnerCodeTaken(CodeTaken):
    """Another partner has this code. Facts: value."""


class KeyNameTaken(CodeTaken):
    """Another key, perhaps a revoked one, has this name. Facts: value."""


class InvalidKey(InvalidInput):
    """A key of this kind cannot be made. Facts: argument, what is wrong with it."""
