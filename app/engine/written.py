"""What stands in a document, counted as it was written, without what fragments make of it."""

from dataclasses import dataclass
from typing import Any

from graphql import (
    FloatValueNode,
    IntValueNode,
    ListTypeNode,
    ListValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
)


@dataclass(slots=True)
class Written:
    """How often each kind of thing stands in the document."""

    nodes: int = 0
    fields: int = 0
    definitions: int = 0
    spreads: int = 0
    directives: int = 0
    arguments: int = 0
    values: int = 0
    variables: int = 0
    uses: int = 0
    """Of variables."""
    nesting: int = 0
    digits: int = 0
    operations: int = 0
    subscriptions: int = 0
    fragments: int = 0
    introspected: int = 0
    repeated: int = 0
    """Fields whose name in the answer stands in the same selection set before them."""


def count_directives(node: Any, written: Written) -> None:
    """Of one node, with their arguments."""
    for directive in node.directives or ():
        written.directives += 1
        written.nodes += 1
        count_arguments(directive.arguments or (), written)


def count_arguments(arguments: Any, written: Written) -> None:
    """Of one field or directive, with their values."""
    for argument in arguments:
        written.arguments += 1
        written.nodes += 1
        count_value(argument.value, written)


def count_value(value: ValueNode, written: Written) -> None:
    """One literal, with all inside of it."""
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        node, nesting = waiting.pop()
        written.values += 1
        written.nodes += 1
        if isinstance(node, ListValueNode):
            nesting += 1
            waiting += [(entry, nesting) for entry in node.values]
        elif isinstance(node, ObjectValueNode):
            nesting += 1
            waiting += [(entry, nesting) for entry in node.fields]
        elif isinstance(node, ObjectFieldNode):
            written.values -= 1
            waiting.append((node.value, nesting))
        elif isinstance(node, VariableNode):
            written.uses += 1
        elif isinstance(node, IntValueNode | FloatValueNode):
            written.digits = max(written.digits, len(node.value))
        written.nesting = max(written.nesting, nesting)


def nesting_of_type(node: Any) -> int:
    """How many lists stand around the named type."""
    nesting = 0
    while (inner := getattr(node, "type", None)) is not None:
        nesting += isinstance(node, ListTypeNode)
        node = inner
    return nesting
