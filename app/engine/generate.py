"""Flat Python functions that turn loaded objects into the answer. They are right or they raise.

A selection gets one function per class of its objects: records are read by item, other objects by attribute.
Whatever does not fit the schema (null where none may be, a text for a number, an exception as a value) makes them
raise, and the reference executor finds out what the answer and its errors are.
"""

import builtins
from collections.abc import Callable
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
from app.engine.code import code_of, leaf_expression, leaf_line
from app.engine.columns import single_attribute
from app.engine.fields import Kind
from app.engine.leaves import as_list, serializer
from app.engine.plan import TYPENAME, Abstract, PlannedField, Selection

Build = Callable[[Any, list[Any]], Any]
_RECORD_METHODS: Final = frozenset({"get", "items", "keys", "values"})
# Objects inside of objects are written out so many times deep, and up to so many fields of one.
_MAX_DEPTH: Final = 4
_MAX_FLAT_FIELDS: Final = 40


class Builders(dict[type, Build]):
    """Class of an object to the function that builds its answer, for one selection."""

    def __init__(self, selection: Selection) -> None:
        super().__init__()
        self.selection = selection
        self.usual: type | None = None
        """The class of the first object that fitted: most others will be of it, too."""
        self._for_many: dict[type, Build] = {}

    def __missing__(self, cls: type) -> Build:
        return self._first

    def many(self, values: Any, slots: list[Any]) -> list[Any]:
        """The answers of several objects, nearly always of one class."""
        classes = set(map(type, values))
        if len(classes) == 1:
            cls = classes.pop()
            build = self._for_many.get(cls)
            if build is None:
                if self._fits_with_its_class(values[0]):
                    self.usual = self.usual or cls
                    build = self._for_many[cls] = function_of(self.selection, is_record=is_record(cls), is_many=True)
            elif build.open and any(each.usual for each in build.open):  # pyright: ignore[reportFunctionMemberAccess]
                # By now it is known of what class the objects inside of its objects are.
                build = self._for_many[cls] = _written(self.selection, is_record=is_record(cls), is_many=True)
            if build is not None:
                return build(values, slots)
        return [self[type(value)](value, slots) for value in values]

    def _first(self, value: Any, slots: list[Any]) -> Any:
        """Check the first object of a class, and every one of a class whose objects may differ in type."""
        fits = self._fits_with_its_class(value)
        cls = type(value)
        build = function_of(self.selection, is_record=is_record(cls), is_many=False)
        if fits:
            self[cls] = build
            self.usual = self.usual or cls
        return build(value, slots)

    def _fits_with_its_class(self, value: Any) -> bool:
        """Whether all objects of its class are of the right type. Raises Unfit when this one is not."""
        if value is None or value is Undefined or isinstance(value, BaseException):
            raise Unfit
        is_type_of = self.selection.type.is_type_of
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


def function_of(selection: Selection, *, is_record: bool, is_many: bool) -> Build:
    """The function for objects, or lists of them, that are read by item or by attribute; `text` is its code."""
    found = selection.functions.get((is_record, is_many))
    return found or _written(selection, is_record=is_record, is_many=is_many)


def _written(selection: Selection, *, is_record: bool, is_many: bool) -> Build:
    found = selection.functions[is_record, is_many] = _Source().build(selection, is_record=is_record, is_many=is_many)
    return found


