"""Arguments of fields, as resolvers take them."""

import enum
from collections.abc import Callable
from dataclasses import MISSING
from typing import Any, Final

import strawberry
from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLNonNull,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_argument_values,
)
from graphql.utilities.coerce_input_value import coerce_default_value
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import StrawberryArgument, convert_argument
from strawberry.types.base import StrawberryList, StrawberryMaybe, StrawberryOptional, has_object_definition
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition
from strawberry.types.lazy_type import LazyType

from app.engine.variables import Variables

Convert = Callable[[Any], Any]
_UNCHANGING: Final = (str, int, float, bool, enum.Enum, type(None))


class ArgumentReader:
    """The arguments of one field of a document, as the resolver takes them.

    Arguments that stand in the document, and defaults, are read once; plain variables cost a look-up each; anything
    else (variables inside of lists and objects) is left to graphql-core at every request.
    """

    def __init__(
        self,
        definition: GraphQLField,
        node: FieldNode,
        arguments: list[StrawberryArgument],
        schema: strawberry.Schema,
        *,
        hide_suggestions: bool,
    ) -> None:
        self._definition = definition
        self._node = node
        self._hide_suggestions = hide_suggestions
        converter, name_of = Conversion(schema), schema.config.name_converter.from_argument
        self._converters = {
            name_of(argument): (argument.python_name or "", converter.of(argument.type)) for argument in arguments
        }
        self.is_empty = not definition.args
        """Nothing to hand over, whatever the variables are."""
        self._dynamic: list[tuple[str, str, Convert | None, bool, Any]] = []
        self._constant = None if self.is_empty else self._split()
        self._converted: dict[str, Any] | None = None
        # Of fields that nobody compiles no converters are known: they take what graphql-core reads.
        if self._constant is not None and self._constant.keys() <= self._converters.keys():
            converted = self.convert(self._constant)
            # What a resolver could change is made anew for each.
            if all(isinstance(value, _UNCHANGING) for value in converted.values()):
                self._converted = converted

    @property
    def constant(self) -> dict[str, Any] | None:
        """What every run hands over, not to be changed; None when that depends on variables."""
        return None if self._dynamic else self._converted

    def _split(self) -> dict[str, Any] | None:
        """What graphql-core reads without any variable; None: it has to read everything at each request."""
        given = {argument.name.value: argument.value for argument in self._node.arguments or ()}
        constant: dict[str, GraphQLArgument] = {}
        for name, declared in self._definition.args.items():
            value = given.get(name)
            if isinstance(value, VariableNode) and name in self._converters:
                is_required = isinstance(declared.type, GraphQLNonNull)
                default = coerce_default_value(declared)
                self._dynamic.append((value.name.value, *self._converters[name], is_required, default))
            elif value is not None and _has_variables(value):
                return None
            else:
                constant[name] = declared
        try:
            only = GraphQLField(self._definition.type, args=constant)
            return get_argument_values(only, self._node, hide_suggestions=self._hide_suggestions)
        except GraphQLError:
            return None

    def read(self, variables: Variables) -> dict[str, Any]:
        """Python name to value. Raises GraphQLError when graphql-core refuses the values."""
        if self._constant is not None:
            coerced = variables.coerced
            found = self.convert(self._constant) if self._converted is None else self._converted.copy()
            for variable, python_name, convert, is_required, default in self._dynamic:
                value = coerced.get(variable, default)
                if is_required and (value is None or value is Undefined):
                    break
                if value is not Undefined:
                    found[python_name] = value if convert is None else convert(value)
            else:
                return found
        return self.convert(self.raw(variables))

    def raw(self, variables: Variables) -> dict[str, Any]:
        """What graphql-core hands to a resolver. Raises GraphQLError."""
        return get_argument_values(
            self._definition, self._node, variables.full(), hide_suggestions=self._hide_suggestions
        )

    def convert(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Strawberry's values of graphql-core's."""
        found: dict[str, Any] = {}
        for name, value in raw.items():
            python_name, convert = self._converters[name]
            found[python_name] = value if convert is None else convert(value)
        return found


def _has_variables(value: ValueNode) -> bool:
    if isinstance(value, VariableNode):
        return True
    if isinstance(value, ListValueNode):
        return any(map(_has_variables, value.values))
    if isinstance(value, ObjectValueNode):
        return any(_has_variables(field.value) for field in value.fields)
    return False


class Conversion:
    """From graphql-core's values of input types to what strawberry hands to resolvers. None: they are the same."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._config: StrawberryConfig = schema.config
        self._registry = schema.schema_converter.scalar_registry

    def of(self, declared: Any) -> Convert | None:  # noqa: PLR0911  # one per kind of type
        """The conversion for one type."""
        if isinstance(declared, StrawberryOptional) and not isinstance(declared, StrawberryMaybe):
            inner = self.of(declared.of_type)
            return None if inner is None else _unless_none(inner)
        if isinstance(declared, StrawberryList):
            return self._list(declared)
        if isinstance(declared, LazyType):
            return self.of(declared.resolve_type())
        if isinstance(declared, StrawberryEnumDefinition) or has_enum_definition(declared):
            return None
        if has_object_definition(declared):
            definition: Any = declared.__strawberry_definition__
            if definition.is_input and definition.from_input is None:
                return _unless_none(self._object(declared, definition))
        elif not isinstance(declared, StrawberryMaybe) and declared in (str, int, float, bool, strawberry.ID):
            return None
        return lambda value: convert_argument(value, declared, self._registry, self._config)

    def _list(self, declared: StrawberryList) -> Convert:
        inner = self.of(declared.of_type)
        if inner is None:
            # A copy: the default of an argument is one list for all requests.
            return lambda value: None if value is None else list(value)
        return lambda value: None if value is None else [inner(one) for one in value]

    def _object(self, declared: Any, definition: Any) -> Convert:
        fields: list[tuple[str, str, Convert | None]] = []
        missing: dict[str, None] = {}

        def prepare() -> None:
            for field in definition.fields:
                name = self._config.name_converter.from_field(field)
                resolved = field.resolve_type(type_definition=definition)
                fields.append((name, field.python_name, self.of(resolved)))
                if field.default_value is MISSING and field.default_factory is MISSING:
                    missing[field.python_name] = None

        def convert(value: Any) -> Any:
            if not fields:
                prepare()
            arguments: dict[str, Any] = dict(missing)
            for name, python_name, inner in fields:
                if name in value:
                    given = value[name]
                    arguments[python_name] = given if inner is None else inner(given)
            return declared(**arguments)

        return convert


def _unless_none(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)
