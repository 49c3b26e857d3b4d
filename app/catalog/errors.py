"""Refusals of the catalog."""

from app.kit.errors import CodeTaken as AnyCodeTaken
from app.kit.errors import InvalidInput, NotFound


class InvalidDraft(InvalidInput):
    """A product, category or price that could not be stored as it is. Facts: subject, its slug, SKU or id."""


class UnknownReference(NotFound):
    """A draft names a category or a variant that does not exist. Facts: subject, what it names."""


class CodeTaken(AnyCodeTaken):
    """A JAN code that another variant has. Facts: value, the code; owner, the SKU that has it; subject, alike."""
