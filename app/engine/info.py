"""What a resolver is told of its field, with the columns that the operation wants below it."""

from typing import Any

from strawberry.types import Info

from app.engine.plan import PlannedField, Selection


class PlannedInfo(Info[Any, Any]):
    """What a resolver is told. `columns(*path)`: the attributes that the operation reads of the objects at a path of
    field names below the field; None: any.
    """

    def __init__(self, field: PlannedField, raw: Any) -> None:
        super().__init__(_raw_info=raw, _field=field.source.declared)  # pyright: ignore[reportArgumentType]
        self.planned = field

    @property
    def variable_values(self) -> dict[str, Any]:
        """The coerced variables."""
        return self._raw_info.variable_values.coerced

    def columns(self, *path: str) -> frozenset[str] | None:
        """Empty when the operation asks for nothing there."""
        child = self.planned.child
        return child.columns_at(*path) if isinstance(child, Selection) else None
