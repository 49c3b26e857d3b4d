"""What a resolver is told of its field, with the columns that the operation wants below it."""

from functools import cached_property
from typing import Any

from strawberry.types import Info

from app.engine.plan import PlannedField, Selection
from app.engine.variables import Variables


class PlannedInfo(Info[Any, Any]):
    """Like strawberry's, and `columns(*path)`. Most resolvers look at the context only; the rest is made when asked."""

    def __init__(self, field: PlannedField, context: Any, root: Any, variables: Variables) -> None:
        # Not strawberry's own: it would want what graphql-core knows of the field, which is costly to make.
        self._planned = field
        self._context = context
        self._root = root
        self._variables = variables

    @cached_property
    def _raw_info(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._planned.raw_info(self._context, self._root, self._variables.full())

    @cached_property
    def _field(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._planned.source.declared

    @property
    def context(self) -> Any:
        """Of the operation."""
        return self._context

    @property
    def variable_values(self) -> dict[str, Any]:
        """The coerced variables."""
        return self._variables.coerced

    def columns(self, *path: str) -> frozenset[str] | None:
        """The attributes that the operation reads of the objects at a path of field names below the field.

        None: any. Empty when the operation asks for nothing there.
        """
        child = self._planned.child
        return child.columns_at(*path) if isinstance(child, Selection) else None
