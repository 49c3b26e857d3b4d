"""Documents made from the schema itself: every root field, with good arguments but for one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
)

DEPTH: Final = 2
GOOD: Final[Mapping[str, Any]] = {
    "Int": 1,
    "Float": 1.0,
    "Boolean": True,
    "DateTime": "2026-11-22T03:00:00Z",
    "String": "150-0043",
    "ID": "x",
}


@dataclass(frozen=True)
class Question:
    """A document about one root field. at: the argument with the bad value, such as `input.lines.quantity`."""

    field: str
    at: str
    document: str
    variables: dict[str, Any]


@dataclass(frozen=True)
class Asker:
    """known: good values by the names of arguments. Other required ones get something of their type."""

    schema: GraphQLSchema
    known: Mapping[str, Any]

    def questions(self, bad: Mapping[str, Any]) -> Iterator[Question]:
        """One for each argument, however deep, whose scalar type `bad` has a value for."""
        for word, root in (("query", self.schema.query_type), ("mutation", self.schema.mutation_type)):
            assert root is not None
            for name, declared in root.fields.items():
                types = {argument: given.type for argument, given in declared.args.items()}
                for at, scalar in self._leaves(types, ""):
                    if scalar in bad:
                        variables = self._values(types, "", at, bad[scalar])
                        yield Question(name, at, _document(word, name, declared, variables), variables)

    def _leaves(self, types: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
        """(path, name of the scalar type) of every argument."""
        for name, type_ in types.items():
            named = get_named_type(type_)
            if not isinstance(named, GraphQLInputObjectType):
                yield above + name, named.name
            elif above.count(".") < DEPTH:
                inner = {field: given.type for field, given in named.fields.items()}
                yield from self._leaves(inner, f"{above}{name}.")

    def _values(self, types: Mapping[str, Any], above: str, at: str, bad: Any, *, one: bool = False) -> dict[str, Any]:
        """The bad value and the way to it, known values, and what is required besides."""
        is_below = any(f"{at}.".startswith(f"{above}{name}.") for name in types)
        found: dict[str, Any] = {}
        for name, type_ in types.items():
            path = above + name
            if f"{at}.".startswith(f"{path}.") or isinstance(type_, GraphQLNonNull) or (name in self.known and not one):
                found[name] = self._value(type_, name, path, at, bad)
        if one and not is_below:
            name = next(iter(types))
            found = {name: self._value(types[name], name, above + name, at, bad)}
        return found

    def _value(self, type_: Any, name: str, path: str, at: str, bad: Any) -> Any:  # one recursion
        plain = get_nullable_type(type_)
        if isinstance(plain, GraphQLList):
            return [self._value(plain.of_type, name, path, at, bad)]
        if isinstance(plain, GraphQLInputObjectType):
            inner = {field: given.type for field, given in plain.fields.items()}
            return self._values(inner, f"{path}.", at, bad, one=bool(plain.is_one_of))
        if path == at:
            return bad
        if name in self.known:
            return self.known[name]
        return next(iter(plain.values)) if isinstance(plain, GraphQLEnumType) else GOOD.get(plain.name, "x")


def _document(word: str, name: str, declared: Any, variables: Mapping[str, Any]) -> str:
    head = ", ".join(f"${argument}: {declared.args[argument].type}" for argument in variables)
    call = ", ".join(f"{argument}: ${argument}" for argument in variables)
    return f"{word} ({head}) {{ {name}({call}) {selection(declared.type, DEPTH)} }}"


def selection(type_: Any, depth: int) -> str:
    """Everything below a field that needs no arguments, `depth` objects deep."""
    named = get_named_type(type_)
    if is_leaf_type(named):
        return ""
    found = ["__typename"]
    for name, declared in getattr(named, "fields", {}).items():
        if any(isinstance(given.type, GraphQLNonNull) for given in declared.args.values()):
            continue
        if is_leaf_type(get_named_type(declared.type)):
            found.append(name)
        elif depth and (isinstance(get_named_type(declared.type), GraphQLObjectType) or name == "userErrors"):
            found.append(f"{name} {selection(declared.type, depth - 1)}")
    return f"{{ {' '.join(found)} }}"
