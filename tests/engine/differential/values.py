"""Values for arguments and variables: literals, JSON, variables inside of both, and values that are refused."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    Undefined,
    get_named_type,
    is_type_sub_type_of,
)

from tests.engine.differential.choices import Choices

ABSENT: Final[Any] = object()
SCALARS: Final[Mapping[str, Sequence[Any]]] = {
    "Int": [1, 0, 2, 3, -1, 2**31 - 1, -(2**31)],
    "Float": [1.5, 0, 1, -0.25, 1e30, 2.0],
    "String": ["a", "", "b", 'it\'s "so"\\', "日本\n😀", "\u0000\t", "RED", "null"],
    "Boolean": [False, True],
    "ID": ["1", "2", 3, "x", ""],
    "DateTime": ["2026-11-22T03:00:00Z", "2026-01-01T00:00:00+09:00", "2026-11-22T03:00:00.125"],
    "Date": ["2026-11-22", "1999-12-31"],
    "Time": ["03:00:00"],
    "Decimal": ["1.50", "0", "-3.14159"],
    "UUID": ["6f1c2d7e-0000-4000-8000-000000000001"],
    "JSON": [{}, {"a": [1, None, "x", 1.5]}, [], "text", 7, True],
    "_Any": [{"__typename": "Product", "id": "x"}, {"__typename": "Nothing"}],
}
# Never right, whatever the type: JSON scalars aside.
REFUSED: Final[Sequence[Any]] = [{"no": 1}, [[{}]], "no such value", 1.5, True, 2**40, -1, ["x", None]]


@dataclass(frozen=True)
class Variable:
    """A place where a variable stands."""

    name: str


@dataclass(frozen=True)
class Declared:
    """A variable of the document. default: JSON, or ABSENT. hint: the argument that it was made for."""

    name: str
    type: GraphQLInputType
    default: Any
    hint: str


@dataclass
class Usage:
    """What a definition uses, directly or through fragments."""

    variables: set[str] = field(default_factory=set[str])
    fragments: set[str] = field(default_factory=set[str])

    def add(self, other: "Usage") -> None:
        """That as well."""
        self.variables |= other.variables
        self.fragments |= other.fragments


@dataclass(frozen=True)
class Vocabulary:
    """What is worth sending. scalars: by type; arguments: by `field.argument`, or by the name of an argument or of an
    input's field.
    """

    scalars: Mapping[str, Sequence[Any]] = field(default_factory=lambda: SCALARS)
    arguments: Mapping[str, Sequence[Any]] = field(default_factory=dict[str, Sequence[Any]])
    left_out: frozenset[str] = frozenset()
    """Fields that are not asked for, as `Type.field`."""
    seldom: frozenset[str] = frozenset()
    """Arguments that mostly contradict others, as `argument` or `field.argument`."""

    def likelihood(self, hint: str) -> int:
        """In how many of a hundred cases an optional argument is given."""
        if hint in self.seldom:
            return 4
        return 60 if hint in self.arguments else 35


class Inputs:
    """Makes values and declares the variables that they need."""

    def __init__(self, schema: GraphQLSchema, choices: Choices, vocabulary: Vocabulary) -> None:
        self.schema = schema
        self.choices = choices
        self.vocabulary = vocabulary
        self.declared: dict[str, Declared] = {}

    def literal(
        self, type_: GraphQLInputType, hint: str, usage: Usage, *, has_default: bool = False, one_of: bool = False
    ) -> Any:
        """JSON in which variables may stand."""
        if self.choices.chance(35):
            return Variable(self.variable(type_, hint, usage, has_default=has_default, one_of=one_of))
        return self.value(type_, hint, usage, nullable=not one_of)

    def value(self, type_: GraphQLInputType, hint: str, usage: Usage | None, *, nullable: bool = True) -> Any:
        """JSON of the type. usage None: without variables inside."""
        if isinstance(type_, GraphQLNonNull):
            return self.value(type_.of_type, hint, usage, nullable=False)
        if nullable and self.choices.chance(12):
            return None
        if isinstance(type_, GraphQLList):
            return self._list(type_, hint, usage)
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_, usage)
        return self._leaf(type_, hint)

    def _list(self, type_: GraphQLList[Any], hint: str, usage: Usage | None) -> Any:
        item = type_.of_type
        if self.choices.chance(15):
            single = self.value(item, hint, usage, nullable=False)
            # A list in place of a list of lists would be read item by item: valid only when each is a list or none.
            return single if not isinstance(single, list) else [single]
        return [
            self.value(item, hint, None) if usage is None else self.literal(item, hint, usage)
            for _ in range(self.choices.below(4))
        ]

    def _object(self, type_: GraphQLInputObjectType, usage: Usage | None) -> dict[str, Any]:
        if type_.is_one_of:
            names = [self.choices.pick(list(type_.fields))]
        else:
            names = [
                name
                for name, entry in type_.fields.items()
                if _is_required(entry) or self.choices.chance(15 if "ropic" in name else 40)
            ]
        found: dict[str, Any] = {}
        for name in names:
            entry = type_.fields[name]
            default = entry.default_value is not Undefined
            if usage is None:
                found[name] = self.value(entry.type, name, None, nullable=not type_.is_one_of)
            else:
                found[name] = self.literal(entry.type, name, usage, has_default=default, one_of=type_.is_one_of)
        return found

    def _leaf(self, type_: GraphQLNamedType, hint: str) -> Any:
        known = self.vocabulary.arguments.get(hint)
        if known and isinstance(type_, GraphQLScalarType):
            return self.choices.pick(known)
        if isinstance(type_, GraphQLEnumType):
            return self.choices.pick(list(type_.values))
        return self.choices.pick(self.vocabulary.scalars[type_.name])

    def variable(
        self, location: GraphQLInputType, hint: str, usage: Usage, *, has_default: bool = False, one_of: bool = False
    ) -> str:
        """The name of a variable that may stand there, declared before or now."""
        fitting = [
            declared.name
            for declared in self.declared.values()
            if self._may_stand(declared, location, has_default=has_default, one_of=one_of)
            and (declared.hint == hint or hint not in self.vocabulary.arguments)
        ]
        if fitting and self.choices.chance(50):
            name = self.choices.pick(fitting)
        else:
            name = self._declare(location, hint, has_default=has_default, one_of=one_of)
        usage.variables.add(name)
        return name

    def _declare(self, location: GraphQLInputType, hint: str, *, has_default: bool, one_of: bool) -> str:
        type_, default = location, ABSENT
        if one_of:
            type_ = GraphQLNonNull(location)
        elif isinstance(location, GraphQLNonNull):
            if self.choices.chance(40):
                # The variable may be null; a default, of the variable or of the place, makes that valid.
                type_ = location.of_type
                if not has_default or self.choices.chance(50):
                    default = self.value(type_, hint, None, nullable=False)
        elif self.choices.chance(25):
            type_ = GraphQLNonNull(location)
        if default is ABSENT and self.choices.chance(25):
            default = self.value(type_, hint, None)
        name = f"v{len(self.declared)}"
        self.declared[name] = Declared(name, type_, default, hint)
        return name

    def _may_stand(self, declared: Declared, location: GraphQLInputType, *, has_default: bool, one_of: bool) -> bool:
        if one_of and not isinstance(declared.type, GraphQLNonNull):
            return False
        if isinstance(location, GraphQLNonNull) and not isinstance(declared.type, GraphQLNonNull):
            if not has_default and (declared.default is ABSENT or declared.default is None):
                return False
            return is_type_sub_type_of(self.schema, declared.type, location.of_type)
        return is_type_sub_type_of(self.schema, declared.type, location)

    def sent(self, declared: Declared) -> Any:
        """The JSON value that a client sends for the variable, or ABSENT."""
        is_optional = not isinstance(declared.type, GraphQLNonNull) or declared.default is not ABSENT
        if self.choices.chance(25 if is_optional else 1):
            return ABSENT
        if self.choices.chance(1):
            return self.choices.pick(REFUSED)
        if get_named_type(declared.type).name == "Boolean" and isinstance(declared.type, GraphQLNonNull):
            return self.choices.chance(50)
        return self.value(declared.type, declared.hint, None)

    def text(self, value: Any, type_: GraphQLInputType) -> str:  # noqa: PLR0911  # one per kind of type
        """The value as GraphQL text."""
        if isinstance(value, Variable):
            return f"${value.name}"
        if value is None:
            return "null"
        if isinstance(type_, GraphQLNonNull):
            return self.text(value, type_.of_type)
        if isinstance(type_, GraphQLList):
            if isinstance(value, list):
                return f"[{', '.join(self.text(item, type_.of_type) for item in value)}]"
            return self.text(value, type_.of_type)
        if isinstance(type_, GraphQLInputObjectType):
            inside = (f"{name}: {self.text(item, type_.fields[name].type)}" for name, item in value.items())
            return f"{{{', '.join(inside)}}}"
        if isinstance(type_, GraphQLEnumType):
            return str(value)
        return _scalar_text(value, is_plain=self.choices.chance(80))


def _is_required(entry: Any) -> bool:
    return isinstance(entry.type, GraphQLNonNull) and entry.default_value is Undefined


def _scalar_text(value: Any, *, is_plain: bool = True) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_scalar_text(item)}' for name, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(_scalar_text(item) for item in value)}]"
    if isinstance(value, str) and not is_plain and value.isalnum():
        return f'"""{value}"""'
    return json.dumps(value, ensure_ascii=is_plain and len(value) < 3 if isinstance(value, str) else True)
