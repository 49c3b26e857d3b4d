"""Why a file, or a row of it, cannot be imported."""

from app.kit.errors import InvalidInput


class UnreadableFile(InvalidInput):
    """The file as a whole cannot be read: missing, broken, of another encoding, or without the needed columns."""


class RowRefused(InvalidInput):
    """One row cannot be imported; the others can."""


class ImportConflict(InvalidInput):
    """Another import of the same source runs at the same time."""
