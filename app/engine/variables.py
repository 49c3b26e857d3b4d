"""Variables, coerced once per request.

graphql-core defines what is right. Here stand short cuts for what clients send nearly always: values that need no
coercion at all. Whatever is not exactly so is left to graphql-core, which also words the errors.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    get_variable_values,
    is_input_type,
    is_required_input_field,
    type_from_ast,
)
from graphql.execution.values import VariableValues
from graphql.utilities.coerce_input_value import coerce_default_value

Coerce = Callable[[Any], Any]
MAX_VARIABLE_ERRORS: Final = 50
_INT32: Final = range(-(2**31), 2**31)


class Unusual(Exception):
    """The value is not of the plain kind; graphql-core decides."""


class Variables:
    """The coerced variables of one operation. `full()` is what graphql-core knows of them."""

    __slots__ = ("_full", "_make", "coerced")

    def __init__(self, coerced: dict[str, Any], make: Callable[[], Any], full: VariableValues | None = None) -> None:
        self.coerced = coerced
        self._make = make
        self._full = full

    def full(self) -> VariableValues:
        """With the sources of the values."""
        if self._full is None:
            self._full = self._make()
        return self._full


class VariableReader:
    """Coerces the variables of one operation."""

    def __init__(
        self, schema: GraphQLSchema, definitions: tuple[VariableDefinitionNode, ...], *, hide_suggestions: bool
    ) -> None:
        self._schema = schema
        self._definitions = definitions
        self.names = frozenset(definition.variable.name.value for definition in definitions)
        self._hide_suggestions = hide_suggestions
        self._coercers: list[tuple[str, Coerce, bool]] | None = []
        for definition in definitions:
            found: Any = type_from_ast(schema, definition.type)
            if definition.default_value is not None or not is_input_type(found):
                # A default that is needed comes from graphql-core; given values take the short way.
                self._coercers.append((definition.variable.name.value, coercer(found), True))
            else:
                self._coercers.append(
                    (definition.variable.name.value, coercer(found), isinstance(found, GraphQLNonNull))
                )

    def read(self, given: Mapping[str, Any]) -> Variables | list[GraphQLError]:
        """The coerced values, or why they cannot be."""
        coerced: dict[str, Any] = {}
        try:
            for name, coerce, is_needed in self._coercers or ():
                if name in given:
                    coerced[name] = coerce(given[name])
                elif is_needed:
                    return self._slowly(given)
        except Exception:  # an input type of strawberry refuses in its own way; graphql-core says it
            return self._slowly(given)
        return Variables(coerced, lambda: self._values(given))

    def _slowly(self, given: Mapping[str, Any]) -> Variables | list[GraphQLError]:
        values = self._values(given)
        return values if isinstance(values, list) else Variables(values.coerced, lambda: values, values)

    def _values(self, given: Mapping[str, Any]) -> Any:
        return get_variable_values(
            self._schema, self._definitions, dict(given), MAX_VARIABLE_ERRORS, self._hide_suggestions
        )


def coercer(input_type: Any) -> Coerce:
    """What graphql-core makes of a plain JSON value of this type. Raises Unusual for any other."""
    if isinstance(input_type, GraphQLNonNull):
        return _non_null(coercer(input_type.of_type))
    return _nullable(_coercer(input_type))


def _non_null(inner: Coerce) -> Coerce:
    def coerce(value: Any) -> Any:
        if value is None:
            raise Unusual
        return inner(value)

    return coerce


def _nullable(inner: Coerce) -> Coerce:
    def coerce(value: Any) -> Any:
        return None if value is None else inner(value)

    return coerce


def _coercer(input_type: Any) -> Coerce:
    if isinstance(input_type, GraphQLList):
        return _list_coercer(coercer(input_type.of_type))
    if isinstance(input_type, GraphQLEnumType):
        return _enum_coercer(input_type)
    if isinstance(input_type, GraphQLInputObjectType):
        return _object_coercer(input_type)
    if isinstance(input_type, GraphQLScalarType):
        return _PLAIN.get(input_type.name) or _scalar_coercer(input_type)
    return _unusual


def _unusual(_value: Any) -> Any:
    raise Unusual


def _text(value: Any) -> Any:
    if type(value) is str:
        return value
    raise Unusual


def _id(value: Any) -> Any:
    if type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    raise Unusual


def _int(value: Any) -> Any:
    if type(value) is int and value in _INT32:
        return value
    raise Unusual


def _float(value: Any) -> Any:
    if type(value) is float and math.isfinite(value):
        return value
    raise Unusual


def _boolean(value: Any) -> Any:
    if type(value) is bool:
        return value
    raise Unusual


_PLAIN: Final[dict[str, Coerce]] = {"String": _text, "ID": _id, "Int": _int, "Float": _float, "Boolean": _boolean}


def _scalar_coercer(scalar: GraphQLScalarType) -> Coerce:
    def coerce(value: Any) -> Any:
        try:
            found = scalar.coerce_input_value(value)
        except Exception as error:
            raise Unusual from error
        if found is Undefined:
            raise Unusual
        return found

    return coerce


def _enum_coercer(enum: GraphQLEnumType) -> Coerce:
    known: dict[str, Any] = {}

    def coerce(value: Any) -> Any:
        if type(value) is not str:
            raise Unusual
        if value not in known:
            try:
                known[value] = enum.coerce_input_value(value)
            except Exception as error:
                raise Unusual from error
        return known[value]

    return coerce


def _list_coercer(item: Coerce) -> Coerce:
    def coerce(value: Any) -> Any:
        if type(value) is not list:
            raise Unusual
        return [item(one) for one in value]  # pyright: ignore[reportUnknownVariableType]

    return coerce


def _object_coercer(declared: GraphQLInputObjectType) -> Coerce:
    # Filled on first use: input types may contain themselves.
    fields: list[tuple[str, str, Coerce, Any, bool]] = []
    names: set[str] = set()

    def prepare() -> None:
        for name, field in declared.fields.items():
            fields.append((name, field.out_name or name, coercer(field.type), field, is_required_input_field(field)))
        names.update(declared.fields)

    def coerce(value: Any) -> Any:
        if not fields:
            prepare()
        if type(value) is not dict or declared.is_one_of or not value.keys() <= names:
            raise Unusual
        found: dict[str, Any] = {}
        for name, out_name, inner, field, is_required in fields:
            if name in value:
                found[out_name] = inner(value[name])
            elif is_required:
                raise Unusual
            else:
                default = coerce_default_value(field)
                if default is not Undefined:
                    found[out_name] = default
        return declared.out_type(found)

    return coerce
