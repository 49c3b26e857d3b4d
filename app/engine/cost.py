"""What an operation may cost at most, from the sizes of the lists that it asks for; known before anything runs.

A field costs 1. What is selected below a list of objects counts once for each object that the list may have:

- as many as `first` or `last` says;
- else as many as the lists among its arguments name (`ids`, `skus`, …);
- else what the object around it was asked for in the same way: `products(first: 24)` bounds its `nodes` and `edges`;
- else DEFAULT_SIZE.

Fields that an answer merges count once. Of fragments on several types the dearest counts, since an object is of one
type. Conditions count as met. Introspection is counted apart, with the real size of the schema.

An operation is looked at once; what its variables decide is left as a small function of them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, Final, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    is_object_type,
)
from graphql.utilities.coerce_input_value import coerce_default_value

from app.engine.limits import Limits
from app.engine.request import refusal

DEFAULT_SIZE: Final = 10
TOO_COSTLY: Final = "OPERATION_TOO_COSTLY"
_PAGE: Final = ("first", "last")
_AVERAGE_TYPE: Final = {
    "fields": 8,
    "args": 2,
    "inputFields": 5,
    "enumValues": 6,
    "possibleTypes": 4,
    "interfaces": 1,
    "directives": 10,
}

Variables: TypeAlias = Mapping[str, Any]
# A number, or what it is once the variables are known.
Amount: TypeAlias = int | Callable[[Variables], int]


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one operation. introspection: of what it asks about the schema, in fields as well."""

    amount: Amount
    introspection: int

    def of(self, variables: Variables) -> int:
        """The cost with these coerced variables."""
        return self.amount if isinstance(self.amount, int) else self.amount(variables)

    def check(self, variables: Variables, limits: Limits) -> int:
        """The cost. Raises Refused, with the code OPERATION_TOO_COSTLY, when it is over the limit."""
        cost, allowed = self.of(variables), limits.max_cost
        if self.introspection > limits.max_introspection_cost:
            cost, allowed = self.introspection, limits.max_introspection_cost
        if cost <= allowed:
            return cost
        message = (
            f"The operation may cost {cost}, at most {allowed} is allowed: "
            "ask for smaller pages, or for fewer lists inside one another."
        )
        raise refusal(message, TOO_COSTLY, cost=cost, maxCost=allowed)


