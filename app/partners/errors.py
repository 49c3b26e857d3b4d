"""Refusals of the partners slice."""

from app.kit.errors import InvalidInput


class PartnerCodeTaken(InvalidInput):
    """Another partner has this code."""


class KeyNameTaken(InvalidInput):
    """Another key, perhaps a revoked one, has this name."""


class InvalidKey(InvalidInput):
    """A key of this kind cannot be made."""
