"""Refusals of the members slice."""

from app.kit.errors import InvalidInput


class InvalidMember(InvalidInput):
    """A member cannot be saved like this. Facts: member, its number or external reference."""


class EmailTaken(InvalidInput):
    """Another member has this e-mail address. Facts: member, and email."""
