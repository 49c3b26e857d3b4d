"""What one document may ask for. Counted once per document, before anything runs."""

from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
)

MAX_TOKENS: Final = 4_000
MAX_DEPTH: Final = 16
MAX_FIELDS: Final = 1_500
MAX_ALIASES: Final = 60
MAX_ROOT_FIELDS: Final = 20


@dataclass(frozen=True, slots=True)
class Size:
    """Of a selection set with its fragments expanded."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0

    def beside(self, other: "Size") -> "Size":
        """Both selected at one level."""
        return Size(max(self.depth, other.depth), self.fields + other.fields, self.aliases + other.aliases)


class LimitsRule(ValidationRule):
    """Refuses operations that are too deep or too wide.

    Each fragment is measured once, however often it is spread: a few lines of nested fragments can stand for
    billions of fields.

    Introspection is not counted: graphql-core limits its depth, and production has none.
    """

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        self._sizes: dict[str, Size] = {}
        for definition in context.document.definitions:
            if isinstance(definition, FragmentDefinitionNode):
                self._fragments[definition.name.value] = definition
        for definition in context.document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                self._judge(definition)

    def _judge(self, operation: OperationDefinitionNode) -> None:
        size = self._measure(operation.selection_set)
        root_fields = self._count_root_fields(operation.selection_set, set())
        for what, found, allowed in (
            ("nested levels", size.depth, MAX_DEPTH),
            ("fields, fragments expanded", size.fields, MAX_FIELDS),
            ("aliases", size.aliases, MAX_ALIASES),
            ("root fields", root_fields, MAX_ROOT_FIELDS),
        ):
            if found > allowed:
                message = f"The operation has {found} {what}; at most {allowed} are allowed."
                error = GraphQLError(message, operation, extensions={"code": "OPERATION_TOO_LARGE"})
                self.context.report_error(error)

    def _measure(self, selection_set: SelectionSetNode | None) -> Size:
        total = Size()
        for selection in selection_set.selections if selection_set else ():
            total = total.beside(self._measure_one(selection))
        return total

    def _measure_one(self, selection: Any) -> Size:
        if isinstance(selection, FragmentSpreadNode):
            return self._measure_fragment(selection.name.value)
        if not isinstance(selection, FieldNode):
            return self._measure(selection.selection_set)
        if selection.name.value.startswith("__"):
            return Size()
        inner = self._measure(selection.selection_set)
        return Size(inner.depth + 1, inner.fields + 1, inner.aliases + (selection.alias is not None))

    def _measure_fragment(self, name: str) -> Size:
        found = self._sizes.get(name)
        if found is None:
            # Unknown fragments and cycles are other rules' business; counting nothing for them ends the walk.
            self._sizes[name] = Size()
            definition = self._fragments.get(name)
            found = self._sizes[name] = self._measure(definition.selection_set) if definition else Size()
        return found

    def _count_root_fields(self, selection_set: SelectionSetNode, seen: set[str]) -> int:
        count = 0
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                count += 1
            elif isinstance(selection, FragmentSpreadNode):
                definition = self._fragments.get(selection.name.value)
                if definition is not None and selection.name.value not in seen:
                    seen.add(selection.name.value)
                    count += self._count_root_fields(definition.selection_set, seen)
            else:
                count += self._count_root_fields(selection.selection_set, seen)  # pyright: ignore[reportAttributeAccessIssue]
        return count
