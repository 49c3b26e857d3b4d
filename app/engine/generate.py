"""Flat Python functions that turn loaded objects into the answer. They are right or they raise.

A selection gets one function per class of its objects: records are read by item, other objects by attribute.
Whatever does not fit the schema (null where none may be, a text for a number, an exception as a value) makes them
raise, and the reference executor finds out what the answer and its errors are.
"""

import builtins
from collections.abc import Callable
from functools import lru_cache
from types import CodeType
from typing import Any, Final

from graphql import (
    GraphQLList,
    GraphQLNonNull,
    Undefined,
    get_named_type,
    is_composite_type,
    is_leaf_type,
)

from app.engine.abstract import Unfit, depends_on_instance, typename_of
from app.engine.columns import single_attribute
from app.engine.fields import Kind
from app.engine.leaves import as_list, serializer
from app.engine.plan import TYPENAME, Abstract, PlannedField, Selection

Build = Callable[[Any, list[Any]], Any]
# A caller chooses the names in an answer: code that is kept for all documents may not be as long as they can be.
_SHARED_CHARACTERS: Final = 8_000
_RECORD_METHODS: Final = frozenset({"get", "items", "keys", "values"})
# What a value of a built-in scalar is when it needs no coercion, as a condition on `{0}`.
_UNUSUAL: Final = {
    "String": "type({0}) is not str",
    "ID": "type({0}) is not str",
    "Int": "type({0}) is not int or not -2147483648 <= {0} <= 2147483647",
    "Float": "type({0}) is not float or {0} - {0} != 0.0",
    "Boolean": "{0} is not True and {0} is not False",
}


class Builders(dict[type, Build]):
    """Class of an object to the function that builds its answer, for one selection."""

    def __init__(self, selection: Selection) -> None:
        super().__init__()
        self._selection = selection
        self._for_many: dict[type, Build] = {}

    def __missing__(self, cls: type) -> Build:
        return self._first

    def many(self, values: Any, slots: list[Any]) -> list[Any]:
        """The answers of several objects, nearly always of one class."""
        classes = set(map(type, values))
        if len(classes) == 1:
            cls = classes.pop()
            build = self._for_many.get(cls)
            if build is None and self._fits_with_its_class(values[0]):
                build = self._for_many[cls] = _function(self._selection, is_record=is_record(cls), is_many=True)
            if build is not None:
                return build(values, slots)
        return [self[type(value)](value, slots) for value in values]

    def _first(self, value: Any, slots: list[Any]) -> Any:
        """Check the first object of a class, and every one of a class whose objects may differ in type."""
        fits = self._fits_with_its_class(value)
        cls = type(value)
        build = _function(self._selection, is_record=is_record(cls), is_many=False)
        if fits:
            self[cls] = build
        return build(value, slots)

    def _fits_with_its_class(self, value: Any) -> bool:
        """Whether all objects of its class are of the right type. Raises Unfit when this one is not."""
        if value is None or value is Undefined or isinstance(value, BaseException):
            raise Unfit
        is_type_of = self._selection.type.is_type_of
        if is_type_of is None:
            return True
        if is_type_of(value, None) is not True:  # pyright: ignore[reportArgumentType]
            raise Unfit
        return not depends_on_instance(value)


def is_record(cls: type) -> bool:
    """Whether objects of the class are read by item."""
    return hasattr(cls, "keys") and hasattr(cls, "__getitem__")


class AbstractBuilders(dict[type, Build]):
    """The same for a place where objects of several types may stand."""

    def __init__(self, abstract: Abstract) -> None:
        super().__init__()
        self._abstract = abstract

    def __missing__(self, cls: type) -> Build:
        return self._first

    def many(self, values: Any, slots: list[Any]) -> list[Any]:
        """The answers of several objects."""
        return [self[type(value)](value, slots) for value in values]

    def _first(self, value: Any, slots: list[Any]) -> Any:
        selection = self._abstract.selection(typename_of(self._abstract, value))
        builders = builders_of(selection)
        answer = builders[type(value)](value, slots)
        if type(value) in self._abstract.typenames and type(value) in builders:
            self[type(value)] = builders[type(value)]
        return answer


def builders_of(child: Any) -> Builders | AbstractBuilders:
    """The functions for what a field leads to, made when they are first needed."""
    if child.builders is None:
        child.builders = Builders(child) if isinstance(child, Selection) else AbstractBuilders(child)
    return child.builders


def completion(field: PlannedField) -> Build:
    """The function that completes the value of one root field."""
    if field.complete is None:
        source = _Source()
        source.complete("v", field.type, field, "    ")
        text = "\n".join(["def build(v, s):", *source.lines, "    return v"])
        field.complete = source.function(text)
    return field.complete


def _function(selection: Selection, *, is_record: bool, is_many: bool) -> Build:
    found = selection.functions.get((is_record, is_many))
    if found is None:
        found = _Source().build(selection, is_record=is_record, is_many=is_many)
        selection.functions[is_record, is_many] = found
    return found


def text_for_records(selection: Selection) -> str:
    """The code of the function for a list of records, for people to read."""
    return _function(selection, is_record=True, is_many=True).text  # pyright: ignore[reportFunctionMemberAccess]


def _code(text: str) -> CodeType:
    """Selections that look alike share their code, whatever document they stand in. Long ones hardly ever do."""
    return _compiled(text) if len(text) <= _SHARED_CHARACTERS else _compiled.__wrapped__(text)


@lru_cache(maxsize=2048)
def _compiled(text: str) -> CodeType:
    return compile(text, "<compiled operation>", "exec", optimize=2)