def cost_of(
    schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Cost:
    """Look at a valid operation once."""
    reader = _Reader(schema, fragments)
    root = schema.get_root_type(operation.operation)
    return Cost(reader.below([operation.selection_set], root, None), reader.introspection)


@dataclass(slots=True)
class _Fields:
    """The fields of one object as the answer has them: by the type that they are bound to and by their key."""

    by_type: dict[str, dict[str, tuple[Any, list[FieldNode]]]] = field(
        default_factory=dict[str, dict[str, tuple[Any, list[FieldNode]]]]
    )

    def add(self, bound_to: str, parent: Any, node: FieldNode) -> None:
        key = node.alias.value if node.alias else node.name.value
        self.by_type.setdefault(bound_to, {}).setdefault(key, (parent, []))[1].append(node)


class _Reader:
    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self.introspection = 0

    def below(self, selections: Iterable[SelectionSetNode], parent: Any, inherited: Amount | None) -> Amount:
        """What one object of type `parent` costs. inherited: how many its lists have that do not say it."""
        fields, entered = _Fields(), set[str]()
        for selection_set in selections:
            self._collect(selection_set, parent, "", fields, entered)
        every: list[Amount] = []
        either: list[Amount] = []
        for bound_to, by_key in fields.by_type.items():
            amounts = [self._field(type_, nodes, inherited) for type_, nodes in by_key.values()]
            (either if bound_to else every).append(_sum(amounts))
        return _sum([*every, _greatest(either)])

    def _collect(
        self, selection_set: SelectionSetNode, type_: Any, bound_to: str, fields: _Fields, entered: set[str]
    ) -> None:
        for selection in selection_set.selections:
            if isinstance(selection, FieldNode):
                fields.add(bound_to, type_, selection)
                continue
            fragment: Any = selection
            if isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                fragment = self._fragments.get(name)
                if name in entered or fragment is None:
                    continue
                entered.add(name)
            inner, bound = type_, bound_to
            if fragment.type_condition is not None:
                inner = self._schema.type_map[fragment.type_condition.name.value]
                if is_object_type(inner) and inner is not type_:
                    bound = inner.name
            self._collect(fragment.selection_set, inner, bound, fields, entered)

    def _field(self, parent: Any, nodes: list[FieldNode], inherited: Amount | None) -> Amount:
        name = nodes[0].name.value
        if name.startswith("__"):
            if name != "__typename":
                self.introspection += self._asked_of_schema(nodes, set())
            return 0
        definition: GraphQLField = parent.fields[name]
        named = get_named_type(definition.type)
        if not is_composite_type(named):
            return 1
        selections = [node.selection_set for node in nodes if node.selection_set is not None]
        asked = _asked_for(definition, nodes[0])
        if not _is_list(definition.type):
            return _sum([1, self.below(selections, named, asked)])
        size = DEFAULT_SIZE if inherited is None else inherited
        return _sum([1, _product([size if asked is None else asked, self.below(selections, named, None)])])

    def _asked_of_schema(self, nodes: Iterable[Any], entered: set[str]) -> int:
        total = 0
        for node in nodes:
            if isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name in self._fragments and name not in entered:
                    entered.add(name)
                    total += self._asked_of_schema(self._fragments[name].selection_set.selections, entered)
            elif isinstance(node, FieldNode):
                name, inside = node.name.value, node.selection_set.selections if node.selection_set else ()
                size = len(self._schema.type_map) if name == "types" else _AVERAGE_TYPE.get(name, 1)
                total += 1 + size * self._asked_of_schema(inside, set())
            else:
                total += self._asked_of_schema(node.selection_set.selections, entered)
        return total


def _is_list(type_: Any) -> bool:
    while isinstance(type_, GraphQLNonNull):
        type_ = type_.of_type
    return isinstance(type_, GraphQLList)


def _asked_for(definition: GraphQLField, node: FieldNode) -> Amount | None:
    """How many objects the arguments ask for; None when they do not say."""
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    pages = [_number(definition.args[name], given.get(name)) for name in _PAGE if name in definition.args]
    pages = [page for page in pages if page is not None]
    if pages:
        return _greatest(pages)
    lengths = [
        _length(given[name]) for name, argument in definition.args.items() if name in given and _is_list(argument.type)
    ]
    return _product(lengths) if lengths else None


def _number(argument: GraphQLArgument, value: Any) -> Amount | None:
    default = coerce_default_value(argument)
    otherwise = default if isinstance(default, int) else None
    if isinstance(value, IntValueNode):
        return max(int(value.value), 0)
    if not isinstance(value, VariableNode):
        return otherwise
    name, unknown = value.name.value, DEFAULT_SIZE if otherwise is None else otherwise

    def number(variables: Variables) -> int:
        found = variables.get(name)
        return max(found, 0) if isinstance(found, int) else unknown

    return number


def _length(value: Any) -> Amount:
    if isinstance(value, ListValueNode):
        return len(value.values)
    if not isinstance(value, VariableNode):
        return 1
    name = value.name.value

    def length(variables: Variables) -> int:
        found = variables.get(name)
        return len(found) if isinstance(found, list) else 1  # pyright: ignore[reportUnknownArgumentType]

    return length


def _sum(amounts: Iterable[Amount]) -> Amount:
    return _combined(amounts, sum)


def _product(amounts: Iterable[Amount]) -> Amount:
    return _combined(amounts, prod)


def _greatest(amounts: Iterable[Amount]) -> Amount:
    return _combined(amounts, lambda numbers: max(numbers, default=0))


def _combined(amounts: Iterable[Amount], combine: Callable[[Iterable[int]], int]) -> Amount:
    """Constants are put together now, the rest for each request."""
    amounts = list(amounts)
    known = [amount for amount in amounts if isinstance(amount, int)]
    unknown = [amount for amount in amounts if not isinstance(amount, int)]
    if not unknown:
        return combine(known)
    if not known and len(unknown) == 1:
        return unknown[0]
    first = [combine(known)] if known else []
    return lambda variables: combine([*first, *(amount(variables) for amount in unknown)])