class _Source:
    """One function being written: its lines and what its names stand for."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"A": as_list}
        self.open: list[Builders] = []
        """What is called for objects inside of objects, whose class nobody has seen yet."""
        self._depth = 0

    def function(self, text: str) -> Build:
        space: dict[str, Any] = {**self.names, "__builtins__": builtins}
        exec(code_of(text), space)  # noqa: S102  # made of checked names only: GraphQL names and numbers
        space["build"].text = text
        space["build"].open = self.open
        return space["build"]

    def build(self, selection: Selection, *, is_record: bool, is_many: bool) -> Build:
        """One object to one answer, or a list of objects of one class to a list."""
        answer = self._object("p", selection, "        " if is_many else "    ", is_record=is_record)
        if is_many:
            start = ["def build(values, s):", "    answers = []", "    add = answers.append", "    for p in values:"]
            end = [f"        add({answer})", "    return answers"]
        else:
            start, end = ["def build(p, s):"], [f"    return {answer}"]
        return self.function("\n".join([*start, *self.lines, *end]))

    def _object(self, owner: str, selection: Selection, indent: str, *, is_record: bool) -> str:
        """Lines for the fields of the object in the variable `owner`; the expression of its answer."""
        parts: list[str] = []
        for number, field in enumerate(selection.fields):
            if field.name == TYPENAME:
                parts.append(f"{field.key!r}: {selection.type.name!r}")
                continue
            variable = f"{owner}_{number}" if self._depth else f"v{number}"
            self._field(owner, variable, field, indent, is_record=is_record)
            parts.append(f"{field.key!r}: {variable}")
        return f"{{{', '.join(parts)}}}"

    def _field(self, owner: str, variable: str, field: PlannedField, indent: str, *, is_record: bool) -> None:
        self.lines.append(f"{indent}{variable} = {self._value(owner, field, is_record=is_record)}")
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

    def _value(self, owner: str, field: PlannedField, *, is_record: bool) -> str:
        source = field.source
        if source.kind is Kind.RELATION:
            batch: Any = source.batch
            attribute = single_attribute(batch.key)
            key = (
                f"{self._name('k', batch.key)}({owner})"
                if attribute is None
                else self._read(owner, attribute, is_record=is_record)
            )
            return f"s[{field.slot}].get({key})"
        if field.slot >= 0:
            return f"s[{field.slot}][id({owner})]"
        if source.kind is Kind.ATTRIBUTE:
            return self._read(owner, source.name, is_record=is_record)
        if field.leaf_slot >= 0 and source.leaf is not None:
            return f"s[{field.leaf_slot}]({self._read(owner, source.leaf.column, is_record=is_record)})"
        return self._call(owner, field)

    def _read(self, owner: str, name: str, *, is_record: bool) -> str:
        return f"{owner}[{name!r}]" if is_record and name not in _RECORD_METHODS else f"{owner}.{name}"

    def _call(self, owner: str, field: PlannedField) -> str:
        source = field.source
        given = [owner] if source.is_positional else []
        if source.source_name:
            given.append(f"{source.source_name}={owner}")
        if source.info_name:
            given.append(f"{source.info_name}=s[{field.info_slot}]")
        if field.arguments_slot >= 0:
            given.append(f"**s[{field.arguments_slot}]")
        return f"{self._name('f', source.function)}({', '.join(given)})"

    def complete(self, variable: str, declared: Any, field: PlannedField, indent: str) -> None:
        """Lines that turn the value in `variable` into what stands in the answer."""
        is_required = isinstance(declared, GraphQLNonNull)
        inner: Any = declared.of_type if isinstance(declared, GraphQLNonNull) else declared
        if is_leaf_type(inner):
            self._leaf(variable, inner, indent, is_required=is_required)
            return
        if not is_required:
            self.lines.append(f"{indent}if {variable} is not None:")
            indent += "    "
        if isinstance(inner, GraphQLList):
            self._list(variable, inner.of_type, field, indent)
        else:
            self._one(variable, variable, builders_of(field.child), indent)

    def _list(self, variable: str, item: Any, field: PlannedField, indent: str) -> None:
        items = f"{variable} if type({variable}) is list else A({variable})"
        if not (isinstance(item, GraphQLNonNull) and is_composite_type(item.of_type)):
            self.lines.append(f"{indent}{variable} = [{self._item(item, field)} for x in ({items})]")
            return
        builders = builders_of(field.child)
        if not self._is_flat(builders):
            self.lines.append(f"{indent}{variable} = {self._name('m', builders.many)}({items}, s)")
            return
        self.lines += [f"{indent}{variable}_ = []", f"{indent}for {variable}o in ({items}):"]
        self._one(f"{variable}o", f"{variable}i", builders, indent + "    ")
        self.lines += [f"{indent}    {variable}_.append({variable}i)", f"{indent}{variable} = {variable}_"]

    def _one(self, value: str, answer: str, builders: "Builders | AbstractBuilders", indent: str) -> None:
        """Lines that put the answer of the object in `value` into `answer`: written out for objects of the usual
        class, a call for all others.
        """
        call = f"{answer} = {self._name('b', builders)}[type({value})]({value}, s)"
        if not self._is_flat(builders) or not isinstance(builders, Builders):
            self.lines.append(indent + call)
            return
        cls: Any = builders.usual
        self.lines.append(f"{indent}if type({value}) is {self._name('K', cls)}:")
        self._depth += 1
        written = self._object(value, builders.selection, indent + "    ", is_record=is_record(cls))
        self._depth -= 1
        self.lines += [f"{indent}    {answer} = {written}", f"{indent}else:", f"{indent}    {call}"]

    def _is_flat(self, builders: "Builders | AbstractBuilders") -> bool:
        """Whether objects are written out where they stand, which saves a call for each of them."""
        if not isinstance(builders, Builders) or self._depth >= _MAX_DEPTH:
            return False
        if builders.usual is None:
            self.open.append(builders)
            return False
        return len(builders.selection.fields) <= _MAX_FLAT_FIELDS

    def _leaf(self, variable: str, named: Any, indent: str, *, is_required: bool) -> None:
        serialize = self._name("l", serializer(named))
        self.lines.append(indent + leaf_line(variable, named.name, serialize, is_required=is_required))

    def _item(self, declared: Any, field: PlannedField) -> str:
        is_required = isinstance(declared, GraphQLNonNull)
        inner: Any = declared.of_type if isinstance(declared, GraphQLNonNull) else declared
        if isinstance(inner, GraphQLList):
            nested = _Source()
            nested.complete("v", declared, field, "    ")
            text = "\n".join(["def build(v, s):", *nested.lines, "    return v"])
            return f"{self._name('n', nested.function(text))}(x, s)"
        if is_leaf_type(get_named_type(inner)):
            call = leaf_expression("x", inner.name, self._name("l", serializer(inner)))
        else:
            call = f"{self._name('b', builders_of(field.child))}[type(x)](x, s)"
        return call if is_required else f"None if x is None else {call}"