class _Source:
    """One function being written: its lines and what its names stand for."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"A": as_list}

    def function(self, text: str) -> Build:
        space: dict[str, Any] = {**self.names, "__builtins__": builtins}
        exec(_code(text), space)  # noqa: S102  # made of checked names only: GraphQL names and numbers
        space["build"].text = text
        return space["build"]

    def build(self, selection: Selection, *, is_record: bool, is_many: bool) -> Build:
        """One object to one answer, or a list of objects of one class to a list."""
        parts: list[str] = []
        indent = "        " if is_many else "    "
        for number, field in enumerate(selection.fields):
            if field.name == TYPENAME:
                parts.append(f"{field.key!r}: {selection.type.name!r}")
                continue
            variable = f"v{number}"
            self._field(variable, field, indent, is_record=is_record)
            parts.append(f"{field.key!r}: {variable}")
        answer = f"{{{', '.join(parts)}}}"
        if is_many:
            start = ["def build(values, s):", "    answers = []", "    add = answers.append", "    for p in values:"]
            end = [f"        add({answer})", "    return answers"]
        else:
            start, end = ["def build(p, s):"], [f"    return {answer}"]
        return self.function("\n".join([*start, *self.lines, *end]))

    def _field(self, variable: str, field: PlannedField, indent: str, *, is_record: bool) -> None:
        self.lines.append(f"{indent}{variable} = {self._value(field, is_record=is_record)}")
        source = field.source
        if source.kind is Kind.RELATION and source.batch is not None:
            if source.batch.many:
                self.lines.append(f"{indent}if {variable} is None: {variable} = []")
            if field.is_built_with_its_level:
                if isinstance(field.type, GraphQLNonNull) and not source.batch.many:
                    self.lines.append(f"{indent}if {variable} is None: A({variable})")
                return
        self.complete(variable, field.type, field, indent)

    def _name(self, prefix: str, value: Any) -> str:
        name = f"{prefix}{len(self.names)}"
        self.names[name] = value
        return name

    def _value(self, field: PlannedField, *, is_record: bool) -> str:
        source = field.source
        if source.kind is Kind.RELATION:
            batch: Any = source.batch
            attribute = single_attribute(batch.key)
            key = (
                f"{self._name('k', batch.key)}(p)" if attribute is None else self._read(attribute, is_record=is_record)
            )
            return f"s[{field.slot}].get({key})"
        if field.slot >= 0:
            return f"s[{field.slot}][id(p)]"
        if source.kind is Kind.ATTRIBUTE:
            return self._read(source.name, is_record=is_record)
        if field.leaf_slot >= 0 and source.leaf is not None:
            return f"s[{field.leaf_slot}]({self._read(source.leaf.column, is_record=is_record)})"
        return self._call(field)

    def _read(self, name: str, *, is_record: bool) -> str:
        return f"p[{name!r}]" if is_record and name not in _RECORD_METHODS else f"p.{name}"

    def _call(self, field: PlannedField) -> str:
        source = field.source
        given = ["p"] if source.is_positional else []
        if source.source_name:
            given.append(f"{source.source_name}=p")
        if source.info_name:
            given.append(f"{source.info_name}=s[{field.info_slot}]")
        if field.arguments_slot >= 0:
            given.append(f"**s[{field.arguments_slot}]")
        return f"{self._name('f', source.function)}({', '.join(given)})"

    def complete(self, variable: str, declared: Any, field: PlannedField, indent: str) -> None:
        """Lines that turn the value in `variable` into what stands in the answer."""
        is_required = isinstance(declared, GraphQLNonNull)
        inner: Any = declared.of_type if isinstance(declared, GraphQLNonNull) else declared
        if isinstance(inner, GraphQLList):
            items = f"{variable} if type({variable}) is list else A({variable})"
            item: Any = inner.of_type
            if isinstance(item, GraphQLNonNull) and is_composite_type(item.of_type):
                line = f"{variable} = {self._name('m', builders_of(field.child).many)}({items}, s)"
            else:
                line = f"{variable} = [{self._item(item, field)} for x in ({items})]"
        elif is_leaf_type(inner):
            self._leaf(variable, inner, indent, is_required=is_required)
            return
        else:
            builders = self._name("b", builders_of(field.child))
            line = f"{variable} = {builders}[type({variable})]({variable}, s)"
        if is_required:
            self.lines.append(indent + line)
        else:
            self.lines += [f"{indent}if {variable} is not None:", f"{indent}    {line}"]

    def _leaf(self, variable: str, named: Any, indent: str, *, is_required: bool) -> None:
        unusual = _UNUSUAL.get(named.name)
        serialize = self._name("l", serializer(named))
        if unusual is None:
            unusual = "True" if is_required else f"{variable} is not None"
            line = f"{variable} = {serialize}({variable})"
            self.lines.append(indent + (line if is_required else f"if {unusual}: {line}"))
            return
        condition = unusual.format(variable)
        if not is_required:
            condition = f"{variable} is not None and ({condition})"
        self.lines.append(f"{indent}if {condition}: {variable} = {serialize}({variable})")

    def _item(self, declared: Any, field: PlannedField) -> str:
        is_required = isinstance(declared, GraphQLNonNull)
        inner: Any = declared.of_type if isinstance(declared, GraphQLNonNull) else declared
        if isinstance(inner, GraphQLList):
            nested = _Source()
            nested.complete("v", declared, field, "    ")
            text = "\n".join(["def build(v, s):", *nested.lines, "    return v"])
            return f"{self._name('n', nested.function(text))}(x, s)"
        if is_leaf_type(get_named_type(inner)):
            call = f"{self._name('l', serializer(inner))}(x)"
            unusual = _UNUSUAL.get(inner.name)
            if unusual is not None:
                call = f"(x if not ({unusual.format('x')}) else {call})"
        else:
            call = f"{self._name('b', builders_of(field.child))}[type(x)](x, s)"
        return call if is_required else f"None if x is None else {call}"
