"""Which fields a selection has for an object type: fragments opened, equal keys merged, conditions decided."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)

from app.engine.documents import Operation

Fragments = Mapping[str, FragmentDefinitionNode]
Conditions = Mapping[str, bool]
CONDITIONAL: Final = ("skip", "include")


def collect(
    schema: GraphQLSchema,
    fragments: Fragments,
    conditions: Conditions,
    runtime_type: GraphQLObjectType,
    selection_sets: Iterable[SelectionSetNode],
) -> dict[str, list[FieldNode]]:
    """Response key to the nodes that ask for it, in the order of the answer.

    conditions: the values of the variables that stand in `@skip` and `@include`.
    """
    found: dict[str, list[FieldNode]] = {}
    seen: set[str] = set()

    def matches(condition: NamedTypeNode | None) -> bool:
        if condition is None or condition.name.value == runtime_type.name:
            return True
        named = schema.get_type(condition.name.value)
        return is_abstract_type(named) and schema.is_sub_type(named, runtime_type)

    def visit(selection_set: SelectionSetNode) -> None:
        for selection in selection_set.selections:
            if selection.directives and not _is_included(selection, conditions):
                continue
            if isinstance(selection, FieldNode):
                key = selection.alias.value if selection.alias else selection.name.value
                found.setdefault(key, []).append(selection)
            elif isinstance(selection, InlineFragmentNode):
                if matches(selection.type_condition):
                    visit(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in seen:
                fragment = fragments.get(selection.name.value)
                if fragment is not None and matches(fragment.type_condition):
                    seen.add(selection.name.value)
                    visit(fragment.selection_set)

    for selection_set in selection_sets:
        visit(selection_set)
    return found


def _is_included(selection: SelectionNode, conditions: Conditions) -> bool:
    for directive in selection.directives or ():
        if directive.name.value in CONDITIONAL:
            arguments: Any = directive.arguments  # validated: exactly `if`
            value = arguments[0].value
            holds = conditions[value.name.value] if isinstance(value, VariableNode) else value.value
            if holds is (directive.name.value == "skip"):
                return False
    return True


def condition_variables(operation: OperationDefinitionNode, fragments: Fragments) -> tuple[str, ...] | None:
    """The variables that stand in `@skip` and `@include`, sorted; None when a condition is something else."""
    names: set[str] = set()
    for selection in _selections(operation.selection_set, fragments, set()):
        for directive in selection.directives or ():
            if directive.name.value not in CONDITIONAL:
                return None
            value = directive.arguments[0].value if directive.arguments else None
            if isinstance(value, VariableNode):
                names.add(value.name.value)
            elif not isinstance(value, BooleanValueNode):
                return None
    return tuple(sorted(names))


def is_introspection(operation: Operation) -> bool:
    """Whether everything at its root is about the schema itself."""
    fragments = operation.document.fragments

    def only(selection_set: SelectionSetNode, seen: frozenset[str]) -> bool:
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                if not selection.name.value.startswith("__"):
                    return False
            elif isinstance(selection, InlineFragmentNode):
                if not only(selection.selection_set, seen):
                    return False
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in seen and not only(fragments[name].selection_set, seen | {name}):
                    return False
        return True

    return only(operation.definition.selection_set, frozenset())


def _selections(selection_set: SelectionSetNode, fragments: Fragments, seen: set[str]) -> Iterator[SelectionNode]:
    for selection in selection_set.selections:
        yield selection
        inner: SelectionSetNode | None = None
        if isinstance(selection, FieldNode | InlineFragmentNode):
            inner = selection.selection_set
        elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in seen:
            seen.add(selection.name.value)
            fragment = fragments.get(selection.name.value)
            inner = fragment.selection_set if fragment else None
        if inner is not None:
            yield from _selections(inner, fragments, seen)
