"""Refusals of the catalog."""

from app.kit.errors import InvalidInput


class InvalidDraft(InvalidInput):
    """A product, category or price that could not be stored as it is. Facts: subject, its slug, SKU or id."""


class UnknownReference(InvalidInput):
    """A draft names a category or a variant that does not exist. Facts: subject, what it names."""


class CodeTaken(InvalidInput):
    """A JAN code that another variant has. Facts: subject, the SKU that has it."""
