"""Counts what random documents contain, so that a generator that forgot something shows."""

from collections import Counter
from typing import Any

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    ListTypeNode,
    ListValueNode,
    NonNullTypeNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    is_abstract_type,
    is_interface_type,
    is_list_type,
    is_non_null_type,
    is_union_type,
    parse,
    visit,
)

from tests.engine.differential.cases import Case


def constructs(schema: GraphQLSchema, case: Case) -> Counter[str]:
    """How often each construct occurs in the document and its runs."""
    document, info = parse(case.text), TypeInfo(schema)
    counting = _Counting(info)
    visit(document, TypeInfoVisitor(info, counting))
    found = counting.found
    spreads = counting.spreads
    found["fragments spread several times"] += sum(count > 1 for count in spreads.values())
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    found["documents with several operations"] += len(operations) > 1
    for run in case.runs:
        found[f"runs of a {run.kind.value}"] += 1
        found["variables sent"] += len(run.variables)
        found["variables sent as null"] += sum(value is None for value in run.variables.values())
    return found


class _Counting(Visitor):
    """Sees the document with the types of everything in it."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.found: Counter[str] = Counter()
        self.spreads: Counter[str] = Counter()

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self.info.get_parent_type()
        self.found["fields"] += 1
        self.found["aliases"] += node.alias is not None
        self.found["__typename"] += node.name.value == "__typename"
        self.found["introspection"] += node.name.value in {"__type", "__schema"}
        self.found["fields of interfaces"] += is_interface_type(parent)
        self.found["fields of unions"] += is_union_type(parent)
        self._directives("field", node)

    def enter_selection_set(self, node: SelectionSetNode, *_: Any) -> None:
        fields = [each for each in node.selections if isinstance(each, FieldNode)]
        keys = Counter(each.alias.value if each.alias else each.name.value for each in fields)
        names = Counter(each.name.value for each in fields)
        self.found["keys merged in one selection set"] += sum(count > 1 for count in keys.values())
        self.found["composite keys merged in one selection set"] += len(
            {key for key, count in keys.items() if count > 1}
            & {each.alias.value if each.alias else each.name.value for each in fields if each.selection_set}
        )
        self.found["fields under several keys"] += sum(
            len({each.alias.value if each.alias else name for each in fields if each.name.value == name}) > 1
            for name in names
        )

    def enter_inline_fragment(self, node: InlineFragmentNode, *_: Any) -> None:
        kind = "without" if node.type_condition is None else "with"
        self.found[f"inline fragments {kind} a type"] += 1
        self.found["inline fragments on abstract types"] += node.type_condition is not None and is_abstract_type(
            self.info.get_type()
        )
        self._directives("inline fragment", node)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
        self.found["spreads"] += 1
        self.spreads[node.name.value] += 1
        self._directives("spread", node)

    def enter_fragment_definition(self, _node: FragmentDefinitionNode, *_: Any) -> None:
        self.found["named fragments"] += 1

    def _directives(self, where: str, node: Any) -> None:
        self.found[f"@skip and @include on one {where}"] += len(node.directives or ()) > 1
        for directive in node.directives or ():
            kind = "literal" if isinstance(directive.arguments[0].value, BooleanValueNode) else "variable"
            self.found[f"@{directive.name.value} with a {kind} on a {where}"] += 1

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        self.found["arguments"] += 1
        type_ = self.info.get_input_type()
        is_list = is_list_type(type_.of_type if is_non_null_type(type_) else type_)
        value = node.value
        self.found["arguments that are null"] += isinstance(value, NullValueNode)
        self.found["arguments that are variables"] += isinstance(value, VariableNode)
        self.found["single items for lists"] += is_list and not isinstance(
            value, ListValueNode | VariableNode | NullValueNode
        )

    def enter_object_value(self, node: ObjectValueNode, *_: Any) -> None:
        self.found["input objects"] += 1
        self.found["variables inside of input objects"] += sum(
            isinstance(entry.value, VariableNode) for entry in node.fields
        )

    def enter_list_value(self, node: ListValueNode, *_: Any) -> None:
        self.found["list literals"] += 1
        self.found["variables inside of lists"] += any(isinstance(item, VariableNode) for item in node.values)

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
        self.found["variables"] += 1
        self.found["variables with a default"] += node.default_value is not None
        self.found["variables with a default, required"] += node.default_value is not None and isinstance(
            node.type, NonNullTypeNode
        )
        self.found["variables that are lists"] += isinstance(node.type, ListTypeNode)
