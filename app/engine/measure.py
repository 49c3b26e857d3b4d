"""How large a document is: one walk over it, before anything looks at it more closely.

Every figure of a definition is a sum or a maximum over its own nodes and over the fragments that it spreads, so each
definition is walked once and each fragment is added up once, however often it is spread: a few lines of nested
fragments can stand for billions of fields.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    OperationType,
)

from app.engine.limits import TOO_LARGE, Limits
from app.engine.written import Written, count_arguments, count_directives, count_value, nesting_of_type


class Place(NamedTuple):
    """A selection set, or a fragment that is spread by name: where it stands below its definition."""

    node: Any
    depth: int
    """Fields around it."""
    level: int
    """Fields and fragments around it."""
    is_introspection: bool


@dataclass(slots=True)
class Size:
    """Of one definition: of its own nodes first, with the fragments added by `expand`."""

    depth: int = 0
    introspection_depth: int = 0
    levels: int = 0
    fields: int = 0
    aliases: int = 0
    introspection_aliases: int = 0
    spreads: list[Place] = field(default_factory=list[Place])

    def add(self, other: "Size", at: Place) -> None:
        """A fragment is spread."""
        # The spread itself counts too: fragments may spread nothing but fragments.
        self.fields += 1 + other.fields
        self.introspection_aliases += other.introspection_aliases
        self.introspection_depth = max(self.introspection_depth, at.depth + other.introspection_depth)
        self.levels = max(self.levels, at.level + other.levels)
        if at.is_introspection:
            self.introspection_aliases += other.aliases
            self.introspection_depth = max(self.introspection_depth, at.depth + other.depth)
        else:
            self.aliases += other.aliases
            self.depth = max(self.depth, at.depth + other.depth)


@dataclass(slots=True)
class Measured:
    """errors: one for each limit that is exceeded."""

    written: Written
    errors: list[GraphQLError]


# Several aliases inside one another multiply; tools that read the schema need none.
_INTROSPECTION_ALIASES: Final = 4


def measure(document: DocumentNode, limits: Limits) -> Measured:
    """Look at a parsed document. Takes time in proportion to its size, whatever is in it."""
    written = Written()
    sizes: dict[str, Size] = {}
    fragments: dict[str, FragmentDefinitionNode] = {}
    operations: list[tuple[OperationDefinitionNode, Size]] = []
    for definition in document.definitions:
        written.definitions += 1
        if isinstance(definition, FragmentDefinitionNode):
            written.fragments += 1
            fragments[definition.name.value] = definition
            sizes[definition.name.value] = _size(definition, written)
        elif isinstance(definition, OperationDefinitionNode):
            written.operations += 1
            written.subscriptions += definition.operation is OperationType.SUBSCRIPTION
            operations.append((definition, _size(definition, written)))
    errors = list(_faults(written, limits, _WRITTEN, None))
    if not errors:
        _expand(sizes)
        for definition, size in operations:
            _add_fragments(size, sizes, sizes)
            errors += _faults(size, limits, _EXPANDED, definition)
            roots = len(_root_keys(definition, fragments))
            if roots > limits.root_fields:
                errors.append(_too_many(roots, "root fields", limits.root_fields, definition))
            if size.introspection_aliases > _INTROSPECTION_ALIASES:
                what = "aliases in its introspection"
                errors.append(_too_many(size.introspection_aliases, what, _INTROSPECTION_ALIASES, definition))
    return Measured(written, errors[: limits.errors])


_WRITTEN: Final = {
    "definitions": "definitions",
    "fields": "fields",
    "spreads": "fragments spread",
    "directives": "directives",
    "arguments": "arguments",
    "values": "values",
    "variables": "variables",
    "nesting": "lists and objects inside one another",
    "digits": "digits in one number",
}
_EXPANDED: Final = {
    "depth": "nested levels",
    "fields": "fields and fragments, written out",
    "aliases": "aliases",
    "introspection_depth": "nested levels of introspection",
    "levels": "nested levels, fragments included",
}


def _faults(found: Any, limits: Limits, names: Mapping[str, str], node: Node | None) -> Iterator[GraphQLError]:
    for name, what in names.items():
        count, allowed = getattr(found, name), getattr(limits, name)
        if count > allowed:
            yield _too_many(count, what, allowed, node)


def _too_many(count: int, what: str, allowed: int, node: Node | None) -> GraphQLError:
    whose = "operation" if node is not None else "document"
    message = f"The {whose} has {count} {what}; at most {allowed} are allowed."
    return GraphQLError(message, node, extensions={"code": TOO_LARGE})


def _size(definition: Any, written: Written) -> Size:
    size = Size()
    count_directives(definition, written)
    for variable in definition.variable_definitions or ():
        written.variables += 1
        written.nodes += 2
        written.nesting = max(written.nesting, nesting_of_type(variable.type))
        count_directives(variable, written)
        if variable.default_value is not None:
            count_value(variable.default_value, written)
    waiting = [Place(definition.selection_set, 0, 1, is_introspection=False)]
    while waiting:
        node, depth, level, is_introspection = waiting.pop()
        size.levels = max(size.levels, level)
        keys: set[str] = set()
        for selection in node.selections:
            written.nodes += 1
            count_directives(selection, written)
            if isinstance(selection, FieldNode):
                key = (selection.alias or selection.name).value
                written.repeated += key in keys
                keys.add(key)
                below = _count_field(selection, depth, size, written, is_introspection=is_introspection)
                if selection.selection_set:
                    waiting.append(Place(selection.selection_set, depth + 1, level + 1, below))
                continue
            written.spreads += 1
            if isinstance(selection, FragmentSpreadNode):
                size.spreads.append(Place(selection.name.value, depth, level, is_introspection))
            elif isinstance(selection, InlineFragmentNode):
                waiting.append(Place(selection.selection_set, depth, level + 1, is_introspection))
    return size


def _count_field(node: FieldNode, depth: int, size: Size, written: Written, *, is_introspection: bool) -> bool:
    """Whether what is below is introspection. `__typename` costs nothing and is counted as written."""
    written.fields += 1
    if node.arguments:
        count_arguments(node.arguments, written)
    name = node.name.value
    if name == "__typename":
        size.aliases += node.alias is not None
        return is_introspection
    is_introspection = is_introspection or name.startswith("__")
    written.introspected += is_introspection
    size.fields += 1
    if is_introspection:
        size.introspection_aliases += node.alias is not None
        size.introspection_depth = max(size.introspection_depth, depth + 1)
    else:
        size.aliases += node.alias is not None
        size.depth = max(size.depth, depth + 1)
    return is_introspection


def _expand(sizes: dict[str, Size]) -> None:
    """Add to each fragment those that it spreads, innermost first and without recursion.

    A spread that closes a circle adds nothing, and neither does one of no fragment: other rules refuse them.
    """
    done: set[str] = set()
    for root, size in sizes.items():
        path = [(root, iter(size.spreads))] if root not in done else []
        entered = {root}
        while path:
            name, spreads = path[-1]
            for spread in spreads:
                if spread.node in sizes and spread.node not in done and spread.node not in entered:
                    entered.add(spread.node)
                    path.append((spread.node, iter(sizes[spread.node].spreads)))
                    break
            else:
                path.pop()
                _add_fragments(sizes[name], sizes, done)
                done.add(name)


def _add_fragments(size: Size, sizes: Mapping[str, Size], done: Collection[str]) -> None:
    for spread in size.spreads:
        if spread.node in done:
            size.add(sizes[spread.node], spread)


def _root_keys(operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> set[str]:
    """The names in the answer's `data`."""
    keys: set[str] = set()
    entered: set[str] = set()
    waiting: list[Any] = [operation.selection_set]
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, FieldNode):
                keys.add(selection.alias.value if selection.alias else selection.name.value)
            elif isinstance(selection, InlineFragmentNode):
                waiting.append(selection.selection_set)
            elif selection.name.value in fragments and selection.name.value not in entered:
                entered.add(selection.name.value)
                waiting.append(fragments[selection.name.value].selection_set)
    return keys
